/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The queue: every change of a job goes through here.
 *
 * The order of each operation is the same: check, ask the store, and once it
 * has committed bring the table up to date and answer. So the world is never
 * told what the disk does not know, and an answer means that it holds.
 */

#include "apm2-queue-private.h"

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-time.h"

G_DEFINE_FINAL_TYPE (Apm2Queue, apm2_queue, G_TYPE_OBJECT)

enum
{
  INCOMING,
  READY,
  CANCEL_REQUESTED,
  RELEASED,
  PAUSED,
  TROUBLE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void plan_wake (Apm2Queue *self, gint64 next_unix);

static void
apm2_queue_finalize (GObject *object)
{
  Apm2Queue *self = APM2_QUEUE (object);

  g_clear_handle_id (&self->wake_timer, g_source_remove);
  g_clear_handle_id (&self->end_timer, g_source_remove);
  g_hash_table_unref (self->paused);
  apm2_user_loads_free (self->coming);
  g_object_unref (self->config);
  g_object_unref (self->table);
  g_object_unref (self->store);
  G_OBJECT_CLASS (apm2_queue_parent_class)->finalize (object);
}

static void
apm2_queue_class_init (Apm2QueueClass *klass)
{
  static const struct
  {
    const char *name;
    guint n_params;
  } list[N_SIGNALS] = {
    [INCOMING] = { "incoming", 2 },
    [READY] = { "ready", 0 },
    [CANCEL_REQUESTED] = { "cancel-requested", 1 },
    [RELEASED] = { "released", 1 },
    [PAUSED] = { "paused", 0 },
    [TROUBLE] = { "trouble", 0 },
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_queue_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (list[i].name,
                               APM2_TYPE_QUEUE,
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               list[i].n_params,
                               G_TYPE_POINTER,
                               G_TYPE_POINTER);
}

static void
apm2_queue_init (Apm2Queue *self)
{
  self->paused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->coming = apm2_user_loads_new ();
}

/**
 * apm2_queue_new:
 * @store: where jobs live
 * @table: the jobs in memory
 * @config: limits and lanes
 *
 * Returns: (transfer full): a queue
 */
Apm2Queue *
apm2_queue_new (Apm2Store *store, Apm2JobTable *table, Apm2ActiveConfig *config)
{
  Apm2Queue *self = g_object_new (APM2_TYPE_QUEUE, NULL);

  self->store = g_object_ref (store);
  self->table = g_object_ref (table);
  self->config = g_object_ref (config);
  return self;
}

/**
 * apm2_queue_load:
 * @self: a queue
 * @snapshot: what the store knew when it opened
 *
 * Takes over what was paused and what waits for its time.
 */
void
apm2_queue_load (Apm2Queue *self, const Apm2StoreSnapshot *snapshot)
{
  for (guint i = 0;
       snapshot->paused_lanes != NULL && snapshot->paused_lanes[i] != NULL;
       i++)
    g_hash_table_add (self->paused, g_strdup (snapshot->paused_lanes[i]));
  plan_wake (self, snapshot->next_ready_unix);
}

/**
 * apm2_queue_note_error:
 * @self: a queue
 * @error: what the store has answered
 *
 * Tells whoever watches over the store if @error is not about one request only.
 */
void
apm2_queue_note_error (Apm2Queue *self, const GError *error)
{
  if (g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE))
    g_signal_emit (self, signals[TROUBLE], 0);
}

/* One that a worker has may have been called off with others. */
static void
apply_effect (Apm2Queue *self, Apm2StoredJob *stored)
{
  gboolean called_off = stored->state == APM2_JOB_STATE_LEASED
                        && stored->n_parts == 0 && stored->cancel_requested;
  Apm2Job *job = apm2_job_table_apply (self->table, stored);

  if (called_off)
    apm2_queue_emit_cancel_requested (self, job);
}

/* Brings the table up to date with the jobs that a change drew along. */
static void
apply_effects (Apm2Queue *self, GPtrArray *effects)
{
  gboolean ready = FALSE;

  for (guint i = 0; effects != NULL && i < effects->len; i++)
    {
      Apm2StoreEffect *effect = g_ptr_array_index (effects, i);

      ready = ready || effect->became_ready;
      apply_effect (self, g_steal_pointer (&effect->job));
    }
  if (ready)
    g_signal_emit (self, signals[READY], 0);
}

/* --- jobs that wait for their time --- */

static void
on_woken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Queue) self = user_data;
  g_autoptr (GError) error = NULL;
  guint woken = 0;
  gint64 next_unix = 0;

  if (!apm2_store_wake_delayed_finish (
          APM2_STORE (source), result, &woken, &next_unix, &error))
    {
      apm2_log (G_LOG_LEVEL_WARNING,
                NULL,
                "Cannot look for jobs whose time has come: %s",
                error->message);
      /* The jobs are still there: look again in a while. */
      next_unix = apm2_time_realtime_usec () / G_USEC_PER_SEC + 10;
    }
  plan_wake (self, next_unix);
  if (woken > 0)
    g_signal_emit (self, signals[READY], 0);
}

