/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "apm2-step-event.h"
#include "apm2-step-prepare.h"

/* The supervisors of steps that run at once, as their parent sees them. */
typedef struct
{
  unsigned n;
  pid_t pids[APM2_STEP_WAVE_MAX];      /* -1: waited for */
  int message_fds[APM2_STEP_WAVE_MAX]; /* their input; -1: closed */
  int armed_fds[APM2_STEP_WAVE_MAX];   /* an Apm2StepArmed from each */
  bool broken;                         /* one did not end as it should */
} Apm2LaneHost;

pid_t apm2_lane_host_fork (Apm2LaneHost *self, int *ret_armed_fd);
int apm2_lane_host_await_armed (Apm2LaneHost *self, Apm2StepArmed *ret_armed);
int apm2_lane_host_feed (Apm2LaneHost *self, int signal_fd);
bool apm2_lane_host_attend (Apm2LaneHost *self, int signal_fd);
void apm2_lane_host_kill (Apm2LaneHost *self);
