/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What signals told of a job. */
typedef struct
{
  GString *states;  /* each with a space behind it, in order */
  guint n_progress; /* signals with progress and without a state */
} RigWatchedJob;

/**
 * RigWatcher:
 *
 * A client that keeps what the signals tell it and asks for nothing. What
 * Finished of a job tells must be what its properties were told to be before.
 */
typedef struct
{
  GDBusConnection *connection;
  guint subscription;
  GHashTable *values; /* (element-type utf8 GVariant) by "PATH NAME" */
  GHashTable *jobs;   /* (element-type utf8 RigWatchedJob) by path */
  guint n_counters;   /* signals with counters of the queue */
  guint n_finished;
} RigWatcher;

RigWatcher *rig_watcher_new (GDBusConnection *connection);
void rig_watcher_free (RigWatcher *self);

RigWatchedJob *rig_watcher_get_job (RigWatcher *self, const char *path);
void
rig_watcher_assert_knows (RigWatcher *self, const char *path, GVariant *all);

G_END_DECLS
