/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-files.h"

G_BEGIN_DECLS

/* Part of the log of several steps that run at once. */
typedef struct
{
  guint seat;    /* whose */
  guint64 bytes; /* that it has */
  guint64 more;  /* that it may have beyond these, if it was cut off */
  gboolean anew; /* what the log of the step has is of somebody else */
} Apm2LaneLogPart;

void apm2_lane_log_part_copy_async (const Apm2LaneLogPart *self,
                                    Apm2LaneFiles *files,
                                    const char *log_file,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean
apm2_lane_log_part_copy_finish (GAsyncResult *result,
                                guint64 *ret_bytes,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
G_END_DECLS
