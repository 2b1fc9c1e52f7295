/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The start of a supervisor: its own protection, then the command.
 *
 * The signals that a job may send to whoever started it are ignored. SIGKILL
 * and SIGSTOP cannot be; against these the worker has a deadline of its own.
 */

#include "apm2-supervisor-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apm2-step-child.h"

static int
take_signals (Apm2Supervisor *self)
{
  sigset_t children;

  /* A fault of our own kills even so; one that is sent does not. */
  for (int i = 1; i < NSIG; i++)
    {
      if (i != SIGCHLD)
        (void) signal (i, SIG_IGN);
    }
  (void) sigemptyset (&children);
  (void) sigaddset (&children, SIGCHLD);
  if (sigprocmask (SIG_SETMASK, &children, NULL) < 0)
    return -errno;
  self->signal_fd = signalfd (-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  return self->signal_fd < 0 ? -errno : 0;
}

static int
set_nonblocking (int fd)
{
  int flags = fcntl (fd, F_GETFL);

  return flags < 0 || fcntl (fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

static int
open_output (Apm2Supervisor *self, int *ret_write_fd)
{
  int output[2] = { -1, -1 };
  int r = 0;

  if (pipe2 (output, O_CLOEXEC) < 0)
    return -errno;
  r = set_nonblocking (output[0]);
  if (r < 0)
    {
      (void) close (output[0]);
      (void) close (output[1]);
      return r;
    }
  self->output_fd = output[0];
  *ret_write_fd = output[1];
  return 0;
}

static int
spawn (Apm2Supervisor *self)
{
  int output_fd = -1;
  int failure[2] = { -1, -1 };
  int r = open_output (self, &output_fd);

  if (r < 0)
    return r;
  if (pipe2 (failure, O_CLOEXEC | O_NONBLOCK) == 0)
    {
      self->failure_fd = failure[0];
      self->child
          = apm2_step_child_spawn (self->message, output_fd, failure[1]);
      r = self->child < 0 ? (int) self->child : 0;
      (void) close (failure[1]);
    }
  else
    r = -errno;
  (void) close (output_fd);
  return r;
}

/**
 * apm2_supervisor_fail:
 * @self: a supervisor whose command cannot be started
 * @stage: where
 * @r: why: a negative errno
 */
void
apm2_supervisor_fail (Apm2Supervisor *self, Apm2StepStage stage, int r)
{
  self->exit.cause = APM2_STEP_CAUSE_SPAWN_FAILED;
  self->exit.stage = stage;
  self->exit.error_number = -r;
  self->exit.exit_status = 126;
  self->child = -1;
  self->ended = true;
}

/**
 * apm2_supervisor_start_timeout:
 * @self: a supervisor whose command runs
 */
void
apm2_supervisor_start_timeout (Apm2Supervisor *self)
{
  self->started = apm2_deadlines_now ();
  if (self->message->timeout_usec > 0)
    apm2_deadlines_set_in (
        &self->deadlines, DEADLINE_STEP, self->message->timeout_usec);
  if (self->message->workspace != NULL && self->message->workspace[0] != '\0')
    apm2_deadlines_set_in (
        &self->deadlines, DEADLINE_WATCH, APM2_WORKSPACE_WATCH_DELAY_USEC);
}

/**
 * apm2_supervisor_init:
 * @self: (out caller-allocates): a supervisor that has done nothing yet
 * @message: (transfer none): its step
 */
void
apm2_supervisor_init (Apm2Supervisor *self, const Apm2StepMessage *message)
{
  *self = (Apm2Supervisor){
    .message = message,
    .control_fd = -1,
    .event_fd = -1,
    .signal_fd = -1,
    .output_fd = -1,
    .failure_fd = -1,
    .progress_fd = -1,
    .deadlines = { .fd = -1 },
    .log = { .fd = -1 },
    .exit = { .exit_status = -1 },
    .child = -1,
    .pid1 = -1,
  };
}

/**
 * apm2_supervisor_start:
 * @self: (out caller-allocates): a supervisor
 * @message: (transfer none): its step
 * @control_fd: (transfer none): from the worker
 * @event_fd: (transfer none): to the worker
 *
 * That the step cannot be started is an end of the step, not an error.
 *
 * Returns: 0, or a negative errno if there can be no supervisor
 */
int
apm2_supervisor_start (Apm2Supervisor *self,
                       const Apm2StepMessage *message,
                       int control_fd,
                       int event_fd)
{
  int r = 0;

  apm2_supervisor_init (self, message);
  self->control_fd = control_fd;
  self->event_fd = event_fd;
  if (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
    return -errno;
  r = take_signals (self);
  if (r == 0)
    r = apm2_deadlines_open (&self->deadlines);
  if (r == 0)
    r = set_nonblocking (control_fd);
  if (r == 0)
    r = set_nonblocking (event_fd);
  if (r < 0)
    return r;

  self->progress_fd = apm2_step_progress_open (message->progress_fifo);
  r = apm2_step_log_open (
      &self->log, message->log_file, message->log_bytes_max);
  if (r < 0)
    {
      apm2_supervisor_fail (self, APM2_STEP_STAGE_LOG, r);
      return 0;
    }
  r = spawn (self);
  if (r < 0)
    apm2_supervisor_fail (self, APM2_STEP_STAGE_FORK, r);
  else
    apm2_supervisor_start_timeout (self);
  return 0;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    (void) close (*fd);
  *fd = -1;
}

/**
 * apm2_supervisor_clear:
 * @self: a supervisor whose step has ended
 */
void
apm2_supervisor_clear (Apm2Supervisor *self)
{
  apm2_workspace_watch_clear (&self->watch);
  close_fd (&self->signal_fd);
  close_fd (&self->output_fd);
  close_fd (&self->failure_fd);
  close_fd (&self->progress_fd);
  close_fd (&self->deadlines.fd);
  apm2_step_log_close (&self->log);
}
