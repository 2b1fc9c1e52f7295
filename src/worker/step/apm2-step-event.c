/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The last line that a supervisor writes: how the step ended.
 *
 * Written and read here, so that the two sides cannot differ.
 */

#include "apm2-step-event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/**
 * apm2_step_exit_format:
 * @self: how a step ended
 * @text: (out): the line, with its line feed
 *
 * Returns: bytes of the line
 */
int
apm2_step_exit_format (const Apm2StepExit *self, char text[APM2_STEP_EVENT_MAX])
{
  return snprintf (text,
                   APM2_STEP_EVENT_MAX,
                   APM2_STEP_EVENT_ENDED " %d %d %d %" PRIu64 " %" PRIu64
                                         " %" PRIu64 " %d %d\n",
                   (int) self->cause,
                   self->exit_status,
                   self->term_signal,
                   self->cpu_usec,
                   self->memory_peak_bytes,
                   self->log_bytes,
                   (int) self->stage,
                   self->error_number);
}

/**
 * apm2_step_exit_parse:
 * @text: the line, without its line feed
 * @ret_exit: (out): how the step ended; set only on success
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_exit_parse (const char *text, Apm2StepExit *ret_exit)
{
  Apm2StepExit result = { 0 };
  int cause = 0;
  int stage = 0;
  int end = 0;
  int n = sscanf (text,
                  APM2_STEP_EVENT_ENDED " %d %d %d %" SCNu64 " %" SCNu64
                                        " %" SCNu64 " %d %d%n",
                  &cause,
                  &result.exit_status,
                  &result.term_signal,
                  &result.cpu_usec,
                  &result.memory_peak_bytes,
                  &result.log_bytes,
                  &stage,
                  &result.error_number,
                  &end);

  if (n != 8 || text[end] != '\0' || cause <= APM2_STEP_CAUSE_NONE
      || cause >= APM2_N_STEP_CAUSES || stage < 0
      || stage >= APM2_N_STEP_STAGES)
    return -EBADMSG;
  result.cause = (Apm2StepCause) cause;
  result.stage = (Apm2StepStage) stage;
  *ret_exit = result;
  return 0;
}
