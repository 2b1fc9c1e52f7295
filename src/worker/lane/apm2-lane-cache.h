/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-lane-files.h"

G_BEGIN_DECLS

char *apm2_lane_cache_get_key (const Apm2JobSpec *spec);
gboolean apm2_lane_cache_is_wanted (const Apm2JobSpec *spec);

/* For threads: they wait for the disk. */
char *apm2_lane_cache_read (const Apm2LaneFiles *files);
gboolean apm2_lane_cache_write (const Apm2LaneFiles *files,
                                const char *key,
                                GError **error);
gboolean apm2_lane_cache_forget (const Apm2LaneFiles *files, GError **error);

void apm2_lane_cache_settle_async (Apm2LaneFiles *files,
                                   const char *key,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean apm2_lane_cache_settle_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
