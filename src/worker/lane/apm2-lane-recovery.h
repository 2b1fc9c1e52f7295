/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-pool.h"
#include "apm2-lane-record.h"

G_BEGIN_DECLS

/* What an earlier process has left in a slot. */
typedef struct
{
  Apm2LaneSlot *slot;     /* taken from the pool */
  Apm2LaneRecord *record; /* (nullable) if there is nothing to go on with */
  gboolean runs;          /* its step was fed, and its unit is still that one */
} Apm2LaneRemains;

void apm2_lane_recovery_run_async (const Apm2LaneContext *context,
                                   Apm2LanePool *pool,
                                   const char *instance,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
GPtrArray *apm2_lane_recovery_run_finish (GAsyncResult *result);

G_END_DECLS
