/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-record.h"
#include "apm2-lane-verdict.h"
#include "apm2-lane-wave.h"

G_BEGIN_DECLS

/*
 * One of several steps that run at once in a slot: what a wave hands out.
 */
#define APM2_TYPE_LANE_GATE (apm2_lane_gate_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LaneGate,
                      apm2_lane_gate,
                      APM2,
                      LANE_GATE,
                      Apm2StepRun)

Apm2LaneGate *apm2_lane_gate_new (Apm2LaneWave *wave,
                                  guint seat,
                                  const Apm2LaneSeat *step,
                                  const char *job_id,
                                  const char *log_file,
                                  gboolean adopted);
void apm2_lane_gate_take_line (Apm2LaneGate *self,
                               const char *line,
                               gboolean asked,
                               gboolean overdue);
void apm2_lane_gate_end_untold (Apm2LaneGate *self,
                                const Apm2LaneEvidence *evidence);
void apm2_lane_gate_end_unfed (Apm2LaneGate *self,
                               Apm2StepEndKind kind,
                               const char *message);
/* It has ended, and its log is there. */
gboolean apm2_lane_gate_is_through (Apm2LaneGate *self);
gboolean apm2_lane_gate_is_told (Apm2LaneGate *self);
void apm2_lane_gate_tell_end (Apm2LaneGate *self);

G_END_DECLS
