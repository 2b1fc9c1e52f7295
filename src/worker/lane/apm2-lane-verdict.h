/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-event.h"
#include "apm2-step-run.h"
#include "apm2-unit-state.h"

G_BEGIN_DECLS

/* All that is known of a step whose unit has stopped running it; borrowed. */
typedef struct
{
  const Apm2UnitState *state; /* as read after that */
  const char *invocation_id;  /* to which it was fed */
  const Apm2StepExit *told;   /* (nullable) what apm2-step said at the end */
  gboolean started;           /* apm2-step said that the command runs */
  guint64 tasks_seen;         /* at once, by whoever looked now and then */
  gboolean asked;             /* we asked for the end */
  gboolean overdue;           /* because its time was over long ago */
  const char *command;
  const char *directory;
} Apm2LaneEvidence;

Apm2StepEnd *apm2_lane_verdict_new (const Apm2LaneEvidence *evidence);
gboolean apm2_lane_verdict_is_unbegun (const Apm2UnitState *state,
                                       const char *events);

G_END_DECLS
