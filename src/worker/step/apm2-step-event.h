/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
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
 * In a lane (apm2-step-prepare.h), of one of several steps, just before the
 * end:
 *
 *   at USEC                 when that was, of the clock of day
 *
 * In a lane also, before all others:
 *
 *   armed pidns=1           ready for a step
 *   armed pidns=0 errno=N   the same, without namespaces, and why
 *     and with either netns=N, the number of its network namespace
 *   unarmed ERRNO           the workspace cannot be made ready
 *
 * and the end goes on with " tasks=N oom=N cgroup=1": most processes at once,
 * if the kernel counts them; processes that the kernel killed for want of
 * memory; cgroup=1 if the memory is that of the whole unit, page cache
 * included, and not of its largest process. A reader ignores words NAME=NUMBER
 * that it does not know.
 *
 * In a lane these lines go to a file, and come less often as time goes by: at
 * most four times a second at first, every half minute after hours. A line that
 * did not fit on a full disk may be cut off; the next begins on a line of its
 * own.
 *
 * Lines from the worker to the supervisor, after the step message:
 *
 *   term GRACE_USEC         TERM, and KILL when the grace is over
 *   kill
 *   fence BOOTTIME_USEC     until when the lease is ours for certain
 *
 * The end of the input means that there is no worker any more.
 *
 * Of an attached command (--attached=FD) the other side of the socket is the
 * caller, who starts the supervisor with all that the command shall have. To
 * the caller go started, stuck and ended, and
 *
 *   stopped SIGNAL          the command; to be told to the caller's own parent
 *   continued               if this is there already the caller need not stop
 *
 * and from the caller come term and kill, and
 *
 *   go TIMEOUT_USEC GRACE_USEC  start the command; 0: it may take for ever.
 *                           GRACE_USEC is that between TERM and KILL then
 *   scope                   all of it has been moved into a scope of its own
 *   signal N                pass it on to the command
 *   hangup                  the terminal is gone: SIGHUP to all, KILL soon
 * after
 *
 * The end of the input means that the caller is dead, and so shall all be. Any
 * order but go and signal before the command was started is answered with its
 * end: cause TERMINATED, status -1, signal 0.
 */
#define APM2_STEP_EVENT_STARTED   "started"
#define APM2_STEP_EVENT_PROGRESS  "progress"
#define APM2_STEP_EVENT_STATUS    "status"
#define APM2_STEP_EVENT_LOG       "log"
#define APM2_STEP_EVENT_LOG_LOST  "log-lost"
#define APM2_STEP_EVENT_STUCK     "stuck"
#define APM2_STEP_EVENT_AT        "at"
#define APM2_STEP_EVENT_ENDED     "ended"
#define APM2_STEP_EVENT_STOPPED   "stopped"
#define APM2_STEP_EVENT_CONTINUED "continued"
#define APM2_STEP_EVENT_ARMED     "armed"
#define APM2_STEP_EVENT_UNARMED   "unarmed"

#define APM2_STEP_COMMAND_TERM   "term"
#define APM2_STEP_COMMAND_KILL   "kill"
#define APM2_STEP_COMMAND_FENCE  "fence"
#define APM2_STEP_COMMAND_GO     "go"
#define APM2_STEP_COMMAND_SCOPE  "scope"
#define APM2_STEP_COMMAND_SIGNAL "signal"
#define APM2_STEP_COMMAND_HANGUP "hangup"

#define APM2_STEP_PROGRESS_UNITS 10000

/* Why a step ended. */
typedef enum
{
  APM2_STEP_CAUSE_NONE,
  APM2_STEP_CAUSE_EXITED, /* by itself, or by a signal of somebody else */
  APM2_STEP_CAUSE_SPAWN_FAILED,
  APM2_STEP_CAUSE_TIMEOUT,
  APM2_STEP_CAUSE_LOG_LIMIT,
  APM2_STEP_CAUSE_TERMINATED, /* the worker asked for it; in a lane: SIGTERM */
  APM2_STEP_CAUSE_FENCED,     /* nobody prolonged the lease */
  APM2_STEP_CAUSE_OOM,        /* the kernel killed one of its processes */
  APM2_STEP_CAUSE_WORKSPACE_LIMIT, /* the job has too much on the disk */
} Apm2StepCause;
#define APM2_N_STEP_CAUSES (APM2_STEP_CAUSE_WORKSPACE_LIMIT + 1)

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
  uint64_t tasks_peak; /* 0: not known */
  uint64_t oom_kills;
  bool from_cgroup; /* the memory is that of the whole unit */
} Apm2StepExit;

/* How far a lane got in making itself ready. */
typedef struct
{
  bool pidns;       /* the command will have a pid namespace of its own */
  int error_number; /* why not */
  uint64_t netns;   /* number of its network namespace; 0: not known */
} Apm2StepArmed;

/* The end of the process that a lane's unit runs, which is that of the command
 * as far as it has one. These are the unit's ExecMainCode and ExecMainStatus:
 *
 *   EXITED        as the command: its status, or its signal
 *   SPAWN_FAILED  exits with 127 if there is no such program, else 126
 *   TIMEOUT       exits with 124
 *   LOG_LIMIT     exits with 123
 *   WORKSPACE_LIMIT  exits with 122
 *   TERMINATED    dies of SIGTERM
 *   OOM           dies of SIGKILL
 *
 * In a unit with OOMPolicy=stop on cgroup v2 the manager may be quicker to call
 * an OOM its Result. */
#define APM2_STEP_MIRROR_TIMEOUT         124
#define APM2_STEP_MIRROR_LOG_LIMIT       123
#define APM2_STEP_MIRROR_WORKSPACE_LIMIT 122
#define APM2_STEP_MIRROR_UNKNOWN         70 /* the command was lost sight of */

typedef struct
{
  int code;   /* CLD_EXITED or CLD_KILLED */
  int status; /* exit status or signal */
} Apm2StepMirror;

int apm2_step_exit_format (const Apm2StepExit *self,
                           char text[APM2_STEP_EVENT_MAX]);
int apm2_step_exit_parse (const char *text, Apm2StepExit *ret_exit);
Apm2StepMirror apm2_step_exit_get_mirror (const Apm2StepExit *self);
int apm2_step_armed_format (const Apm2StepArmed *self,
                            char text[APM2_STEP_EVENT_MAX]);
int apm2_step_armed_parse (const char *text, Apm2StepArmed *ret_armed);
