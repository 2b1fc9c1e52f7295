/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who removes what housekeeping has given up.
 *
 * The broker itself, in a thread, wherever it may. In system mode logs,
 * workspaces and mirrors are the worker's: then one batch at a time goes to a
 * worker. One that goes away with a batch has done some of it or nothing; what
 * is left is found again.
 */

#include "apm2-sweeper.h"

#include "apm2-error.h"

/* One parked call for each worker, and some that have gone without a word. */
#define HANDS_MAX 64

struct _Apm2Sweeper
{
  GObject parent_instance;

  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  GQueue hands;           /* (element-type GDBusMethodInvocation) parked */
  GTask *batch;           /* (nullable) what a worker is at */
  GDBusConnection *busy;  /* (nullable) that worker */
};

G_DEFINE_FINAL_TYPE (Apm2Sweeper, apm2_sweeper, G_TYPE_OBJECT)

static void
apm2_sweeper_finalize (GObject *object)
{
  Apm2Sweeper *self = APM2_SWEEPER (object);

  g_queue_clear_full (&self->hands, g_object_unref);
  g_clear_object (&self->busy);
  g_clear_object (&self->batch);
  G_OBJECT_CLASS (apm2_sweeper_parent_class)->finalize (object);
}

static void
apm2_sweeper_class_init (Apm2SweeperClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_sweeper_finalize;
}

static void
apm2_sweeper_init (Apm2Sweeper *self)
{
  g_queue_init (&self->hands);
}

/**
 * apm2_sweeper_new:
 * @paths: (transfer none): must outlive the object
 *
 * Returns: (transfer full): what removes remnants
 */
Apm2Sweeper *
apm2_sweeper_new (const Apm2Paths *paths)
{
  Apm2Sweeper *self = g_object_new (APM2_TYPE_SWEEPER, NULL);

  self->paths = paths;
  return self;
}

static gboolean
needs_worker (Apm2Sweeper *self, Apm2SweepKind kind)
{
  return self->paths->mode == APM2_MODE_SYSTEM
         && apm2_sweep_is_of_worker (kind);
}

/**
 * apm2_sweeper_can:
 * @self: a sweeper
 * @kind: a kind of remnants
 *
 * Returns: whether there is somebody who may remove them
 */
gboolean
apm2_sweeper_can (Apm2Sweeper *self, Apm2SweepKind kind)
{
  return !needs_worker (self, kind) || self->hands.length > 0;
}

/* --- by ourselves --- */

typedef struct
{
  Apm2Paths *paths;
  GPtrArray *remnants; /* (element-type Apm2Remnant) */
} Batch;

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  apm2_paths_free (batch->paths);
  g_ptr_array_unref (batch->remnants);
  g_free (batch);
}

static void
remove_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  const Batch *batch = data;
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < batch->remnants->len; i++)
    {
      const Apm2Remnant *remnant = g_ptr_array_index (batch->remnants, i);
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (words,
                       apm2_sweep_remove (batch->paths,
                                          remnant->kind,
                                          remnant->name,
                                          remnant->stamp,
                                          &error)
                           ? g_strdup ("")
                           : g_strdup (error->message));
    }
  g_task_return_pointer (task, words, (GDestroyNotify) g_ptr_array_unref);
}

/* --- by a worker --- */

static GVariant *
orders_to_variant (GPtrArray *remnants)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssx)"));
  for (guint i = 0; i < remnants->len; i++)
    {
      const Apm2Remnant *remnant = g_ptr_array_index (remnants, i);

      g_variant_builder_add (&builder,
                             "(ssx)",
                             apm2_sweep_kind_to_string (remnant->kind),
                             remnant->name,
                             remnant->stamp);
    }
  return g_variant_builder_end (&builder);
}

static void
give_to_worker (Apm2Sweeper *self, GTask *task)
{
  const Batch *batch = g_task_get_task_data (task);
  GDBusMethodInvocation *hand = g_queue_pop_head (&self->hands);

  if (hand == NULL || self->batch != NULL)
    {
      if (hand != NULL)
        g_queue_push_head (&self->hands, hand);
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               "no worker is there to remove what is its own");
      return;
    }
  self->batch = g_object_ref (task);
  self->busy = g_object_ref (g_dbus_method_invocation_get_connection (hand));
  g_dbus_method_invocation_return_value (
      hand, g_variant_new ("(@a(ssx))", orders_to_variant (batch->remnants)));
}

