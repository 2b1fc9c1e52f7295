/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-place.h"
#include "apm2-job-spec.h"
#include "apm2-step-verdict.h"

G_BEGIN_DECLS

#define APM2_CHECKOUT_NAME "checkout"
#define APM2_FETCH_NAME    "fetch"

/* Exit statuses of these steps that mean more than a failure. */
#define APM2_CHECKOUT_EXIT_MISMATCH 67 /* the commit has another tree */
#define APM2_CHECKOUT_EXIT_DAMAGED  79 /* the mirror is */

GPtrArray *apm2_checkout_new_steps (const Apm2JobSpec *spec,
                                    Apm2JobPlace *place);
gboolean apm2_checkout_is_for_unit (const Apm2StepOrder *order);
gboolean
apm2_checkout_try_anew (GPtrArray *sources, guint index, int exit_status);
Apm2JobState apm2_checkout_judge (const Apm2JobSpec *spec,
                                  int exit_status,
                                  Apm2StepVerdict *verdict);

G_END_DECLS
