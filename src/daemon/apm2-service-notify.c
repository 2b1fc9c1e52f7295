/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker tells the service manager: that it starts, is ready, stops,
 * one line of status, and that it is alive.
 *
 * The watchdog is fed from the main loop at half of its time, and only if the
 * store has answered since the last time: a wedged loop or a storage thread
 * that hangs ends in a restart. An answer that comes late feeds it at once.
 */

#include "apm2-service-notify.h"

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-notify.h"
#include "apm2-timer.h"

/* An old or big store may take its time to open; up to ten minutes of it. */
#define START_TURN_SEC  10
#define START_GRACE_SEC 30
#define START_TURNS_MAX 60
/* While the store refuses to work. */
#define RETRY_SEC 5
/* The manager passes a status on to all who listen, us among them; that would
 * be in the way of the job which has just come. */
#define STATUS_MSEC 250

struct _Apm2ServiceNotify
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2JobTable *table;
  Apm2Health *health;
  guint status;   /* timer: until it is told */
  guint starting; /* timer */
  guint start_turns;
  guint timer;
  guint retry; /* timer, while the store refuses */
  gboolean stopping;
  gboolean store_answered; /* since the watchdog was fed */
  gboolean store_refused;  /* the last time that it answered */
  gboolean ping_in_flight;
  gboolean overdue; /* the watchdog was to be fed, and was not */
};

G_DEFINE_FINAL_TYPE (Apm2ServiceNotify, apm2_service_notify, G_TYPE_OBJECT)

static void
apm2_service_notify_finalize (GObject *object)
{
  Apm2ServiceNotify *self = APM2_SERVICE_NOTIFY (object);

  g_clear_handle_id (&self->starting, g_source_remove);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->status, g_source_remove);
  g_object_unref (self->health);
  g_object_unref (self->table);
  g_object_unref (self->store);
  G_OBJECT_CLASS (apm2_service_notify_parent_class)->finalize (object);
}

static void
apm2_service_notify_class_init (Apm2ServiceNotifyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_service_notify_finalize;
}

static void
tell_status (Apm2ServiceNotify *self)
{
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (self->table);
  g_autofree char *text
      = g_strdup_printf ("%s%" G_GUINT64_FORMAT " pending, %" G_GUINT64_FORMAT
                         " running; %" G_GUINT64_FORMAT
                         " passed, %" G_GUINT64_FORMAT " failed; %s",
                         self->stopping ? "stopping; " : "",
                         counts->pending,
                         counts->leased,
                         counts->passed,
                         counts->failed,
                         apm2_health_get_overall (self->health));

  g_clear_handle_id (&self->status, g_source_remove);
  apm2_notify_status (text);
}

static gboolean
on_status_due (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;

  self->status = 0;
  tell_status (self);
  return G_SOURCE_REMOVE;
}

static void
apm2_service_notify_init (Apm2ServiceNotify *self)
{
}

static void
on_changed (Apm2ServiceNotify *self)
{
  /* Nobody to tell: do not even count. */
  if (self->starting == 0 && self->status == 0 && apm2_notify_is_heard ())
    self->status = g_timeout_add (STATUS_MSEC, on_status_due, self);
}

static void
on_job_changed (Apm2ServiceNotify *self, Apm2Job *job, guint change)
{
  if ((change & APM2_JOB_CHANGE_STATE) != 0)
    on_changed (self);
}

/**
 * apm2_service_notify_new:
 * @store: must answer for the watchdog to be fed
 * @table: for the status line
 * @health: for the status line; told when the store fails
 *
 * Returns: (transfer full): a notifier that has said nothing yet
 */
