/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lines that say more than a word and a number: that a lane is armed, and
 * how a step ended.
 *
 * Written and read here, so that the two sides cannot differ. They may be of
 * different age, though: programs are replaced while steps run. So whatever
 * comes to be told later is told as NAME=NUMBER at the end of the line, and a
 * reader passes over names that it does not know.
 */

#include "apm2-step-event.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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
  char more[128] = "";

  if (self->from_cgroup || self->tasks_peak > 0 || self->oom_kills > 0)
    (void) snprintf (more,
                     sizeof more,
                     " tasks=%" PRIu64 " oom=%" PRIu64 " cgroup=%d",
                     self->tasks_peak,
                     self->oom_kills,
                     self->from_cgroup ? 1 : 0);
  return snprintf (text,
                   APM2_STEP_EVENT_MAX,
                   APM2_STEP_EVENT_ENDED " %d %d %d %" PRIu64 " %" PRIu64
                                         " %" PRIu64 " %d %d%s\n",
                   (int) self->cause,
                   self->exit_status,
                   self->term_signal,
                   self->cpu_usec,
                   self->memory_peak_bytes,
                   self->log_bytes,
                   (int) self->stage,
                   self->error_number,
                   more);
}

typedef struct
{
  const char *name;
  uint64_t *ret_value;
} Field;

/* Reads " NAME=NUMBER" as often as it comes. */
static int
take_fields (const char *text, const Field *fields)
{
  while (*text != '\0')
    {
      char name[16] = { 0 };
      uint64_t value = 0;
      int end = 0;

      if (text[0] != ' '
          || sscanf (text + 1, "%15[a-z_]=%" SCNu64 "%n", name, &value, &end)
                 != 2
          || text[1 + strlen (name) + 1] < '0'
          || text[1 + strlen (name) + 1] > '9')
        return -EBADMSG;
      text += 1 + end;
      for (const Field *field = fields; field->name != NULL; field++)
        {
          if (strcmp (field->name, name) == 0)
            *field->ret_value = value;
        }
    }
  return 0;
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
  uint64_t from_cgroup = 0;
  const Field fields[] = {
    { "tasks", &result.tasks_peak },
    { "oom", &result.oom_kills },
    { "cgroup", &from_cgroup },
    { NULL, NULL },
  };
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

  if (n != 8 || take_fields (text + end, fields) < 0
      || cause <= APM2_STEP_CAUSE_NONE || cause >= APM2_N_STEP_CAUSES
      || stage < 0 || stage >= APM2_N_STEP_STAGES)
    return -EBADMSG;
  result.cause = (Apm2StepCause) cause;
  result.stage = (Apm2StepStage) stage;
  result.from_cgroup = from_cgroup == 1;
  *ret_exit = result;
  return 0;
}

static Apm2StepMirror
get_mirror_of_command (const Apm2StepExit *self)
{
  if (self->term_signal > 0)
    return (Apm2StepMirror){ CLD_KILLED, self->term_signal };
  if (self->exit_status >= 0)
    return (Apm2StepMirror){ CLD_EXITED, self->exit_status };
  return (Apm2StepMirror){ CLD_EXITED, APM2_STEP_MIRROR_UNKNOWN };
}

/**
 * apm2_step_exit_get_mirror:
 * @self: how a step ended
 *
 * Returns: how the process of a lane's unit ends then
 */
Apm2StepMirror
apm2_step_exit_get_mirror (const Apm2StepExit *self)
{
  switch (self->cause)
    {
    case APM2_STEP_CAUSE_TIMEOUT:
      return (Apm2StepMirror){ CLD_EXITED, APM2_STEP_MIRROR_TIMEOUT };
    case APM2_STEP_CAUSE_LOG_LIMIT:
      return (Apm2StepMirror){ CLD_EXITED, APM2_STEP_MIRROR_LOG_LIMIT };
    case APM2_STEP_CAUSE_WORKSPACE_LIMIT:
      return (Apm2StepMirror){ CLD_EXITED, APM2_STEP_MIRROR_WORKSPACE_LIMIT };
    case APM2_STEP_CAUSE_TERMINATED:
    case APM2_STEP_CAUSE_FENCED:
      return (Apm2StepMirror){ CLD_KILLED, SIGTERM };
    case APM2_STEP_CAUSE_OOM:
      return (Apm2StepMirror){ CLD_KILLED, SIGKILL };
    case APM2_STEP_CAUSE_EXITED:
    case APM2_STEP_CAUSE_SPAWN_FAILED:
    case APM2_STEP_CAUSE_NONE:
    default:
      return get_mirror_of_command (self);
    }
}

/**
 * apm2_step_armed_format:
 * @self: how a lane is armed
 * @text: (out): the line, with its line feed
 *
 * Returns: bytes of the line
 */
int
apm2_step_armed_format (const Apm2StepArmed *self,
                        char text[APM2_STEP_EVENT_MAX])
{
  char more[64] = "";
  char netns[32] = "";

  if (!self->pidns)
    (void) snprintf (more, sizeof more, " errno=%d", self->error_number);
  if (self->netns > 0)
    (void) snprintf (netns, sizeof netns, " netns=%" PRIu64, self->netns);
  return snprintf (text,
                   APM2_STEP_EVENT_MAX,
                   APM2_STEP_EVENT_ARMED " pidns=%d%s%s\n",
                   self->pidns ? 1 : 0,
                   more,
                   netns);
}

/**
 * apm2_step_armed_parse:
 * @text: the line, without its line feed
 * @ret_armed: (out): how the lane is armed; set only on success
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_armed_parse (const char *text, Apm2StepArmed *ret_armed)
{
  static const char word[] = APM2_STEP_EVENT_ARMED;
  uint64_t pidns = 0;
  uint64_t error_number = 0;
  uint64_t netns = 0;
  const Field fields[] = {
    { "pidns", &pidns },
    { "errno", &error_number },
    { "netns", &netns },
    { NULL, NULL },
  };

  if (strncmp (text, word, sizeof word - 1) != 0
      || take_fields (text + sizeof word - 1, fields) < 0
      || error_number > INT32_MAX)
    return -EBADMSG;
  ret_armed->pidns = pidns == 1;
  ret_armed->error_number = (int) error_number;
  ret_armed->netns = netns;
  return 0;
}
