/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The workers and the leases that they hold.
 *
 * A worker that is away keeps its leases until nothing was heard of it for the
 * expiry, judged by CLOCK_BOOTTIME. The registry tells that; what becomes of
 * the jobs is decided elsewhere.
 */

#include "apm2-worker-registry.h"

#include "apm2-error.h"
#include "apm2-time.h"

struct _Apm2WorkerRegistry
{
  GObject parent_instance;

  GHashTable *workers; /* (element-type utf8 Apm2WorkerRecord) */
  gint64 expiry_usec;
  guint timer;
  gint64 check_at; /* when the timer ends; since boot */
};

G_DEFINE_FINAL_TYPE (Apm2WorkerRegistry, apm2_worker_registry, G_TYPE_OBJECT)

enum
{
  ADDED,
  CHANGED,
  REMOVED,
  EXPIRED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void drop_parked (Apm2WorkerRecord *worker);
static void plan_check (Apm2WorkerRegistry *self);

static void
worker_record_free (gpointer data)
{
  Apm2WorkerRecord *worker = data;

  drop_parked (worker);
  g_clear_object (&worker->connection);
  g_clear_object (&worker->ahead);
  g_ptr_array_unref (worker->leases);
  g_free (worker->instance);
  g_free (worker->executor);
  g_free (worker->state);
  g_free (worker->health_status);
  g_free (worker->heartbeat_path);
  g_free (worker);
}

static void
apm2_worker_registry_finalize (GObject *object)
{
  Apm2WorkerRegistry *self = APM2_WORKER_REGISTRY (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_unref (self->workers);
  G_OBJECT_CLASS (apm2_worker_registry_parent_class)->finalize (object);
}

static void
apm2_worker_registry_class_init (Apm2WorkerRegistryClass *klass)
{
  static const char *const names[N_SIGNALS] = {
    [ADDED] = "added",
    [CHANGED] = "changed",
    [REMOVED] = "removed",
    [EXPIRED] = "expired",
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_worker_registry_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (names[i],
                               APM2_TYPE_WORKER_REGISTRY,
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               1,
                               G_TYPE_POINTER);
}

static void
apm2_worker_registry_init (Apm2WorkerRegistry *self)
{
  self->workers = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, worker_record_free);
}

/**
 * apm2_worker_registry_new:
 * @expiry_usec: how long a worker may be silent before it loses its leases
 *
 * Returns: (transfer full): a registry without workers
 */
Apm2WorkerRegistry *
apm2_worker_registry_new (gint64 expiry_usec)
{
  Apm2WorkerRegistry *self = g_object_new (APM2_TYPE_WORKER_REGISTRY, NULL);

  self->expiry_usec = expiry_usec;
  return self;
}

/* A parked call holds its connection; answering it on a closed one only frees
 * it. */
static void
drop_parked (Apm2WorkerRecord *worker)
{
  GDBusMethodInvocation *invocation;

  while ((invocation = g_queue_pop_head (&worker->parked)) != NULL)
    g_dbus_method_invocation_return_error_literal (
        invocation,
        APM2_ERROR,
        APM2_ERROR_CANCELLED,
        "The wait for a lease was called off: the worker drains or is "
        "no longer registered");
}

static void
set_state (Apm2WorkerRecord *worker, const char *state)
{
  g_free (worker->state);
  worker->state = g_strdup (state);
}

/**
 * apm2_worker_registry_find:
 * @self: a registry
 * @instance: name of a worker
 *
 * Returns: (transfer none) (nullable): the worker
 */
Apm2WorkerRecord *
apm2_worker_registry_find (Apm2WorkerRegistry *self, const char *instance)
{
  return g_hash_table_lookup (self->workers, instance);
}

/**
 * apm2_worker_registry_find_by_connection:
 * @self: a registry
 * @connection: connection of a peer
 *
 * Returns: (transfer none) (nullable): the worker that registered on it
 */
Apm2WorkerRecord *
apm2_worker_registry_find_by_connection (Apm2WorkerRegistry *self,
                                         GDBusConnection *connection)
{
  return g_object_get_data (G_OBJECT (connection), "apm2-worker");
}

/**
 * apm2_worker_registry_ensure:
 * @self: a registry
 * @instance: name of a worker
 *
 * Returns: (transfer none): the worker, made and away if it was not known
 */
Apm2WorkerRecord *
apm2_worker_registry_ensure (Apm2WorkerRegistry *self, const char *instance)
{
  Apm2WorkerRecord *worker = apm2_worker_registry_find (self, instance);

  if (worker != NULL)
    return worker;

  worker = g_new0 (Apm2WorkerRecord, 1);
  worker->instance = g_strdup (instance);
  worker->executor = g_strdup ("");
  worker->state = g_strdup ("lost");
  worker->health_status = g_strdup ("");
  worker->heartbeat_path = g_strdup ("");
  worker->leases
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_unref);
  worker->last_heard_boottime = apm2_time_boottime_usec ();
  g_queue_init (&worker->parked);
  g_hash_table_insert (self->workers, worker->instance, worker);
  g_signal_emit (self, signals[ADDED], 0, worker);
  plan_check (self);
  return worker;
}

/**
 * apm2_worker_registry_list:
 * @self: a registry
 *
 * Returns: (transfer container) (element-type Apm2WorkerRecord): all workers
 */
GPtrArray *
apm2_worker_registry_list (Apm2WorkerRegistry *self)
{
  GPtrArray *workers = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer worker;

  g_hash_table_iter_init (&iter, self->workers);
  while (g_hash_table_iter_next (&iter, NULL, &worker))
    g_ptr_array_add (workers, worker);
  return workers;
}

gint64
apm2_worker_registry_get_expiry_usec (Apm2WorkerRegistry *self)
{
  return self->expiry_usec;
}

static void
remove_worker (Apm2WorkerRegistry *self, Apm2WorkerRecord *worker)
{
  g_hash_table_steal (self->workers, worker->instance);
  g_signal_emit (self, signals[REMOVED], 0, worker);
  worker_record_free (worker);
}

static gboolean
on_check (gpointer user_data)
{
  Apm2WorkerRegistry *self = user_data;
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self);
  gint64 limit = apm2_time_boottime_usec () - self->expiry_usec;

