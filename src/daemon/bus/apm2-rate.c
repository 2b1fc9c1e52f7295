/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A limit on how often a change is told.
 *
 * Nothing is lost: whoever is told reads the state as it is then, and a change
 * that came within the interval is told at its end. The first is told in a
 * moment: changes come in groups, and what they are of, a job that starts,
 * needs the processor more than those who watch.
 */

#include "apm2-rate.h"

#define INTERVAL_USEC (G_USEC_PER_SEC / 4)
#define MOMENT_USEC   10000

struct _Apm2Rate
{
  Apm2RateFunc func;
  gpointer user_data;
  GDestroyNotify destroy; /* (nullable) */
  gint64 told_at;         /* monotonic; 0: never */
  guint timer;
};

/**
 * apm2_rate_new:
 * @func: tells the change
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Returns: (transfer full): a limit that has told nothing yet
 */
Apm2Rate *
apm2_rate_new (Apm2RateFunc func, gpointer user_data, GDestroyNotify destroy)
{
  Apm2Rate *self = g_new0 (Apm2Rate, 1);

  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  return self;
}

void
apm2_rate_free (Apm2Rate *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

static gboolean
on_timer (gpointer user_data)
{
  Apm2Rate *self = user_data;

  self->timer = 0;
  self->told_at = g_get_monotonic_time ();
  self->func (self->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_rate_touch:
 * @self: a limit
 *
 * Something changed: tells it in a moment if the last time is long enough ago,
 * else at the end of the interval.
 */
void
apm2_rate_touch (Apm2Rate *self)
{
  gint64 wait;

  if (self->timer != 0)
    return;

  wait = self->told_at == 0
             ? 0
             : self->told_at + INTERVAL_USEC - g_get_monotonic_time ();
  self->timer = g_timeout_add (
      (guint) (MAX (wait, MOMENT_USEC) / 1000) + 1, on_timer, self);
}
