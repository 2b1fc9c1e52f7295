/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-attached-child.h"
#include "apm2-attached-order.h"
#include "apm2-lane-cgroup.h"
#include "apm2-lane-runner.h"
#include "apm2-step-event.h"
#include "apm2-step-message.h"

/* What the supervisor of a lane has made ready before its step comes. All
 * borrowed. */
typedef struct
{
  int event_fd;    /* a file, opened to append */
  int log_fd;      /* the same */
  int signal_fd;   /* of SIGCHLD and SIGTERM; all signals are blocked */
  int progress_fd; /* of the FIFO; -1: there is none */
  pid_t pid1;      /* the first process of the namespace; -1: there is none */
  int seat;        /* its number among several steps; -1: it is alone */
  const Apm2LaneRunner *runner; /* it has told that it has a step */
  const Apm2LaneCgroup *cgroup;
} Apm2SupervisorLane;

/* What is ready for an attached command. All borrowed. */
typedef struct
{
  const Apm2AttachedCaller *caller;
  Apm2AttachedOrders *orders;
  Apm2LaneCgroup *scope; /* place for that of this job alone */
  int signal_fd;         /* of SIGCHLD; all signals are blocked */
  bool detach_survivors;
} Apm2SupervisorAttached;

int apm2_supervisor_run (const Apm2StepMessage *message,
                         int control_fd,
                         int event_fd);
int apm2_supervisor_run_in_lane (const Apm2StepMessage *message,
                                 const Apm2SupervisorLane *lane,
                                 Apm2StepExit *ret_exit);
int apm2_supervisor_run_attached (const Apm2StepMessage *message,
                                  const Apm2SupervisorAttached *attached,
                                  int control_fd);