  self->timer = 0;
  for (guint i = 0; i < workers->len; i++)
    {
      Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      if (worker->last_heard_boottime > limit)
        continue;
      drop_parked (worker);
      /* A connected worker that is silent is stopped or wedged: its leases go,
       * its record stays. */
      if (worker->leases->len > 0)
        {
          set_state (worker, "lost");
          g_signal_emit (self, signals[CHANGED], 0, worker);
          g_signal_emit (self, signals[EXPIRED], 0, worker);
        }
      else if (worker->connection == NULL)
        remove_worker (self, worker);
      else if (!g_str_equal (worker->state, "lost"))
        {
          set_state (worker, "lost");
          g_signal_emit (self, signals[CHANGED], 0, worker);
        }
    }
  plan_check (self);
  return G_SOURCE_REMOVE;
}

/* Until a worker may expire; G_MAXINT64 if none can. */
static gint64
get_wait_usec (Apm2WorkerRegistry *self)
{
  GHashTableIter iter;
  gpointer value;
  gint64 now = apm2_time_boottime_usec ();
  gint64 wait = G_MAXINT64;

  g_hash_table_iter_init (&iter, self->workers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2WorkerRecord *worker = value;
      gint64 left = worker->last_heard_boottime + self->expiry_usec - now;

      /* Once it has expired and holds nothing, there is nothing to wait for. */
      if (left <= 0 && worker->connection != NULL && worker->leases->len == 0)
        continue;
      wait = MIN (wait, MAX (left, self->expiry_usec / 8));
    }
  return wait;
}

/* One timer for all. */
static void
plan_check (Apm2WorkerRegistry *self)
{
  gint64 wait = get_wait_usec (self);

  g_clear_handle_id (&self->timer, g_source_remove);
  if (wait == G_MAXINT64)
    return;
  self->timer = g_timeout_add ((guint) (wait / 1000) + 1, on_check, self);
  self->check_at = apm2_time_boottime_usec () + wait;
}

/* Workers that beat push the check away, but never that of another. */
static void
postpone_check (Apm2WorkerRegistry *self)
{
  gint64 half = self->expiry_usec / 2;

  if (self->timer == 0
      || (self->check_at - apm2_time_boottime_usec () < half
          && get_wait_usec (self) > half))
    plan_check (self);
}

