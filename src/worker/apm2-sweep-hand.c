/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The hand that a worker lends to the broker's housekeeping.
 *
 * One call of Sweep waits at the broker for as long as the connection lasts.
 * Its reply names what is to go; that is done in a thread, since a mirror has
 * thousands of files, and the next call says what became of it.
 */

#include "apm2-sweep-hand.h"

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-sweep.h"

struct _Apm2SweepHand
{
  GObject parent_instance;

  const Apm2Paths *paths;      /* borrowed: outlives the worker */
  GDBusConnection *connection; /* (nullable) on which a call waits */
};

G_DEFINE_FINAL_TYPE (Apm2SweepHand, apm2_sweep_hand, G_TYPE_OBJECT)

static void ask (Apm2SweepHand *self, GVariant *results);

static void
apm2_sweep_hand_finalize (GObject *object)
{
  Apm2SweepHand *self = APM2_SWEEP_HAND (object);

  g_clear_object (&self->connection);
  G_OBJECT_CLASS (apm2_sweep_hand_parent_class)->finalize (object);
}

static void
apm2_sweep_hand_class_init (Apm2SweepHandClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_sweep_hand_finalize;
}

static void
apm2_sweep_hand_init (Apm2SweepHand *self)
{
}

/**
 * apm2_sweep_hand_new:
 * @paths: (transfer none): must outlive the hand
 *
 * Returns: (transfer full): a hand that nobody has yet
 */
Apm2SweepHand *
apm2_sweep_hand_new (const Apm2Paths *paths)
{
  Apm2SweepHand *self = g_object_new (APM2_TYPE_SWEEP_HAND, NULL);

  self->paths = paths;
  return self;
}

static gboolean
remove_one (const Apm2Paths *paths,
            const char *kind_name,
            const char *name,
            gint64 stamp,
            GError **error)
{
  Apm2SweepKind kind = APM2_SWEEP_LOG;

  if (apm2_sweep_kind_from_string (kind_name, &kind)
      && apm2_sweep_is_of_worker (kind))
    return apm2_sweep_remove (paths, kind, name, stamp, error);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "A worker removes no %.32s",
               kind_name);
  return FALSE;
}

typedef struct
{
  const Apm2Paths *paths; /* borrowed */
  GVariant *orders;       /* a(ssx) */
} Sweep;

static void
sweep_free (gpointer data)
{
  Sweep *sweep = data;

  g_variant_unref (sweep->orders);
  g_free (sweep);
}

static void
sweep_in_thread (GTask *task,
                 gpointer source,
                 gpointer data,
                 GCancellable *cancellable)
{
  const Sweep *sweep = data;
  GVariantBuilder results;
  GVariantIter iter;
  const char *kind = NULL;
  const char *name = NULL;
  gint64 stamp = 0;

  g_variant_builder_init (&results, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_iter_init (&iter, sweep->orders);
  while (g_variant_iter_next (&iter, "(&s&sx)", &kind, &name, &stamp))
    {
      g_autoptr (GError) error = NULL;

      g_variant_builder_add (
          &results,
          "s",
          remove_one (sweep->paths, kind, name, stamp, &error)
              ? ""
              : error->message);
    }
  g_task_return_pointer (task,
                         g_variant_ref_sink (g_variant_builder_end (&results)),
                         (GDestroyNotify) g_variant_unref);
}

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2SweepHand *self = APM2_SWEEP_HAND (source);
  g_autoptr (GDBusConnection) connection = user_data;
  g_autoptr (GVariant) results
      = g_task_propagate_pointer (G_TASK (result), NULL);

  if (self->connection == connection)
    ask (self, results);
}

static void
on_orders (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2SweepHand) self = user_data;
  GDBusConnection *connection = G_DBUS_CONNECTION (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (connection, result, &error);
  g_autoptr (GTask) task = NULL;
  Sweep *sweep = NULL;

  if (self->connection != connection)
    return;
  if (reply == NULL)
    {
      apm2_log (G_LOG_LEVEL_DEBUG,
                NULL,
                "The broker wants no hand for its housekeeping: %s",
                error->message);
      g_clear_object (&self->connection);
      return;
    }
  task = g_task_new (self, NULL, on_swept, g_object_ref (connection));
  sweep = g_new0 (Sweep, 1);
  sweep->paths = self->paths;
  sweep->orders = g_variant_get_child_value (reply, 0);
  g_task_set_task_data (task, sweep, sweep_free);
  g_task_run_in_thread (task, sweep_in_thread);
}

static void
ask (Apm2SweepHand *self, GVariant *results)
{
  GVariant *options = g_variant_new ("a{sv}", NULL);

  g_dbus_connection_call (self->connection,
                          NULL,
                          APM2_OBJECT_BROKER,
                          APM2_IFACE_BROKER,
                          "Sweep",
                          g_variant_new ("(@as@a{sv})", results, options),
                          G_VARIANT_TYPE ("(a(ssx))"),
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          on_orders,
                          g_object_ref (self));
}

/**
 * apm2_sweep_hand_connect:
 * @self: a hand
 * @connection: (nullable): on which the worker has registered
 *
 * Lends it to the broker there, and to no other any more.
 */
void
apm2_sweep_hand_connect (Apm2SweepHand *self, GDBusConnection *connection)
{
  g_return_if_fail (APM2_IS_SWEEP_HAND (self));

  if (connection == NULL || self->connection == connection)
    return;
  g_set_object (&self->connection, connection);
  ask (self, g_variant_new_strv (NULL, 0));
}
