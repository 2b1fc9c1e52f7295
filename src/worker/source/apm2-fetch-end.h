/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-run.h"
#include "apm2-unit-state.h"

G_BEGIN_DECLS

Apm2StepEnd *apm2_fetch_end_new (const Apm2UnitState *state,
                                 const char *invocation_id);

G_END_DECLS