/**
 * apm2_worker_registry_connect:
 * @self: a registry
 * @worker: one of its workers
 * @connection: the peer connection on which it registered
 */
void
apm2_worker_registry_connect (Apm2WorkerRegistry *self,
                              Apm2WorkerRecord *worker,
                              GDBusConnection *connection)
{
  /* The connection may have been another worker's before: that one is gone. */
  if (worker->connection != connection)
    apm2_worker_registry_disconnect (self, connection);
  drop_parked (worker);
  g_set_object (&worker->connection, connection);
  g_object_set_data (G_OBJECT (connection), "apm2-worker", worker);
  set_state (worker, worker->leases->len > 0 ? "busy" : "idle");
  apm2_worker_registry_heard (self, worker);
  plan_check (self);
  g_signal_emit (self, signals[CHANGED], 0, worker);
}

/**
 * apm2_worker_registry_disconnect:
 * @self: a registry
 * @connection: a peer connection that has ended
 *
 * A worker that said it drains and holds nothing is gone for good; any other
 * may come back.
 */
void
apm2_worker_registry_disconnect (Apm2WorkerRegistry *self,
                                 GDBusConnection *connection)
{
  Apm2WorkerRecord *worker
      = apm2_worker_registry_find_by_connection (self, connection);

  if (worker == NULL || worker->connection != connection)
    return;

  g_object_set_data (G_OBJECT (connection), "apm2-worker", NULL);
  drop_parked (worker);
  g_clear_object (&worker->connection);
  g_clear_object (&worker->ahead);
  if (g_str_equal (worker->state, "draining") && worker->leases->len == 0)
    {
      remove_worker (self, worker);
      return;
    }
  set_state (worker, "lost");
  g_signal_emit (self, signals[CHANGED], 0, worker);
  plan_check (self);
}

/**
 * apm2_worker_registry_heard:
 * @self: a registry
 * @worker: one of its workers
 *
 * Renews all its leases.
 */
void
apm2_worker_registry_heard (Apm2WorkerRegistry *self, Apm2WorkerRecord *worker)
{
  worker->last_heard_boottime = apm2_time_boottime_usec ();
  postpone_check (self);
}

/**
 * apm2_worker_registry_touch:
 * @self: a registry
 * @worker: one of its workers, which has said how it is
 *
 * Tells whoever listens. A worker that drains waits for leases no more: what it
 * gives back would come straight back to it.
 */
void
apm2_worker_registry_touch (Apm2WorkerRegistry *self, Apm2WorkerRecord *worker)
{
  if (g_str_equal (worker->state, "draining"))
    drop_parked (worker);
  g_signal_emit (self, signals[CHANGED], 0, worker);
}

static void
update_load (Apm2WorkerRegistry *self, Apm2WorkerRecord *worker)
{
  if (g_str_equal (worker->state, "idle")
      || g_str_equal (worker->state, "busy"))
    set_state (worker, worker->leases->len > 0 ? "busy" : "idle");
  g_signal_emit (self, signals[CHANGED], 0, worker);
}

/**
 * apm2_worker_registry_add_lease:
 * @self: a registry
 * @worker: one of its workers
 * @job: the job that it holds now
 */
void
apm2_worker_registry_add_lease (Apm2WorkerRegistry *self,
                                Apm2WorkerRecord *worker,
                                Apm2Job *job)
{
  g_ptr_array_add (worker->leases, apm2_job_ref (job));
  update_load (self, worker);
  if (self->timer == 0)
    plan_check (self);
}

/**
 * apm2_worker_registry_remove_lease:
 * @self: a registry
 * @job: a job that is no longer leased
 */
void
apm2_worker_registry_remove_lease (Apm2WorkerRegistry *self, Apm2Job *job)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->workers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Apm2WorkerRecord *worker = value;

      if (!g_ptr_array_remove_fast (worker->leases, job))
        continue;
      update_load (self, worker);
      return;
    }
}

gboolean
apm2_worker_record_holds (const Apm2WorkerRecord *worker, const Apm2Job *job)
{
  return g_ptr_array_find (worker->leases, job, NULL);
}
