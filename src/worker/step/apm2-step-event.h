/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* A line from the supervisor, with its line feed: a write of this size to a
 * pipe is whole or does not happen. */
#define APM2_STEP_EVENT_MAX 512

/*
 * Lines from the supervisor to the worker:
 *
 *   started PID             the command runs
 *   progress N              in units of 1/10000
 *   status TEXT             one line without control characters
 *   log BYTES               so far
 *   log-lost ERRNO          the log could not be written; said once
 *   stuck COUNT             processes do not die of SIGKILL; said once
 *   ended CAUSE STATUS SIGNAL CPU_USEC MEMORY_BYTES LOG_BYTES STAGE ERRNO
 *
 * Lines from the worker to the supervisor, after the step message:
 *
 *   term GRACE_USEC         TERM, and KILL when the grace is over
 *   kill
 *   fence BOOTTIME_USEC     until when the lease is ours for certain
 *
 * The end of the input means that there is no worker any more.
 */
#define APM2_STEP_EVENT_STARTED  "started"
#define APM2_STEP_EVENT_PROGRESS "progress"
#define APM2_STEP_EVENT_STATUS   "status"
#define APM2_STEP_EVENT_LOG      "log"
#define APM2_STEP_EVENT_LOG_LOST "log-lost"
#define APM2_STEP_EVENT_STUCK    "stuck"
#define APM2_STEP_EVENT_ENDED    "ended"

#define APM2_STEP_COMMAND_TERM  "term"
#define APM2_STEP_COMMAND_KILL  "kill"
#define APM2_STEP_COMMAND_FENCE "fence"

#define APM2_STEP_PROGRESS_UNITS 10000

/* Why a step ended. */
typedef enum
{
  APM2_STEP_CAUSE_NONE,
  APM2_STEP_CAUSE_EXITED, /* by itself, or by a signal of somebody else */
  APM2_STEP_CAUSE_SPAWN_FAILED,
  APM2_STEP_CAUSE_TIMEOUT,
  APM2_STEP_CAUSE_LOG_LIMIT,
  APM2_STEP_CAUSE_TERMINATED, /* the worker asked for it */
  APM2_STEP_CAUSE_FENCED,     /* nobody prolonged the lease */
} Apm2StepCause;
#define APM2_N_STEP_CAUSES (APM2_STEP_CAUSE_FENCED + 1)

/* Where a command could not be started. */
typedef enum
{
  APM2_STEP_STAGE_NONE,
  APM2_STEP_STAGE_FORK,
  APM2_STEP_STAGE_LIMITS,
  APM2_STEP_STAGE_DIRECTORY,
  APM2_STEP_STAGE_EXEC,
  APM2_STEP_STAGE_LOG,
} Apm2StepStage;
#define APM2_N_STEP_STAGES (APM2_STEP_STAGE_LOG + 1)

typedef struct
{
  Apm2StepCause cause;
  int exit_status; /* -1: none */
  int term_signal; /* 0: none */
  uint64_t cpu_usec;
  uint64_t memory_peak_bytes;
  uint64_t log_bytes;
  Apm2StepStage stage; /* of SPAWN_FAILED */
  int error_number;    /* of SPAWN_FAILED */
} Apm2StepExit;

int apm2_step_exit_format (const Apm2StepExit *self,
                           char text[APM2_STEP_EVENT_MAX]);
int apm2_step_exit_parse (const char *text, Apm2StepExit *ret_exit);
