/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RigRecorder:
 *
 * Every signal that a connection hears, one line each, in order of arrival:
 *
 *   PATH Member arguments
 *   PATH Properties Name=value Name=value   (sorted by name)
 */
typedef struct
{
  GDBusConnection *connection; /* borrowed */
  guint subscription;
  GPtrArray *lines; /* (element-type utf8) */
  gboolean reads;   /* read State of jobs in the handler */
  guint n_read;     /* how often that was done */
} RigRecorder;

RigRecorder *rig_recorder_new (GDBusConnection *connection);
void rig_recorder_free (RigRecorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigRecorder, rig_recorder_free)

/* Index of the first line from @from on that has @prefix and contains @part;
 * waits for it. */
guint rig_recorder_await (RigRecorder *self,
                          guint from,
                          const char *prefix,
                          const char *part);
guint
rig_recorder_count (RigRecorder *self, const char *prefix, const char *part);

G_END_DECLS
