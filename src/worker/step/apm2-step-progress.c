/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a step writes to $APM2_PROGRESS.
 *
 * A line is "PERCENT", "PERCENT TEXT" or "TEXT". It comes from the job, so it
 * is bounded, control characters are taken out, and a line that makes no sense
 * changes nothing. Only the newest number and text are kept: how often they are
 * passed on is decided elsewhere.
 */

#include "apm2-step-progress.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-step-event.h"

#define UNITS_PER_PERCENT (APM2_STEP_PROGRESS_UNITS / 100)

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Reads "42", "42.5" or "42%" at @text. Returns its length; 0 if the first word
 * is no number, so that it is a text; -1 if it is one out of range. */
static int
read_percent (const char *text, int *ret_value)
{
  const char *p = text;
  int value = 0;
  int unit = UNITS_PER_PERCENT;

  for (; is_digit (*p); p++)
    value = value > 100 ? value : value * 10 + (*p - '0');
  if (p == text)
    return 0;
  value
      = value > 100 ? APM2_STEP_PROGRESS_UNITS + 1 : value * UNITS_PER_PERCENT;
  if (*p == '.' && is_digit (p[1]))
    {
      for (p++; is_digit (*p); p++)
        {
          unit /= 10;
          value += (*p - '0') * unit;
        }
    }
  if (*p == '%')
    p++;
  if (*p != '\0' && *p != ' ')
    return 0;
  *ret_value = value;
  return value > APM2_STEP_PROGRESS_UNITS ? -1 : (int) (p - text);
}

static void
take_line (Apm2StepProgress *self)
{
  const char *text = self->line;
  int value = 0;
  int n = 0;

  self->line[self->length] = '\0';
  text += strspn (text, " ");
  n = read_percent (text, &value);
  if (n < 0)
    return;
  if (n > 0)
    {
      self->value_changed |= value != self->value;
      self->value = value;
      text += n;
      text += strspn (text, " ");
    }
  if (*text == '\0' || strcmp (text, self->text) == 0)
    return;
  memcpy (self->text, text, strlen (text) + 1);
  self->text_changed = true;
}

static void
take_character (Apm2StepProgress *self, char c)
{
  if (c == '\n')
    {
      if (!self->overlong)
        take_line (self);
      self->length = 0;
      self->overlong = false;
      return;
    }
  if (c == '\t')
    c = ' ';
  if ((unsigned char) c < 0x20 || c == 0x7f)
    return;
  if (self->length == APM2_STEP_PROGRESS_LINE_MAX)
    self->overlong = true;
  else
    self->line[self->length++] = c;
}

/**
 * apm2_step_progress_feed:
 * @self: the progress of a step
 * @data: (array length=length): bytes that it wrote
 * @length: how many
 */
void
apm2_step_progress_feed (Apm2StepProgress *self,
                         const char *data,
                         size_t length)
{
  for (size_t i = 0; i < length; i++)
    take_character (self, data[i]);
}

/**
 * apm2_step_progress_open:
 * @path: where the FIFO shall be; empty: nowhere
 *
 * Makes the FIFO anew, since an earlier step may have put anything there. It is
 * opened for writing too, so that it never ends when a writer closes it.
 *
 * Returns: a descriptor; -1 if there is none, which costs only the progress
 */
int
apm2_step_progress_open (const char *path)
{
  struct stat st = { 0 };
  int fd = -1;

  if (path[0] == '\0')
    return -1;
  (void) unlink (path);
  if (mkfifo (path, 0600) < 0)
    return -1;
  fd = open (path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0 && (fstat (fd, &st) < 0 || !S_ISFIFO (st.st_mode)))
    {
      (void) close (fd);
      return -1;
    }
  return fd;
}
