/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The supervisor of one step.
 *
 * A process between the worker and the command: it keeps the log, watches the
 * deadlines, and promises that when it reports the end no process of the step
 * lives any more and all output is in the log. Of the direct executor it is the
 * lifeline too: if the worker goes away, or lets the lease lapse, the step is
 * killed. In a lane the worker may come and go, and the end is asked for by
 * SIGTERM. It waits in poll() only, and each descriptor gets a bounded turn, so
 * that no flood can hold it up.
 */

#include "apm2-supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apm2-step-child.h"
#include "apm2-supervisor-private.h"

#define READ_MAX (64 * 1024)

static void
close_fd (int *fd)
{
  (void) close (*fd);
  *fd = -1;
}

/* Returns: false if there is nothing more for now, or ever. */
static bool
read_output (Apm2Supervisor *self)
{
  static char data[READ_MAX];
  ssize_t n = 0;

  if (self->output_fd < 0)
    return false;
  n = read (self->output_fd, data, sizeof data);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return errno == EINTR;
  if (n <= 0)
    {
      close_fd (&self->output_fd);
      return false;
    }
  if (!apm2_step_log_append (&self->log, data, (size_t) n))
    apm2_supervisor_kill (self, APM2_STEP_CAUSE_LOG_LIMIT);
  return true;
}

static bool
read_progress (Apm2Supervisor *self)
{
  char data[1024];
  ssize_t n = self->progress_fd < 0
                  ? -1
                  : read (self->progress_fd, data, sizeof data);

  if (n > 0)
    apm2_step_progress_feed (&self->progress, data, (size_t) n);
  return n > 0;
}

/* The end of the pipe without a word: the command has been started. */
static void
read_failure (Apm2Supervisor *self)
{
  Apm2StepFailure failure = { 0 };
  ssize_t n = read (self->failure_fd, &failure, sizeof failure);
  char text[24];

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  close_fd (&self->failure_fd);
  if (n == (ssize_t) sizeof failure)
    {
      if (self->exit.cause == APM2_STEP_CAUSE_NONE)
        self->exit.cause = APM2_STEP_CAUSE_SPAWN_FAILED;
      self->exit.stage = (Apm2StepStage) failure.stage;
      self->exit.error_number = failure.error_number;
      return;
    }
  (void) snprintf (text, sizeof text, "%d", (int) self->child);
  if (self->child > 0)
    apm2_supervisor_tell (self, APM2_STEP_EVENT_STARTED, text);
}

static void
end_greedy (Apm2Supervisor *self, bool disk_full)
{
  char text[128];
  int n = snprintf (text,
                    sizeof text,
                    disk_full ? "\n[apm2: only %" PRIu64
                                " bytes of the disk are left, step ended]\n"
                              : "\n[apm2: the job has more than %" PRIu64
                                " bytes on the disk, step ended]\n",
                    disk_full ? self->message->disk_bytes_left
                              : self->message->workspace_bytes_max);

  (void) apm2_step_log_append (&self->log, text, (size_t) n);
  apm2_supervisor_kill (self, APM2_STEP_CAUSE_WORKSPACE_LIMIT);
}

static void
look_at_workspace (Apm2Supervisor *self)
{
  uint64_t rest = 0;
  Apm2WorkspaceState state = APM2_WORKSPACE_KEPT;

  if (self->killing || self->ended)
    return;
  self->watch.bounds = (Apm2WorkspaceBounds){
    .path = self->message->workspace,
    .temporary = self->lane != NULL,
    .bytes_max = self->message->workspace_bytes_max,
    .bytes_left = self->message->disk_bytes_left,
  };
  state = apm2_workspace_watch_look (&self->watch, &rest);
  if (state == APM2_WORKSPACE_KEPT)
    apm2_deadlines_set_in (&self->deadlines, DEADLINE_WATCH, rest);
  else
    end_greedy (self, state == APM2_WORKSPACE_DISK_FULL);
}

static void
take_dead (Apm2Supervisor *self)
{
  apm2_supervisor_reap (self);
  if (self->killing && !self->ended)
    apm2_supervisor_sweep (self);
}

static void
check_deadlines (Apm2Supervisor *self)
{
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_STEP))
    apm2_supervisor_terminate (
        self, APM2_STEP_CAUSE_TIMEOUT, self->message->kill_grace_usec);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_KILL))
    apm2_supervisor_kill (self, APM2_STEP_CAUSE_TERMINATED);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_FENCE))
    apm2_supervisor_kill (self, APM2_STEP_CAUSE_FENCED);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_REAP))
    take_dead (self);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_WATCH))
    look_at_workspace (self);
  (void) apm2_deadlines_take (&self->deadlines, DEADLINE_REPORT);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_SWEEP) && !self->ended)
    apm2_supervisor_sweep (self);
}

