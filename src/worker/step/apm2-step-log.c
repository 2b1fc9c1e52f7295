/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log of one step: what it wrote, up to a limit.
 *
 * The file never grows beyond its limit. A few bytes of that are kept back for
 * the line that says so at the end of a log that reached it; nothing that was
 * written is ever taken away again, since somebody may be reading along. A log
 * that cannot be written costs the step nothing but its log.
 */

#include "apm2-step-log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARKER_MAX 96

/**
 * apm2_step_log_open:
 * @self: (out caller-allocates): a log
 * @path: the file, made or emptied; empty: what is appended is dropped; whether
 *   the group may read it is for the umask to say
 * @max: bytes that the file may have; 0: no limit
 *
 * Returns: 0, or a negative errno
 */
int
apm2_step_log_open (Apm2StepLog *self, const char *path, uint64_t max)
{
  *self = (Apm2StepLog){ .fd = -1, .max = max };
  if (path[0] == '\0')
    return 0;
  self->fd = open (path,
                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW
                       | O_CLOEXEC | O_NOCTTY,
                   0640);
  return self->fd < 0 ? -errno : 0;
}

static ssize_t
write_some (const Apm2StepLog *self, const char *data, size_t length)
{
  return self->placed ? pwrite (
             self->fd, data, length, (off_t) (self->base + self->bytes))
                      : write (self->fd, data, length);
}

static void
write_all (Apm2StepLog *self, const char *data, size_t length)
{
  while (length > 0 && self->fd >= 0 && self->error_number == 0)
    {
      ssize_t n = write_some (self, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          self->error_number = errno;
          return;
        }
      self->bytes += (uint64_t) n;
      data += n;
      length -= (size_t) n;
    }
}

static void
write_marker (Apm2StepLog *self, bool at_line_start)
{
  char text[MARKER_MAX];
  uint64_t room = self->max - self->bytes;
  int n = snprintf (text,
                    sizeof text,
                    "%s[apm2: log limit of %" PRIu64
                    " bytes reached, step ended]\n",
                    at_line_start ? "" : "\n",
                    self->max);

  if ((uint64_t) n < room)
    room = (uint64_t) n;
  write_all (self, text, (size_t) room);
}

/**
 * apm2_step_log_append:
 * @self: a log
 * @data: (array length=length): output of the step
 * @length: bytes
 *
 * Returns: %false once the limit is reached
 */
bool
apm2_step_log_append (Apm2StepLog *self, const char *data, size_t length)
{
  uint64_t capacity = self->max > MARKER_MAX ? self->max - MARKER_MAX : 0;
  size_t fits = length;

  if (self->full)
    return false;
  if (self->max > 0 && length > capacity - self->bytes)
    {
      self->full = true;
      fits = (size_t) (capacity - self->bytes);
    }
  write_all (self, data, fits);
  if (self->full)
    write_marker (self, fits > 0 && data[fits - 1] == '\n');
  return !self->full;
}

/**
 * apm2_step_log_close:
 * @self: a log
 */
void
apm2_step_log_close (Apm2StepLog *self)
{
  if (self->fd >= 0)
    (void) close (self->fd);
  self->fd = -1;
}
