/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "apm2-deadlines.h"
#include "apm2-step-child.h"
#include "apm2-step-event.h"
#include "apm2-step-log.h"
#include "apm2-step-message.h"
#include "apm2-step-progress.h"
#include "apm2-supervisor.h"
#include "apm2-workspace-watch.h"

/* The deadlines of a step. */
enum
{
  DEADLINE_STEP,   /* it has run long enough */
  DEADLINE_KILL,   /* the grace after TERM is over */
  DEADLINE_FENCE,  /* the lease may be somebody else's */
  DEADLINE_REPORT, /* log size and progress may be told again */
  DEADLINE_SWEEP,  /* look again for processes that are left */
  DEADLINE_STUCK,  /* they should all have died by now */
  DEADLINE_REAP,   /* more are dead than one turn takes away */
  DEADLINE_WATCH,  /* it has run so long that its workspace is of interest */
  N_DEADLINES,
};
_Static_assert((int) N_DEADLINES <= APM2_DEADLINES_MAX, "room");

typedef struct
{
  const Apm2StepMessage *message;         /* borrowed */
  const Apm2SupervisorLane *lane;         /* borrowed; NULL: not in one */
  const Apm2SupervisorAttached *attached; /* borrowed; NULL: it is not */
  const Apm2LaneCgroup *cgroup;           /* borrowed; NULL: none of its own */
  int control_fd;                         /* borrowed; -1: the worker is gone */
  int event_fd; /* borrowed; -1: nobody reads any more */
  int signal_fd;
  int output_fd;   /* what the step writes; -1: ended */
  int failure_fd;  /* tells whether the command runs; -1: told */
  int progress_fd; /* -1: none */
  Apm2Deadlines deadlines;
  Apm2StepLog log;
  Apm2WorkspaceWatch watch;
  Apm2StepProgress progress;
  Apm2StepExit exit;
  pid_t child;     /* -1: none, or waited for */
  pid_t pid1;      /* of the command's namespace, likewise */
  int64_t started; /* when; by CLOCK_BOOTTIME in microseconds */
  bool moved;      /* it got into its group while it ran */
  bool killing;
  bool stuck;      /* that was told */
  bool ended;      /* no process is left */
  bool report_due; /* something changed that has not been told */
  uint64_t log_told;
  bool event_torn;  /* the last line was written in part */
  char command[64]; /* the line being read from the worker */
  size_t command_length;
} Apm2Supervisor;

/* apm2-supervisor-start.c */
void apm2_supervisor_init (Apm2Supervisor *self,
                           const Apm2StepMessage *message);
void apm2_supervisor_start_timeout (Apm2Supervisor *self);
void apm2_supervisor_fail (Apm2Supervisor *self, Apm2StepStage stage, int r);
int apm2_supervisor_start (Apm2Supervisor *self,
                           const Apm2StepMessage *message,
                           int control_fd,
                           int event_fd);
void apm2_supervisor_clear (Apm2Supervisor *self);

/* apm2-supervisor-lane.c */
int apm2_supervisor_start_in_lane (Apm2Supervisor *self,
                                   const Apm2StepMessage *message,
                                   const Apm2SupervisorLane *lane);

/* apm2-supervisor-attached.c */
int apm2_supervisor_start_attached (Apm2Supervisor *self,
                                    const Apm2StepMessage *message,
                                    const Apm2SupervisorAttached *attached,
                                    int control_fd);
void apm2_supervisor_take_orders (Apm2Supervisor *self,
                                  const char *data,
                                  size_t length);
void apm2_supervisor_lose_caller (Apm2Supervisor *self);
void apm2_supervisor_watch_stops (Apm2Supervisor *self);

/* apm2-supervisor-end.c */
void apm2_supervisor_terminate (Apm2Supervisor *self,
                                Apm2StepCause cause,
                                uint64_t grace_usec);
void apm2_supervisor_kill (Apm2Supervisor *self, Apm2StepCause cause);
void apm2_supervisor_reap (Apm2Supervisor *self);
void apm2_supervisor_sweep (Apm2Supervisor *self);

/* apm2-supervisor-channel.c */
void apm2_supervisor_tell (Apm2Supervisor *self,
                           const char *event,
                           const char *text);
void apm2_supervisor_report (Apm2Supervisor *self);
void apm2_supervisor_tell_exit (Apm2Supervisor *self);
void apm2_supervisor_read_commands (Apm2Supervisor *self);