Apm2ServiceNotify *
apm2_service_notify_new (Apm2Store *store,
                         Apm2JobTable *table,
                         Apm2Health *health)
{
  Apm2ServiceNotify *self = g_object_new (APM2_TYPE_SERVICE_NOTIFY, NULL);

  self->store = g_object_ref (store);
  self->table = g_object_ref (table);
  self->health = g_object_ref (health);
  g_signal_connect_object (
      table, "added", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "changed", G_CALLBACK (on_job_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      health, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  return self;
}

static gboolean
on_start_turn (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;

  if (++self->start_turns > START_TURNS_MAX)
    {
      self->starting = 0;
      return G_SOURCE_REMOVE;
    }
  apm2_notify_extend (START_GRACE_SEC);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_service_notify_starting:
 * @self: a notifier
 *
 * The store is being opened.
 */
void
apm2_service_notify_starting (Apm2ServiceNotify *self)
{
  if (!apm2_notify_is_heard ())
    return;
  apm2_notify_status ("opening the store");
  self->starting = g_timeout_add_seconds (START_TURN_SEC, on_start_turn, self);
}

static void
feed (Apm2ServiceNotify *self)
{
  self->store_answered = FALSE;
  self->overdue = FALSE;
  apm2_notify_alive ();
}

static void
tell_store (Apm2ServiceNotify *self, gboolean works, const GError *error)
{
  if (self->store_refused == !works)
    return;
  self->store_refused = !works;
  if (!works)
    apm2_log (
        G_LOG_LEVEL_WARNING,
        APM2_LOG_WITH (.message_id = APM2_MSG_STORE_FAILED, .error = error),
        "The store refuses to work: %s",
        error->message);
  else
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.message_id = APM2_MSG_STORE_RECOVERED),
              "The store works again");
  apm2_health_set_store_failed (self->health, self->store_refused);
}

static gboolean on_retry (gpointer user_data);

static void
on_pong (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2ServiceNotify) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean works = apm2_store_ping_finish (APM2_STORE (source), result, &error);

  self->ping_in_flight = FALSE;
  /* A store that refuses has answered: it is failed, not stuck. */
  self->store_answered = TRUE;
  if (self->overdue)
    feed (self);
  if (self->stopping)
    return;
  tell_store (self, works, error);
  if (!works && self->retry == 0)
    self->retry = g_timeout_add_seconds (RETRY_SEC, on_retry, self);
}

static void
ask_store (Apm2ServiceNotify *self)
{
  if (self->ping_in_flight)
    return;
  self->ping_in_flight = TRUE;
  apm2_store_ping (self->store, on_pong, g_object_ref (self));
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;

  self->retry = 0;
  ask_store (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_service_notify_doubt:
 * @self: a notifier
 *
 * The store has refused something; asks it whether that lasts.
 */
void
apm2_service_notify_doubt (Apm2ServiceNotify *self)
{
  ask_store (self);
}

static gboolean
on_watchdog (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;

  if (self->store_answered)
    feed (self);
  else
    {
      if (!self->overdue)
        apm2_log (G_LOG_LEVEL_WARNING,
                  APM2_LOG_WITH (.message_id = APM2_MSG_WATCHDOG_WITHHELD),
                  "The watchdog is not fed: the store has not answered since "
                  "it was last");
      self->overdue = TRUE;
    }
  ask_store (self);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_service_notify_ready:
 * @self: a notifier
 *
 * Everything is exported, bound and owned. Feeds the watchdog from now on if
 * the service manager asked for it.
 */
void
apm2_service_notify_ready (Apm2ServiceNotify *self)
{
  guint64 usec = apm2_notify_get_watchdog_usec ();

  g_clear_handle_id (&self->starting, g_source_remove);
  if (self->stopping)
    return;
  apm2_notify_ready ();
  tell_status (self);
  if (usec == 0)
    return;
  self->timer = apm2_timer_add (
      (guint) CLAMP (usec / 2000, 1, G_MAXINT32), on_watchdog, self);
  ask_store (self);
}

/**
 * apm2_service_notify_stopping:
 * @self: a notifier
 *
 * The broker was told to stop; it may still be starting.
 */
void
apm2_service_notify_stopping (Apm2ServiceNotify *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  apm2_notify_stopping ();
  tell_status (self);
}
