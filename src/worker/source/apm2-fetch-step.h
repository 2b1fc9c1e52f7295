/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-fetch-files.h"
#include "apm2-manager.h"
#include "apm2-step-run.h"

G_BEGIN_DECLS

/*
 * A step that is done by a unit apm2-fetch@SLOT.service.
 */
#define APM2_TYPE_FETCH_STEP (apm2_fetch_step_get_type ())
G_DECLARE_FINAL_TYPE (Apm2FetchStep,
                      apm2_fetch_step,
                      APM2,
                      FETCH_STEP,
                      Apm2StepRun)

Apm2FetchStep *apm2_fetch_step_new (Apm2Manager *manager,
                                    Apm2FetchFiles *files,
                                    const Apm2StepOrder *order,
                                    const char *ca_file);

G_END_DECLS
