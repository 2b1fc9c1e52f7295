/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-event.h"
#include "apm2-step-run.h"

G_BEGIN_DECLS

gboolean apm2_step_news_tell (Apm2StepRun *run,
                              const char *job_id,
                              const char *line,
                              Apm2StepExit *ret_exit);
Apm2StepEnd *apm2_step_news_to_end (const Apm2StepExit *ended,
                                    const char *command,
                                    const char *directory);

G_END_DECLS
