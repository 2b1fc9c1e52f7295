/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-step-message.h"

typedef struct _Apm2LaneRunnerMemory Apm2LaneRunnerMemory;

/* The process that will be the command of a lane. */
typedef struct
{
  pid_t pid;      /* -1: none, or waited for */
  int output_fd;  /* what it will write */
  int failure_fd; /* an Apm2StepFailure if the command cannot be run; the end
                     when it runs, or will not */
  Apm2LaneRunnerMemory *memory; /* shared until the command runs */
} Apm2LaneRunner;

int apm2_lane_runner_start (Apm2LaneRunner *self, int null_fd);
int apm2_lane_runner_take (Apm2LaneRunner *self, Apm2StepMessage *ret_message);
void apm2_lane_runner_kill (Apm2LaneRunner *self);
