/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-run.h"

G_BEGIN_DECLS

/**
 * Apm2StepVerdict:
 *
 * What the end of a step means for its job.
 */
typedef struct
{
  const char *result; /* of the step, as #Apm2StepResult lists them */
  const char *reason; /* (nullable) reason code if it failed; NULL also for one
                         that was called off */
  char *message;      /* (nullable) the predicate to "Step 'x'" */
} Apm2StepVerdict;

Apm2StepVerdict *apm2_step_verdict_new (const Apm2StepEnd *ended,
                                        guint64 timeout_sec,
                                        guint64 log_bytes_max);
void apm2_step_verdict_free (Apm2StepVerdict *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StepVerdict, apm2_step_verdict_free)

G_END_DECLS
