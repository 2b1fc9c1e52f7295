/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-job-view.h"

G_BEGIN_DECLS

typedef struct _Apm2Monitor Apm2Monitor;

/**
 * Apm2MonitorFuncs:
 * @changed: a job is known for the first time, or something of it changed
 * @lost: the broker went away; the monitor tries to find it again
 * @back: it is there again
 * @failed: the end: the broker stayed away, or a job does not exist
 *
 * What a monitor tells, always from the main loop.
 */
typedef struct
{
  void (*changed) (const Apm2JobView *job, gpointer user_data);
  void (*lost) (gpointer user_data);
  void (*back) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} Apm2MonitorFuncs;

Apm2Monitor *apm2_monitor_new (const Apm2Options *options,
                               Apm2Client *client,
                               const char *const *job_ids,
                               const Apm2MonitorFuncs *funcs,
                               gpointer user_data);
void apm2_monitor_free (Apm2Monitor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Monitor, apm2_monitor_free)

Apm2Client *apm2_monitor_get_client (Apm2Monitor *self);

G_END_DECLS
