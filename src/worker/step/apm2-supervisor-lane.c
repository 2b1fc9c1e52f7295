/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The start of a supervisor in a lane.
 *
 * Nothing is left to start: the process that waited for the message becomes the
 * command while this looks on. What the command writes goes to a file that the
 * manager of units has opened, and the manager counts what it uses.
 */

#include "apm2-supervisor-private.h"

#include "apm2-step-prepare.h"

/* Its part of the log, which is not the next one's. */
static void
take_part_of_log (Apm2StepLog *log, int seat)
{
  log->placed = true;
  log->base = (uint64_t) seat * APM2_STEP_WAVE_LOG_STRIDE;
  if (log->max == 0 || log->max > APM2_STEP_WAVE_LOG_STRIDE)
    log->max = APM2_STEP_WAVE_LOG_STRIDE;
}

/**
 * apm2_supervisor_start_in_lane:
 * @self: (out caller-allocates): a supervisor
 * @message: (transfer none): its step
 * @lane: (transfer none): what is ready for it
 *
 * Returns: 0, or a negative errno if there can be no supervisor
 */
int
apm2_supervisor_start_in_lane (Apm2Supervisor *self,
                               const Apm2StepMessage *message,
                               const Apm2SupervisorLane *lane)
{
  int r = 0;

  apm2_supervisor_init (self, message);
  self->lane = lane;
  self->cgroup = lane->cgroup;
  self->event_fd = lane->event_fd;
  self->signal_fd = lane->signal_fd;
  self->output_fd = lane->runner->output_fd;
  self->failure_fd = lane->runner->failure_fd;
  self->progress_fd = lane->progress_fd;
  self->child = lane->runner->pid;
  self->pid1 = lane->pid1;
  self->log.fd = lane->log_fd;
  self->log.max = message->log_bytes_max;
  if (lane->seat >= 0)
    take_part_of_log (&self->log, lane->seat);
  r = apm2_deadlines_open (&self->deadlines);
  if (r == 0)
    apm2_supervisor_start_timeout (self);
  return r;
}