static GPtrArray *
words_from_variant (GVariant *results, guint n)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *word = NULL;

  g_variant_iter_init (&iter, results);
  while (words->len < n && g_variant_iter_next (&iter, "&s", &word))
    g_ptr_array_add (words, g_strdup (word));
  while (words->len < n)
    g_ptr_array_add (words, g_strdup ("the worker did not say"));
  return words;
}

static void
take_results (Apm2Sweeper *self, GVariant *results)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->batch);
  const Batch *batch = g_task_get_task_data (task);

  g_clear_object (&self->busy);
  g_task_return_pointer (task,
                         words_from_variant (results, batch->remnants->len),
                         (GDestroyNotify) g_ptr_array_unref);
}

/**
 * apm2_sweeper_lend_hand:
 * @self: a sweeper
 * @invocation: (transfer full) on success: a call of Sweep
 * @results: "as": one for each order of the last reply on this connection
 * @error: LIMIT_EXCEEDED if this worker has one parked already
 *
 * Returns: %TRUE if the call is parked
 */
gboolean
apm2_sweeper_lend_hand (Apm2Sweeper *self,
                        GDBusMethodInvocation *invocation,
                        GVariant *results,
                        GError **error)
{
  GDBusConnection *connection
      = g_dbus_method_invocation_get_connection (invocation);

  for (const GList *l = self->hands.head; l != NULL; l = l->next)
    if (g_dbus_method_invocation_get_connection (l->data) == connection
        || self->hands.length >= HANDS_MAX)
      {
        g_set_error_literal (error,
                             APM2_ERROR,
                             APM2_ERROR_LIMIT_EXCEEDED,
                             "A call of Sweep is parked already");
        return FALSE;
      }
  g_queue_push_tail (&self->hands, invocation);
  if (self->busy == connection)
    take_results (self, results);
  return TRUE;
}

/**
 * apm2_sweeper_disconnect:
 * @self: a sweeper
 * @connection: one that has ended
 */
void
apm2_sweeper_disconnect (Apm2Sweeper *self, GDBusConnection *connection)
{
  for (GList *l = self->hands.head; l != NULL; l = l->next)
    if (g_dbus_method_invocation_get_connection (l->data) == connection)
      {
        g_object_unref (l->data);
        g_queue_delete_link (&self->hands, l);
        break;
      }
  if (self->busy == connection)
    {
      g_autoptr (GTask) task = g_steal_pointer (&self->batch);

      g_clear_object (&self->busy);
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               "the worker went away while it removed");
    }
}

/**
 * apm2_sweeper_remove_async:
 * @self: a sweeper
 * @remnants: (element-type Apm2Remnant): all of one kind; must not be changed
 *   any more; one batch at a time
 * @callback: called when it is done
 * @user_data: for @callback
 */
void
apm2_sweeper_remove_async (Apm2Sweeper *self,
                           GPtrArray *remnants,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  const Apm2Remnant *first = NULL;
  Batch *batch = g_new0 (Batch, 1);

  g_return_if_fail (remnants->len > 0);

  first = g_ptr_array_index (remnants, 0);
  batch->paths = apm2_paths_copy (self->paths);
  batch->remnants = g_ptr_array_ref (remnants);
  g_task_set_source_tag (task, apm2_sweeper_remove_async);
  g_task_set_task_data (task, batch, batch_free);
  if (needs_worker (self, first->kind))
    give_to_worker (self, task);
  else
    g_task_run_in_thread (task, remove_in_thread);
}

/**
 * apm2_sweeper_remove_finish:
 * @self: a sweeper
 * @result: what the callback got
 * @error: UNAVAILABLE if there was no worker to do it, or it went away
 *
 * Returns: (transfer full) (element-type utf8): for each of them "" if it is
 *   gone, else why not
 */
GPtrArray *
apm2_sweeper_remove_finish (Apm2Sweeper *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