/* One at a time: whatever else is pending makes the descriptor ready again. */
static void
read_signal (Apm2Supervisor *self)
{
  struct signalfd_siginfo info = { 0 };

  if (read (self->signal_fd, &info, sizeof info) != (ssize_t) sizeof info)
    return;
  if (info.ssi_signo == SIGTERM)
    {
      /* Another one does not prolong the grace. */
      if (self->deadlines.at[DEADLINE_KILL] == 0)
        apm2_supervisor_terminate (
            self, APM2_STEP_CAUSE_TERMINATED, self->message->kill_grace_usec);
      return;
    }
  take_dead (self);
}

static void
turn (Apm2Supervisor *self)
{
  struct pollfd fds[] = {
    { .fd = self->signal_fd, .events = POLLIN },
    { .fd = self->deadlines.fd, .events = POLLIN },
    { .fd = self->control_fd, .events = POLLIN },
    { .fd = self->failure_fd, .events = POLLIN },
    { .fd = self->output_fd, .events = POLLIN },
    { .fd = self->progress_fd, .events = POLLIN },
  };

  apm2_deadlines_arm (&self->deadlines);
  if (poll (fds, sizeof fds / sizeof *fds, -1) < 0)
    return;
  /* Why it could not be started comes before its death. */
  if (fds[3].revents != 0)
    read_failure (self);
  if (fds[0].revents != 0)
    read_signal (self);
  if (fds[4].revents != 0)
    (void) read_output (self);
  if (fds[5].revents != 0)
    (void) read_progress (self);
  /* A fence that has passed cannot be moved any more. */
  check_deadlines (self);
  if (fds[2].revents != 0)
    apm2_supervisor_read_commands (self);
  apm2_supervisor_report (self);
}

/* All writers are dead, so what the pipes hold now is all there is. A pipe that
 * the job gave to a stranger may stay open and even fill: hence the bound. */
static void
drain (Apm2Supervisor *self)
{
  for (int i = 0; i < 64 && read_output (self); i++)
    continue;
  for (int i = 0; i < 64 && read_progress (self); i++)
    continue;
  /* It was over before the limit was noticed: not a matter of luck. */
  if (self->log.full && self->exit.cause == APM2_STEP_CAUSE_EXITED)
    self->exit.cause = APM2_STEP_CAUSE_LOG_LIMIT;
  self->deadlines.at[DEADLINE_REPORT] = 0;
  apm2_supervisor_report (self);
}

static void
attend (Apm2Supervisor *self)
{
  while (!self->ended)
    turn (self);
  drain (self);
  apm2_supervisor_tell_exit (self);
}

/**
 * apm2_supervisor_run:
 * @message: a step
 * @control_fd: commands of the worker
 * @event_fd: where the worker reads
 *
 * Returns: 0 when the step has ended, however; a negative errno if it was never
 *   tried
 */
int
apm2_supervisor_run (const Apm2StepMessage *message,
                     int control_fd,
                     int event_fd)
{
  Apm2Supervisor self;
  int r = apm2_supervisor_start (&self, message, control_fd, event_fd);

  if (r == 0)
    attend (&self);
  apm2_supervisor_clear (&self);
  return r;
}

/**
 * apm2_supervisor_run_in_lane:
 * @message: a step
 * @lane: what is ready for it
 * @ret_exit: (out): how it ended; set only on success
 *
 * Returns: 0 when the step has ended, however; a negative errno if it was never
 *   tried
 */
int
apm2_supervisor_run_in_lane (const Apm2StepMessage *message,
                             const Apm2SupervisorLane *lane,
                             Apm2StepExit *ret_exit)
{
  Apm2Supervisor self;
  int r = apm2_supervisor_start_in_lane (&self, message, lane);

  if (r == 0)
    {
      attend (&self);
      *ret_exit = self.exit;
    }
  apm2_supervisor_clear (&self);
  return r;
}

/**
 * apm2_supervisor_run_attached:
 * @message: its argument vector and times
 * @attached: what is ready for it
 * @control_fd: a socket to the caller
 *
 * Returns: 0 when the command has ended, however; a negative errno if it was
 *   never tried
 */
int
apm2_supervisor_run_attached (const Apm2StepMessage *message,
                              const Apm2SupervisorAttached *attached,
                              int control_fd)
{
  Apm2Supervisor self;
  int r = apm2_supervisor_start_attached (&self, message, attached, control_fd);

  if (r == 0)
    attend (&self);
  apm2_supervisor_clear (&self);
  return r;
}
