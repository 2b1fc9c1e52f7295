/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a supervisor and its worker say to each other while the step runs.
 *
 * The worker may be slow or stopped: an event that does not fit into the pipe
 * is dropped, and the numbers in a later one make up for it. Only the last
 * event, the end, is waited for; it is the last thing there is to do. A lane's
 * events go to a file. It never makes anybody wait, so it is kept small, and if
 * the disk is full even the end is given up after a while: a slot that hangs
 * would be worse.
 */

#include "apm2-supervisor-private.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Four times a second. */
#define REPORT_USEC 250000
/* What is told of a step that runs for long: some thousand reports a day. */
#define REPORT_USEC_MAX 30000000
#define REPORT_PARTS    400
/* The last event on a full disk. */
#define LAST_TRIES      20
#define LAST_PAUSE_MSEC 100

/* Returns: whether the line is written to its end */
static bool
put_line (Apm2Supervisor *self, const char *line, size_t length)
{
  char whole[APM2_STEP_EVENT_MAX + 1];
  ssize_t n = -1;

  if (self->event_torn && length < sizeof whole)
    {
      whole[0] = '\n';
      memcpy (whole + 1, line, length);
      line = whole;
      length++;
    }
  errno = 0;
  n = write (self->event_fd, line, length);
  if (n > 0)
    self->event_torn = (size_t) n < length;
  return n == (ssize_t) length;
}

/* Returns: the length of the number of a step that is not alone, 0 else */
static int
put_seat (const Apm2Supervisor *self, char *line, size_t room)
{
  if (self->lane == NULL || self->lane->seat < 0)
    return 0;
  return snprintf (line, room, "%d ", self->lane->seat);
}

/**
 * apm2_supervisor_tell:
 * @self: a supervisor
 * @event: a word
 * @text: (nullable): what follows it
 */
void
apm2_supervisor_tell (Apm2Supervisor *self, const char *event, const char *text)
{
  char line[APM2_STEP_EVENT_MAX];
  int at = put_seat (self, line, sizeof line);
  int n = at
          + snprintf (line + at,
                      sizeof line - (size_t) at,
                      "%s%s%s\n",
                      event,
                      text != NULL ? " " : "",
                      text != NULL ? text : "");

  if (self->event_fd < 0 || n < 0 || n >= (int) sizeof line)
    return;
  if (!put_line (self, line, (size_t) n) && errno == EPIPE)
    self->event_fd = -1;
}

static void
tell_number (Apm2Supervisor *self, const char *event, uint64_t number)
{
  char text[24];

  (void) snprintf (text, sizeof text, "%" PRIu64, number);
  apm2_supervisor_tell (self, event, text);
}

static uint64_t
get_report_pause (const Apm2Supervisor *self)
{
  int64_t pause = (apm2_deadlines_now () - self->started) / REPORT_PARTS;

  if (self->lane == NULL || pause < REPORT_USEC)
    return REPORT_USEC;
  return pause < REPORT_USEC_MAX ? (uint64_t) pause : REPORT_USEC_MAX;
}

/**
 * apm2_supervisor_report:
 * @self: a supervisor
 *
 * Tells what has changed, unless that was done a moment ago: then it comes with
 * the next report.
 */
void
apm2_supervisor_report (Apm2Supervisor *self)
{
  if (self->log.bytes == self->log_told && !self->progress.value_changed
      && !self->progress.text_changed)
    return;
  if (self->deadlines.at[DEADLINE_REPORT] != 0)
    return;
  apm2_deadlines_set_in (
      &self->deadlines, DEADLINE_REPORT, get_report_pause (self));
  if (self->progress.value_changed)
    tell_number (
        self, APM2_STEP_EVENT_PROGRESS, (uint64_t) self->progress.value);
  if (self->progress.text_changed)
    apm2_supervisor_tell (self, APM2_STEP_EVENT_STATUS, self->progress.text);
  if (self->log.bytes != self->log_told)
    tell_number (self, APM2_STEP_EVENT_LOG, self->log.bytes);
  self->progress.value_changed = false;
  self->progress.text_changed = false;
  self->log_told = self->log.bytes;
}

