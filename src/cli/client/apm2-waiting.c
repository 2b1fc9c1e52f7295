/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Why a job that somebody waits for does not start.
 *
 * Asked once, when it has been pending for some seconds: a queue that moves is
 * not worth a word, one that stands still is.
 */

#include "apm2-waiting.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-names.h"

#define PATIENCE_SEC 3

struct _Apm2Waiting
{
  const Apm2Options *options; /* borrowed: outlives the verb */
  Apm2Monitor *monitor;       /* borrowed: outlives us */
  Apm2WaitingFunc func;
  gpointer user_data;
  GCancellable *cancellable; /* (owned) */
  char *lane;                /* (owned) (nullable) of the job */
  GVariant *queue;           /* (owned) (nullable) what was read first */
  gboolean pending;
  guint timer;
};

/**
 * apm2_waiting_new:
 * @options: say which broker is asked; must outlive us
 * @monitor: lends the broker; must outlive us
 * @func: gets the reason, in words
 * @user_data: for @func
 *
 * Returns: (transfer full): one that waits for apm2_waiting_update()
 */
Apm2Waiting *
apm2_waiting_new (const Apm2Options *options,
                  Apm2Monitor *monitor,
                  Apm2WaitingFunc func,
                  gpointer user_data)
{
  Apm2Waiting *self = g_new0 (Apm2Waiting, 1);

  self->options = options;
  self->monitor = monitor;
  self->func = func;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  return self;
}

/**
 * apm2_waiting_free:
 * @self: one that waits
 *
 * Nothing is called any more.
 */
void
apm2_waiting_free (Apm2Waiting *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->queue, g_variant_unref);
  g_free (self->lane);
  g_free (self);
}

static gboolean
holds (GVariant *dict, const char *key, const char *word)
{
  g_autofree const char **words = NULL;

  return g_variant_lookup (dict, key, "^a&s", &words)
         && g_strv_contains (words, word);
}

/**
 * apm2_waiting_explain:
 * @queue: properties of the queue, a{sv}
 * @services: properties of the root object, a{sv}
 * @lane: lane of the job
 * @options: say which broker was asked
 *
 * Returns: (transfer full) (nullable): why no job of @lane starts and what to
 *   type; %NULL if they do, sooner or later
 */
char *
apm2_waiting_explain (GVariant *queue,
                      GVariant *services,
                      const char *lane,
                      const Apm2Options *options)
{
  const char *program = apm2_options_get_program (options);
  const gboolean system
      = options->mode == APM2_MODE_SYSTEM
        || (options->mode == APM2_MODE_AUTO && geteuid () == 0);
  gboolean paused = FALSE;

  (void) g_variant_lookup (queue, "Paused", "b", &paused);
  if (paused)
    return g_strdup_printf (
        _ ("the queue is paused; resume it with: %s fac queue resume"),
        program);
  if (holds (queue, "PausedLanes", lane))
    return g_strdup_printf (
        _ ("lane %s is paused; resume it with: %s fac queue resume %s"),
        lane,
        program,
        lane);
  if (holds (services, "OverallReasons", "no_worker"))
    return g_strdup_printf (
        _ ("there is no worker; start one with: systemctl%s "
           "start apm2-worker, or: %s fac worker"),
        system ? "" : " --user",
        program);
  return NULL;
}

static void
on_services_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) services
      = apm2_client_read_properties_finish (result, NULL);
  Apm2Waiting *self = user_data;
  g_autofree char *why = NULL;

  if (services == NULL)
    return; /* self may be gone; or there is no answer, then no word */
  if (self->pending)
    why = apm2_waiting_explain (
        self->queue, services, self->lane, self->options);
  if (why != NULL)
    self->func (why, self->user_data);
}

static void
on_queue_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) queue
      = apm2_client_read_properties_finish (result, NULL);
  Apm2Waiting *self = user_data;
  Apm2Client *client = NULL;

  if (queue == NULL)
    return;
  client = apm2_monitor_get_client (self->monitor);
  if (client == NULL)
    return;
  g_clear_pointer (&self->queue, g_variant_unref);
  self->queue = g_steal_pointer (&queue);
  apm2_client_read_properties_async (client,
                                     APM2_OBJECT_ROOT,
                                     APM2_IFACE_SERVICES,
                                     self->cancellable,
                                     on_services_read,
                                     self);
}

static gboolean
on_timer (gpointer user_data)
{
  Apm2Waiting *self = user_data;
  Apm2Client *client = apm2_monitor_get_client (self->monitor);

  self->timer = 0;
  if (client != NULL)
    apm2_client_read_properties_async (client,
                                       APM2_OBJECT_QUEUE,
                                       APM2_IFACE_QUEUE,
                                       self->cancellable,
                                       on_queue_read,
                                       self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_waiting_update:
 * @self: one that waits
 * @job: what is known of the job now
 *
 * Looks whether the job began or ceased to be pending.
 */
void
apm2_waiting_update (Apm2Waiting *self, const Apm2JobView *job)
{
  const gboolean pending = g_str_equal (job->state, "pending");

  if (pending == self->pending)
    return;
  self->pending = pending;
  g_clear_handle_id (&self->timer, g_source_remove);
  if (!pending)
    return;
  g_free (self->lane);
  self->lane = g_strdup (job->lane);
  self->timer = g_timeout_add_seconds (PATIENCE_SEC, on_timer, self);
}
