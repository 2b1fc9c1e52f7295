/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How long a job that is tried again waits for that.
 */

#include "apm2-backoff.h"

#include "apm2-job-spec.h"

/**
 * apm2_backoff_get_delay_sec:
 * @self: a back-off
 * @attempt: number of the attempt that has ended, from 1
 *
 * Returns: seconds to wait after it; 0: none, at most @self's bound
 */
guint64
apm2_backoff_get_delay_sec (const Apm2Backoff *self, guint attempt)
{
  const guint doublings = MAX (attempt, 1) - 1;

  if (self->first_sec == 0)
    return 0;
  /* Compared this way round, nothing can overflow. */
  if (doublings >= 64 || self->first_sec > self->max_sec >> doublings)
    return self->max_sec;
  return self->first_sec << doublings;
}

/**
 * apm2_backoff_get_end_unix:
 * @self: a back-off
 * @attempt: number of the attempt that has ended, from 1
 * @ended_at: when, usec UTC, not negative
 *
 * Returns: the first full second at which the wait after it is over, at most
 *   %APM2_NOT_BEFORE_UNIX_MAX; 0: there is no wait
 */
gint64
apm2_backoff_get_end_unix (const Apm2Backoff *self,
                           guint attempt,
                           gint64 ended_at)
{
  const guint64 delay = apm2_backoff_get_delay_sec (self, attempt);
  gint64 end = ended_at / G_USEC_PER_SEC;

  if (delay == 0)
    return 0;
  if (ended_at % G_USEC_PER_SEC != 0)
    end++;
  if (end >= APM2_NOT_BEFORE_UNIX_MAX
      || delay > (guint64) (APM2_NOT_BEFORE_UNIX_MAX - end))
    return APM2_NOT_BEFORE_UNIX_MAX;
  return end + (gint64) delay;
}
