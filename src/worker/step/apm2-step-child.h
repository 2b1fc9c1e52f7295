/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-step-event.h"
#include "apm2-step-message.h"

/* What a child tells if it could not become the command. */
typedef struct
{
  int stage; /* an Apm2StepStage */
  int error_number;
} Apm2StepFailure;

pid_t apm2_step_child_spawn (const Apm2StepMessage *message,
                             int output_fd,
                             int failure_fd);
int apm2_step_child_prepare (void);
Apm2StepFailure apm2_step_child_settle (const Apm2StepMessage *message);
Apm2StepFailure apm2_step_child_execute (const Apm2StepMessage *message);
Apm2StepFailure apm2_step_child_become (const Apm2StepMessage *message);
int apm2_step_child_get_status (const Apm2StepFailure *failure);
