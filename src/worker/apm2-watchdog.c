/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the service manager hears from the worker.
 *
 * The watchdog is fed from the main loop, at half of its time, and only if a
 * cycle has ended since it was fed last: a loop that turns and does nothing is
 * as dead as one that hangs. A cycle that ends late feeds it at once. Without a
 * service manager all of this is silent.
 */

#include "apm2-watchdog.h"

#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-notify.h"
#include "apm2-timer.h"

/* The manager passes a status on to all who listen, us among them; that would
 * be in the way of the job which has just come. */
#define STATUS_MSEC 250

struct _Apm2Watchdog
{
  GObject parent_instance;

  guint64 interval_usec; /* between two pings; 0: nobody watches */
  guint timer;
  gboolean cycle_ended; /* since the last ping */
  gboolean overdue;     /* it was to be fed, and was not */
  gboolean ready;
  gboolean stopping;
  char *status;
  guint status_timer; /* until it is told */
};

G_DEFINE_FINAL_TYPE (Apm2Watchdog, apm2_watchdog, G_TYPE_OBJECT)

static void
apm2_watchdog_finalize (GObject *object)
{
  Apm2Watchdog *self = APM2_WATCHDOG (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->status_timer, g_source_remove);
  g_free (self->status);
  G_OBJECT_CLASS (apm2_watchdog_parent_class)->finalize (object);
}

static void
apm2_watchdog_class_init (Apm2WatchdogClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_watchdog_finalize;
}

static void
apm2_watchdog_init (Apm2Watchdog *self)
{
}

static void
feed (Apm2Watchdog *self)
{
  self->cycle_ended = FALSE;
  self->overdue = FALSE;
  apm2_notify_alive ();
}

static gboolean
on_ping_due (gpointer user_data)
{
  Apm2Watchdog *self = user_data;

  if (self->cycle_ended)
    {
      feed (self);
      return G_SOURCE_CONTINUE;
    }
  if (!self->overdue)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.message_id = APM2_MSG_WATCHDOG_WITHHELD),
              "The watchdog is not fed: no cycle has ended since it was last");
  self->overdue = TRUE;
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_watchdog_new:
 *
 * Returns: (transfer full): the watchdog of this process; its first ping comes
 *   at half of WATCHDOG_USEC
 */
Apm2Watchdog *
apm2_watchdog_new (void)
{
  Apm2Watchdog *self = g_object_new (APM2_TYPE_WATCHDOG, NULL);
  guint64 usec = apm2_notify_get_watchdog_usec ();

  if (usec > 0)
    {
      guint64 msec = MAX (usec / 2 / 1000, 1);

      self->interval_usec = usec / 2;
      self->timer
          = apm2_timer_add ((guint) MIN (msec, G_MAXINT32), on_ping_due, self);
    }
  return self;
}

/**
 * apm2_watchdog_get_interval_usec:
 * @self: a watchdog
 *
 * Returns: within this time a cycle must end, again and again; 0: no need
 */
guint64
apm2_watchdog_get_interval_usec (Apm2Watchdog *self)
{
  g_return_val_if_fail (APM2_IS_WATCHDOG (self), 0);

  return self->interval_usec;
}

/**
 * apm2_watchdog_note_cycle:
 * @self: a watchdog
 *
 * A cycle of the worker has ended.
 */
void
apm2_watchdog_note_cycle (Apm2Watchdog *self)
{
  g_return_if_fail (APM2_IS_WATCHDOG (self));

  self->cycle_ended = TRUE;
  if (self->overdue)
    feed (self);
}

/**
 * apm2_watchdog_set_ready:
 * @self: a watchdog
 *
 * The service is up; saying it again does nothing.
 */
void
apm2_watchdog_set_ready (Apm2Watchdog *self)
{
  g_return_if_fail (APM2_IS_WATCHDOG (self));

  if (!self->ready)
    apm2_notify_ready ();
  self->ready = TRUE;
}

void
apm2_watchdog_set_stopping (Apm2Watchdog *self)
{
  g_return_if_fail (APM2_IS_WATCHDOG (self));

  self->stopping = TRUE;
  apm2_notify_stopping ();
}

static gboolean
on_status_due (gpointer user_data)
{
  Apm2Watchdog *self = user_data;

  self->status_timer = 0;
  apm2_notify_status (self->status);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_watchdog_set_status:
 * @self: a watchdog
 * @text: one line for people
 *
 * It is told if it is new, a moment later, and at once while the service stops.
 */
void
apm2_watchdog_set_status (Apm2Watchdog *self, const char *text)
{
  g_return_if_fail (APM2_IS_WATCHDOG (self));

  if (g_strcmp0 (self->status, text) == 0)
    return;
  g_free (self->status);
  self->status = g_strdup (text);
  if (self->stopping)
    {
      g_clear_handle_id (&self->status_timer, g_source_remove);
      apm2_notify_status (text);
    }
  else if (self->status_timer == 0)
    self->status_timer = g_timeout_add (STATUS_MSEC, on_status_due, self);
}
