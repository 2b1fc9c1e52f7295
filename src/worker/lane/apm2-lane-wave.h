/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-record.h"
#include "apm2-lane-slot.h"

G_BEGIN_DECLS

/*
 * Several steps that run at once in a slot, which whoever runs them holds.
 */
#define APM2_TYPE_LANE_WAVE (apm2_lane_wave_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LaneWave, apm2_lane_wave, APM2, LANE_WAVE, GObject)

GPtrArray *apm2_lane_wave_start (Apm2LaneSlot *slot,
                                 const Apm2LaneTerms *terms,
                                 Apm2LaneRecord *record,
                                 GBytes *messages,
                                 const Apm2Paths *paths);
GPtrArray *apm2_lane_wave_adopt (Apm2LaneSlot *slot,
                                 Apm2LaneRecord *record,
                                 const Apm2Paths *paths);

/* For its steps. */
void apm2_lane_wave_stop (Apm2LaneWave *self, guint64 grace_usec);
void apm2_lane_wave_go_on (Apm2LaneWave *self);
void apm2_lane_wave_forget (Apm2LaneWave *self, guint seat);
Apm2LaneFiles *apm2_lane_wave_get_files (Apm2LaneWave *self);

G_END_DECLS
