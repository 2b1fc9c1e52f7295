/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor-direct.h"
#include "apm2-lane-pool.h"
#include "apm2-lane-record.h"

G_BEGIN_DECLS

/*
 * The place of a job in a lane: one slot of it.
 */
#define APM2_TYPE_LANE_PLACE (apm2_lane_place_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LanePlace,
                      apm2_lane_place,
                      APM2,
                      LANE_PLACE,
                      Apm2JobPlace)

Apm2LanePlace *apm2_lane_place_new (Apm2LanePool *pool,
                                    Apm2ExecutorDirect *outside,
                                    Apm2Manager *manager,
                                    const Apm2Paths *paths,
                                    const Apm2Lease *lease,
                                    const char *lane,
                                    gboolean goes_outside);
void apm2_lane_place_set_spec (Apm2LanePlace *self, const Apm2JobSpec *spec);
void apm2_lane_place_adopt (Apm2LanePlace *self,
                            Apm2LaneSlot *slot,
                            const Apm2LaneRecord *record);

G_END_DECLS
