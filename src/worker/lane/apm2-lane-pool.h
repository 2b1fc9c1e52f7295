/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-lane-slot.h"

G_BEGIN_DECLS

/*
 * The slots of one worker.
 *
 * Signal: changed (): the trouble of its slots has
 */
#define APM2_TYPE_LANE_POOL (apm2_lane_pool_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LanePool, apm2_lane_pool, APM2, LANE_POOL, GObject)

Apm2LanePool *apm2_lane_pool_new (const Apm2LaneContext *context,
                                  Apm2ActiveConfig *config,
                                  const char *instance,
                                  guint n_slots);
void apm2_lane_pool_set_base (Apm2LanePool *self, const Apm2LaneLimits *base);
const Apm2LaneLimits *apm2_lane_pool_get_base (Apm2LanePool *self);
void apm2_lane_pool_open (Apm2LanePool *self);
GPtrArray *apm2_lane_pool_close (Apm2LanePool *self) G_GNUC_WARN_UNUSED_RESULT;

void apm2_lane_pool_take_async (Apm2LanePool *self,
                                const char *lane,
                                const char *cache,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
Apm2LaneSlot *
apm2_lane_pool_take_finish (Apm2LanePool *self,
                            GAsyncResult *result,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2LaneSlot *apm2_lane_pool_take_named (Apm2LanePool *self, const char *name);
void apm2_lane_pool_give_back (Apm2LanePool *self, Apm2LaneSlot *slot);

const char *apm2_lane_pool_get_trouble (Apm2LanePool *self);

G_END_DECLS
