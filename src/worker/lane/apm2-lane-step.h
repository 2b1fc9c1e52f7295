/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-record.h"
#include "apm2-lane-slot.h"
#include "apm2-step-run.h"

G_BEGIN_DECLS

/*
 * One step in a slot, which whoever runs it holds.
 */
#define APM2_TYPE_LANE_STEP (apm2_lane_step_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LaneStep,
                      apm2_lane_step,
                      APM2,
                      LANE_STEP,
                      Apm2StepRun)

Apm2LaneStep *apm2_lane_step_new (Apm2LaneSlot *slot,
                                  const Apm2LaneTerms *terms,
                                  Apm2LaneRecord *record,
                                  GBytes *message,
                                  const char *log_file,
                                  gboolean held);
Apm2LaneStep *apm2_lane_step_new_adopted (Apm2LaneSlot *slot,
                                          Apm2LaneRecord *record,
                                          const char *log_file);

G_END_DECLS
