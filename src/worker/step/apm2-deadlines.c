/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The deadlines of a supervisor on one timer.
 *
 * By CLOCK_BOOTTIME: it cannot be set, and the time that the machine was asleep
 * counts.
 */

#include "apm2-deadlines.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_SEC 1000000

/**
 * apm2_deadlines_now:
 *
 * Returns: microseconds since the machine booted
 */
int64_t
apm2_deadlines_now (void)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_BOOTTIME, &now);
  return (int64_t) now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

/**
 * apm2_deadlines_open:
 * @self: (out caller-allocates): none of them set
 *
 * Returns: 0, or a negative errno
 */
int
apm2_deadlines_open (Apm2Deadlines *self)
{
  *self = (Apm2Deadlines){ .fd = -1 };
  self->fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  return self->fd < 0 ? -errno : 0;
}

/**
 * apm2_deadlines_set_in:
 * @self: the deadlines
 * @index: one of them
 * @usec: from now; what lies beyond all time is never
 */
void
apm2_deadlines_set_in (Apm2Deadlines *self, int index, uint64_t usec)
{
  int64_t now = apm2_deadlines_now ();

  self->at[index]
      = usec > (uint64_t) (INT64_MAX - now) ? 0 : now + (int64_t) usec;
}

/**
 * apm2_deadlines_take:
 * @self: the deadlines
 * @index: one of them
 *
 * Returns: %true if it has come; it is unset then
 */
bool
apm2_deadlines_take (Apm2Deadlines *self, int index)
{
  if (self->at[index] == 0 || self->at[index] > apm2_deadlines_now ())
    return false;
  self->at[index] = 0;
  return true;
}

/**
 * apm2_deadlines_arm:
 * @self: the deadlines
 *
 * Makes the descriptor wait for the first of them; called before each poll.
 */
void
apm2_deadlines_arm (Apm2Deadlines *self)
{
  struct itimerspec spec = { 0 };
  uint64_t ticks = 0;
  int64_t first = 0;

  for (int i = 0; i < APM2_DEADLINES_MAX; i++)
    {
      if (self->at[i] != 0 && (first == 0 || self->at[i] < first))
        first = self->at[i];
    }
  (void) !read (self->fd, &ticks, sizeof ticks);
  if (first == self->armed && first > apm2_deadlines_now ())
    return;
  self->armed = first;
  spec.it_value.tv_sec = first / USEC_PER_SEC;
  spec.it_value.tv_nsec = first % USEC_PER_SEC * 1000;
  (void) timerfd_settime (self->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}
