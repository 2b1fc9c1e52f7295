/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker tells the service manager: that it is ready, that it stops,
 * one line of status, and that it is alive.
 *
 * The watchdog is fed from the main loop, and only if the store has answered
 * since the last time: a wedged loop or a storage thread that hangs ends in a
 * restart.
 */

#include "apm2-service-notify.h"

#include <systemd/sd-daemon.h>

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-rate.h"

struct _Apm2ServiceNotify
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2JobTable *table;
  Apm2Health *health;
  Apm2Rate *status;
  guint timer;
  gboolean store_answered;
  gboolean ping_in_flight;
};

G_DEFINE_FINAL_TYPE (Apm2ServiceNotify, apm2_service_notify, G_TYPE_OBJECT)

static void
apm2_service_notify_finalize (GObject *object)
{
  Apm2ServiceNotify *self = APM2_SERVICE_NOTIFY (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->status, apm2_rate_free);
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
tell_status (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (self->table);

  (void) sd_notifyf (0,
                     "STATUS=%" G_GUINT64_FORMAT " pending, %" G_GUINT64_FORMAT
                     " running; %" G_GUINT64_FORMAT
                     " passed, %" G_GUINT64_FORMAT " failed; %s",
                     counts->pending,
                     counts->leased,
                     counts->passed,
                     counts->failed,
                     apm2_health_get_overall (self->health));
}

static void
apm2_service_notify_init (Apm2ServiceNotify *self)
{
  self->status = apm2_rate_new (tell_status, self, NULL);
}

static void
on_changed (Apm2ServiceNotify *self)
{
  /* Nobody to tell: do not even count. */
  if (g_getenv ("NOTIFY_SOCKET") != NULL)
    apm2_rate_touch (self->status);
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

static void
on_pong (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2ServiceNotify) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = apm2_store_ping_finish (APM2_STORE (source), result, &error);

  self->ping_in_flight = FALSE;
  /* A store that refuses has answered: it is failed, not stuck. */
  self->store_answered = TRUE;
  if (!ok)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "The store refuses to work: %s",
              error->message);
  apm2_health_set_store_failed (self->health, !ok);
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
on_watchdog (gpointer user_data)
{
  Apm2ServiceNotify *self = user_data;

  if (self->store_answered)
    (void) sd_notify (0, "WATCHDOG=1");
  self->store_answered = FALSE;
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
  guint64 usec = 0;

  (void) sd_notify (0, "READY=1");
  tell_status (self);
  if (sd_watchdog_enabled (0, &usec) <= 0)
    return;
  self->store_answered = TRUE;
  self->timer = g_timeout_add ((guint) MAX (usec / 2000, 1), on_watchdog, self);
}

/**
 * apm2_service_notify_stopping:
 * @self: a notifier
 */
void
apm2_service_notify_stopping (Apm2ServiceNotify *self)
{
  (void) sd_notify (0, "STOPPING=1");
}
