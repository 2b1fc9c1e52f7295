/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-orphans.h"
#include "apm2-step-run.h"

G_BEGIN_DECLS

#define APM2_TYPE_STEP_PROCESS (apm2_step_process_get_type ())
G_DECLARE_FINAL_TYPE (Apm2StepProcess,
                      apm2_step_process,
                      APM2,
                      STEP_PROCESS,
                      Apm2StepRun)

Apm2StepProcess *
apm2_step_process_new (const char *program,
                       Apm2Orphans *orphans,
                       const Apm2StepOrder *order,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
