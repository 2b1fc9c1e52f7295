/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2LaneFiles:
 *
 * The files of one slot, at the places that its unit names. Immutable.
 */
typedef struct
{
  gatomicrefcount ref_count;
  Apm2Mode mode;
  char *step;      /* FIFO that is the unit's input */
  char *events;    /* the unit's output */
  char *log;       /* the unit's errors: what the next step writes */
  char *record;    /* what runs there */
  char *cache;     /* whose caches are there; see apm2-lane-cache.h */
  char *workspace; /* directory, also as the job sees it */
} Apm2LaneFiles;

Apm2LaneFiles *apm2_lane_files_new (const Apm2Paths *paths, const char *slot);
Apm2LaneFiles *apm2_lane_files_ref (Apm2LaneFiles *self);
void apm2_lane_files_unref (Apm2LaneFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneFiles, apm2_lane_files_unref)

char *apm2_lane_files_get_directory (const Apm2Paths *paths);
char *apm2_lane_files_get_mirrors (const Apm2Paths *paths);
gboolean apm2_lane_files_ensure_dirs (const Apm2Paths *paths,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_lane_files_make_async (Apm2LaneFiles *self,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean apm2_lane_files_make_finish (GAsyncResult *result,
                                      char **ret_cache,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_files_make_logs_async (Apm2LaneFiles *self,
                                      const char *logs,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean apm2_lane_files_make_logs_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_files_take_log_async (Apm2LaneFiles *self,
                                     const char *log_file,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean apm2_lane_files_take_log_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean
apm2_lane_files_make_log_dirs (const Apm2LaneFiles *self,
                               const char *log_file,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint apm2_lane_files_get_log_mode (const Apm2LaneFiles *self);

G_END_DECLS
