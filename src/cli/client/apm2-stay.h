/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-command.h"
#include "apm2-monitor.h"

G_BEGIN_DECLS

/**
 * Apm2StayFuncs:
 * @changed: the job, or a part of it, is known for the first time, or something
 * of it changed
 * @hide: takes away what can be redrawn, before a line on stderr
 * @draw: puts it there again
 * @interrupted: says what becomes of the job, and how to get back to it
 *
 * What is shown of a job while somebody stays with it. None is called once the
 * stay is over, but for @hide.
 */
typedef struct
{
  void (*changed) (const Apm2JobView *job, gpointer user_data);
  void (*hide) (gpointer user_data);
  void (*draw) (gpointer user_data);
  void (*interrupted) (gpointer user_data);
} Apm2StayFuncs;

typedef struct _Apm2Stay Apm2Stay;

Apm2Stay *apm2_stay_new (const Apm2CommandCall *call,
                         Apm2Client *client,
                         const char *job_id,
                         GPtrArray *parts,
                         const Apm2StayFuncs *funcs,
                         gpointer user_data);
void apm2_stay_free (Apm2Stay *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Stay, apm2_stay_free)

void apm2_stay_explain_waiting (Apm2Stay *self);
void apm2_stay_redraw (Apm2Stay *self);
void apm2_stay_tell (Apm2Stay *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
gboolean apm2_stay_tell_state (Apm2Stay *self, const Apm2JobView *job);
void apm2_stay_fail (Apm2Stay *self, const GError *error);
void apm2_stay_end (Apm2Stay *self, int status);
gboolean apm2_stay_is_over (Apm2Stay *self);
Apm2Monitor *apm2_stay_get_monitor (Apm2Stay *self);
int apm2_stay_run (Apm2Stay *self, GError **error);
int apm2_stay_print_record (Apm2Stay *self, int status, GError **error);

G_END_DECLS
