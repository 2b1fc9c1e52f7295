/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The start of a supervisor in a lane: as little as possible, since somebody
 * waits for the command.
 *
 * What can be done before the step is known has been done. Only what it writes
 * keeps to a file that the manager of units has opened, and the manager counts
 * what it uses.
 */

#include "apm2-supervisor-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apm2-step-child.h"

static void
open_progress (Apm2Supervisor *self)
{
  if (strcmp (self->message->progress_fifo, self->lane->progress_fifo) == 0)
    self->progress_fd = self->lane->progress_fd;
  else
    self->progress_fd = apm2_step_progress_open (self->message->progress_fifo);
}

static int
spawn (Apm2Supervisor *self, Apm2StepFailure *ret_failure)
{
  int output_fd = -1;
  int r = apm2_supervisor_open_output (self, &output_fd);

  if (r < 0)
    return r;
  self->child = apm2_step_child_spawn_here (
      self->message, self->lane->null_fd, output_fd, ret_failure);
  (void) close (output_fd);
  (void) !pwrite (self->lane->oom_fd,
                  self->lane->oom_score,
                  strlen (self->lane->oom_score),
                  0);
  return self->child < 0 ? (int) self->child : 0;
}

static void
tell_start (Apm2Supervisor *self, const Apm2StepFailure *failure)
{
  char text[24];

  if (failure->stage != APM2_STEP_STAGE_NONE)
    {
      self->exit.cause = APM2_STEP_CAUSE_SPAWN_FAILED;
      self->exit.stage = (Apm2StepStage) failure->stage;
      self->exit.error_number = failure->error_number;
      return;
    }
  (void) snprintf (text, sizeof text, "%d", (int) self->child);
  apm2_supervisor_tell (self, APM2_STEP_EVENT_STARTED, text);
}

/**
 * apm2_supervisor_start_in_lane:
 * @self: (out caller-allocates): a supervisor
 * @message: (transfer none): its step
 * @lane: (transfer none): what is ready for it
 *
 * That the step cannot be started is an end of the step, not an error.
 *
 * Returns: 0, or a negative errno if there can be no supervisor
 */
int
apm2_supervisor_start_in_lane (Apm2Supervisor *self,
                               const Apm2StepMessage *message,
                               const Apm2SupervisorLane *lane)
{
  Apm2StepFailure failure = { 0 };
  int r = 0;

  apm2_supervisor_init (self, message);
  self->lane = lane;
  self->event_fd = lane->event_fd;
  self->signal_fd = lane->signal_fd;
  self->pid1 = lane->pid1;
  self->log.fd = lane->log_fd;
  self->log.max = message->log_bytes_max;
  r = apm2_deadlines_open (&self->deadlines);
  if (r < 0)
    return r;
  open_progress (self);
  r = spawn (self, &failure);
  if (r < 0)
    {
      apm2_supervisor_fail (self, APM2_STEP_STAGE_FORK, r);
      return 0;
    }
  apm2_supervisor_start_timeout (self);
  tell_start (self, &failure);
  return 0;
}