static gboolean
on_wake_timer (gpointer user_data)
{
  Apm2Queue *self = user_data;

  self->wake_timer = 0;
  apm2_queue_wake_delayed (self);
  return G_SOURCE_REMOVE;
}

static void
plan_wake (Apm2Queue *self, gint64 next_unix)
{
  gint64 wait;

  g_clear_handle_id (&self->wake_timer, g_source_remove);
  if (next_unix == 0)
    return;

  /* At most an hour at a time: the wall clock may be set meanwhile. */
  wait = next_unix - apm2_time_realtime_usec () / G_USEC_PER_SEC;
  wait = CLAMP (wait, 0, 3600);
  self->wake_timer
      = g_timeout_add ((guint) wait * 1000 + 10, on_wake_timer, self);
}

void
apm2_queue_wake_delayed (Apm2Queue *self)
{
  apm2_store_wake_delayed (self->store, on_woken, g_object_ref (self));
}

void
apm2_queue_emit_ready (Apm2Queue *self)
{
  g_signal_emit (self, signals[READY], 0);
}

void
apm2_queue_emit_incoming (Apm2Queue *self,
                          Apm2JobSpec *spec,
                          const char *digest)
{
  g_signal_emit (self, signals[INCOMING], 0, spec, digest);
}

void
apm2_queue_emit_cancel_requested (Apm2Queue *self, Apm2Job *job)
{
  g_signal_emit (self, signals[CANCEL_REQUESTED], 0, job);
}

void
apm2_queue_settle (Apm2Queue *self, Apm2StoredJob *stored, GPtrArray *effects)
{
  Apm2Job *known = apm2_job_table_find (self->table, stored->id);
  g_autoptr (Apm2Job) job = known != NULL ? apm2_job_ref (known) : NULL;
  gboolean was_leased = job != NULL && stored->n_parts == 0
                        && (job->state == APM2_JOB_STATE_LEASED
                            || job->state == APM2_JOB_STATE_RUNNING);
  gboolean released = was_leased && stored->state != APM2_JOB_STATE_LEASED;

  apm2_job_table_apply (self->table, stored);
  apply_effects (self, effects);
  if (!released)
    return;

  g_signal_emit (self, signals[RELEASED], 0, job);
  g_signal_emit (self, signals[READY], 0);
}

typedef struct
{
  char *lane;
  gboolean paused;
} PauseCall;

static void
pause_call_free (gpointer data)
{
  PauseCall *call = data;

  g_free (call->lane);
  g_free (call);
}

static void
on_pause_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  const PauseCall *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!apm2_store_set_paused_finish (APM2_STORE (source), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (call->paused)
    g_hash_table_add (self->paused, g_strdup (call->lane));
  else
    g_hash_table_remove (self->paused, call->lane);
  g_signal_emit (self, signals[PAUSED], 0);
  if (!call->paused)
    g_signal_emit (self, signals[READY], 0);
  g_task_return_boolean (task, TRUE);
}

/**
 * apm2_queue_set_paused_async:
 * @self: a queue
 * @lane: a lane, or "" for the whole queue
 * @paused: the new state
 * @callback: called when it is on the disk
 * @user_data: for @callback
 */
void
apm2_queue_set_paused_async (Apm2Queue *self,
                             const char *lane,
                             gboolean paused,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  PauseCall *call;

  g_task_set_source_tag (task, apm2_queue_set_paused_async);
  /* A lane that is gone from the configuration can still be resumed. */
  if (*lane != '\0' && (paused || !apm2_queue_is_paused (self, lane))
      && apm2_config_find_lane (apm2_active_config_get (self->config), lane)
             == NULL)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_NOT_FOUND,
                               "There is no lane \"%s\"",
                               lane);
      return;
    }

  call = g_new0 (PauseCall, 1);
  call->lane = g_strdup (lane);
  call->paused = paused;
  g_task_set_task_data (task, call, pause_call_free);
  apm2_store_set_paused (
      self->store, lane, paused, on_pause_stored, g_object_ref (task));
}

gboolean
apm2_queue_set_paused_finish (Apm2Queue *self,
                              GAsyncResult *result,
                              GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_queue_is_paused:
 * @self: a queue
 * @lane: a lane, or "" for the whole queue
 *
 * Returns: whether it is paused by that name
 */
gboolean
apm2_queue_is_paused (Apm2Queue *self, const char *lane)
{
  return g_hash_table_contains (self->paused, lane);
}

/**
 * apm2_queue_list_paused:
 * @self: a queue
 *
 * Returns: (transfer full): names of the lanes that are paused by name, sorted
 */
GStrv
apm2_queue_list_paused (Apm2Queue *self)
{
  g_autoptr (GList) names = g_hash_table_get_keys (self->paused);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  names = g_list_sort (names, (GCompareFunc) g_strcmp0);
  for (GList *l = names; l != NULL; l = l->next)
    if (*(const char *) l->data != '\0')
      g_strv_builder_add (builder, l->data);
  return g_strv_builder_end (builder);
}