static void
put_last_line (Apm2Supervisor *self, const char *line, size_t length)
{
  for (int i = 0; i < LAST_TRIES && !put_line (self, line, length); i++)
    (void) poll (NULL, 0, LAST_PAUSE_MSEC);
}

static uint64_t
get_realtime (void)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_REALTIME, &now);
  return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

/* One of several may end long before anybody looks. */
static void
tell_end_in_lane (Apm2Supervisor *self, const char *text)
{
  char line[APM2_STEP_EVENT_MAX + 16];
  int at = put_seat (self, line, sizeof line);
  int n = at + snprintf (line + at, sizeof line - (size_t) at, "%s", text);

  if (at > 0)
    tell_number (self, APM2_STEP_EVENT_AT, get_realtime ());
  put_last_line (self, line, (size_t) n);
}

/**
 * apm2_supervisor_tell_exit:
 * @self: a supervisor whose step has ended
 *
 * Waits until the worker has taken the news, or is gone.
 */
void
apm2_supervisor_tell_exit (Apm2Supervisor *self)
{
  char line[APM2_STEP_EVENT_MAX];
  int n = 0;

  if (self->log.error_number != 0)
    tell_number (
        self, APM2_STEP_EVENT_LOG_LOST, (uint64_t) self->log.error_number);
  self->exit.log_bytes = self->log.bytes;
  n = apm2_step_exit_format (&self->exit, line);
  if (self->lane != NULL)
    {
      tell_end_in_lane (self, line);
      return;
    }
  while (self->event_fd >= 0 && write (self->event_fd, line, (size_t) n) < 0)
    {
      struct pollfd fds = { .fd = self->event_fd, .events = POLLOUT };

      if (errno != EAGAIN && errno != EINTR)
        return;
      (void) poll (&fds, 1, -1);
    }
}

static void
take_command (Apm2Supervisor *self)
{
  char word[16] = { 0 };
  uint64_t number = 0;
  int n = sscanf (self->command, "%15s %" SCNu64, word, &number);

  if (n == 2 && strcmp (word, APM2_STEP_COMMAND_TERM) == 0)
    apm2_supervisor_terminate (self, APM2_STEP_CAUSE_TERMINATED, number);
  else if (n >= 1 && strcmp (word, APM2_STEP_COMMAND_KILL) == 0)
    apm2_supervisor_kill (self, APM2_STEP_CAUSE_TERMINATED);
  else if (n == 2 && strcmp (word, APM2_STEP_COMMAND_FENCE) == 0
           && number <= INT64_MAX && !self->killing)
    self->deadlines.at[DEADLINE_FENCE] = (int64_t) number;
}

static void
take_bytes (Apm2Supervisor *self, const char *data, size_t length)
{
  for (size_t i = 0; i < length; i++)
    {
      if (data[i] != '\n')
        {
          if (self->command_length < sizeof self->command - 1)
            self->command[self->command_length++] = data[i];
          continue;
        }
      self->command[self->command_length] = '\0';
      self->command_length = 0;
      take_command (self);
    }
}

/**
 * apm2_supervisor_read_commands:
 * @self: a supervisor whose worker has written something, or is gone
 */
void
apm2_supervisor_read_commands (Apm2Supervisor *self)
{
  char data[256];
  ssize_t n = read (self->control_fd, data, sizeof data);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n > 0 && self->attached != NULL)
    apm2_supervisor_take_orders (self, data, (size_t) n);
  else if (n > 0)
    take_bytes (self, data, (size_t) n);
  if (n > 0)
    return;
  self->control_fd = -1;
  self->event_fd = -1;
  if (self->attached != NULL)
    apm2_supervisor_lose_caller (self);
  apm2_supervisor_kill (self, APM2_STEP_CAUSE_TERMINATED);
}
