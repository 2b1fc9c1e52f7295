/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Decides whether a lease is lost whose worker is silent, or does not name it
 * any more.
 *
 * Jobs that nothing contains are lost with their worker: it ends them before
 * its leases expire. A job in a lane unit goes on without its worker, so no
 * clock decides: as long as the service manager has a unit that is, or may be,
 * the job's, the job waits for a worker to come back for it. A unit that has
 * ended and holds the result is such a unit, too. Of a lease from before this
 * broker nobody knows how it is run; it is treated as one in a lane wherever
 * there is a service manager.
 *
 * A worker that comes back and runs jobs in units has stopped what it does not
 * name before it says so. The units that it has then wait for the next job:
 * only one that still stops may be that of a lease which it does not name.
 */

#include "apm2-lease-warden.h"

#include "apm2-lane-name.h"
#include "apm2-log.h"
#include "apm2-manager.h"

#define AGAIN_MSEC 5000

/* A lease whose fate is open. */
typedef struct
{
  Apm2Job *job; /* owned */
  guint64 token;
  char *instance;
  Apm2LeaseDoubt reason;
  gboolean in_unit; /* its worker said so; else nobody knows */
  gboolean told;    /* that it waits */
  gboolean over;    /* it is lost, and the store is to know that */
} Doubt;

struct _Apm2LeaseWarden
{
  GObject parent_instance;

  Apm2Mode mode;
  Apm2Manager *manager; /* (nullable) while there is doubt */
  Apm2Queue *queue;
  Apm2JobTable *table;
  GPtrArray *doubts; /* (element-type Doubt) */
  gboolean asking;
  guint timer;
};

G_DEFINE_FINAL_TYPE (Apm2LeaseWarden, apm2_lease_warden, G_TYPE_OBJECT)

static void ask (Apm2LeaseWarden *self);

static void
doubt_free (gpointer data)
{
  Doubt *doubt = data;

  apm2_job_unref (doubt->job);
  g_free (doubt->instance);
  g_free (doubt);
}

static void
apm2_lease_warden_finalize (GObject *object)
{
  Apm2LeaseWarden *self = APM2_LEASE_WARDEN (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_ptr_array_unref (self->doubts);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  if (self->manager != NULL)
    apm2_manager_stop (self->manager);
  g_clear_object (&self->manager);
  G_OBJECT_CLASS (apm2_lease_warden_parent_class)->finalize (object);
}

static void
apm2_lease_warden_class_init (Apm2LeaseWardenClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lease_warden_finalize;
}

static void
apm2_lease_warden_init (Apm2LeaseWarden *self)
{
  self->doubts = g_ptr_array_new_with_free_func (doubt_free);
}

/**
 * apm2_lease_warden_new:
 * @mode: whose service manager knows which units there are
 * @queue: told of what is lost
 * @table: the jobs
 *
 * Returns: (transfer full): a warden who doubts nothing
 */
Apm2LeaseWarden *
apm2_lease_warden_new (Apm2Mode mode, Apm2Queue *queue, Apm2JobTable *table)
{
  Apm2LeaseWarden *self = g_object_new (APM2_TYPE_LEASE_WARDEN, NULL);

  self->mode = mode;
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  return self;
}

static gboolean
is_held (const Apm2Job *job, guint64 token)
{
  return (job->state == APM2_JOB_STATE_LEASED
          || job->state == APM2_JOB_STATE_RUNNING)
         && job->stored->token == token;
}

static gboolean
has_unit (const Apm2Job *job, const char *unit)
{
  return job->units != NULL
         && g_strv_contains ((const char *const *) job->units, unit);
}

typedef struct
{
  const Doubt *doubt;
  GHashTable *units; /* (element-type utf8) those that another job has */
} Others;

static void
take_away (gpointer item, gpointer user_data)
{
  const Apm2Job *job = item;
  const Others *others = user_data;

  if (job == others->doubt->job || job->units == NULL)
    return;
  for (gsize i = 0; job->units[i] != NULL; i++)
    (void) g_hash_table_remove (others->units, job->units[i]);
}

/* Whether a unit that is @state may be one in which it was. */
static gboolean
counts (const Doubt *doubt, const char *state)
{
  return doubt->reason != APM2_LEASE_DOUBT_STOPPED
         || g_str_equal (state, "deactivating");
}

/* Whether @unit is one in which a job of this lane and worker could be. */
static gboolean
may_hold (const Doubt *doubt, const char *unit)
{
  g_autofree char *slot = apm2_lane_unit_get_slot (unit, NULL);
  g_autofree char *lane = slot != NULL ? apm2_lane_slot_get_lane (slot) : NULL;

  return g_strcmp0 (lane, doubt->job->stored->lane) == 0
         && apm2_lane_slot_is_of (slot, doubt->instance);
}

/* The job's own unit, if it is known; else any that is nobody else's.
 *
 * @units: (element-type utf8 utf8): active states by name */
static gboolean
is_alive (Apm2LeaseWarden *self, const Doubt *doubt, GHashTable *units)
{
  g_autoptr (GHashTable) left
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, NULL);
  Others others = { doubt, left };
  GHashTableIter iter;
  gpointer unit = NULL;
  gpointer state = NULL;

  g_hash_table_iter_init (&iter, units);
  while (g_hash_table_iter_next (&iter, &unit, &state))
    {
      if (!counts (doubt, state))
        continue;
      if (has_unit (doubt->job, unit))
        return TRUE;
      if (may_hold (doubt, unit))
        g_hash_table_add (left, unit);
    }
  if (doubt->job->units != NULL && doubt->job->units[0] != NULL)
    return FALSE;
  apm2_job_table_foreach (self->table, take_away, &others);
  return g_hash_table_size (left) > 0;
}

static void
tell_waiting (Doubt *doubt)
{
  if (doubt->told)
    return;
  doubt->told = TRUE;
  apm2_log (
      G_LOG_LEVEL_MESSAGE,
      APM2_LOG_WITH (.job = doubt->job->stored->id, .worker = doubt->instance),
      "Job %s goes on in its unit without worker \"%s\"; it waits for "
      "the worker to come back",
      doubt->job->stored->id,
      doubt->instance);
}

/* Forgotten when it is known to hold: the disk may be full. */
static void
lose (Apm2LeaseWarden *self, Doubt *doubt)
{
  doubt->over = TRUE;
  apm2_queue_lose (self->queue, doubt->job, FALSE);
}

static void
decide (Apm2LeaseWarden *self, GHashTable *units)
{
  for (guint i = 0; i < self->doubts->len; i++)
    {
      Doubt *doubt = g_ptr_array_index (self->doubts, i);

      if (doubt->over || !is_held (doubt->job, doubt->token))
        continue;
      if (is_alive (self, doubt, units))
        tell_waiting (doubt);
      else
        lose (self, doubt);
    }
}

/* Forgets what is no lease any more, and tries again what the store did not
 * take. */
static void
sweep (Apm2LeaseWarden *self)
{
  for (guint i = self->doubts->len; i > 0; i--)
    {
      Doubt *doubt = g_ptr_array_index (self->doubts, i - 1);

      if (!is_held (doubt->job, doubt->token))
        g_ptr_array_remove_index (self->doubts, i - 1);
      else if (doubt->over)
        lose (self, doubt);
    }
}

static guint
count_open (Apm2LeaseWarden *self)
{
  guint count = 0;

  for (guint i = 0; i < self->doubts->len; i++)
    count += ((Doubt *) g_ptr_array_index (self->doubts, i))->over ? 0 : 1;
  return count;
}

static gboolean
on_again (gpointer user_data)
{
  Apm2LeaseWarden *self = user_data;

  self->timer = 0;
  sweep (self);
  if (count_open (self) == 0 && self->manager != NULL)
    {
      apm2_manager_stop (self->manager);
      g_clear_object (&self->manager);
    }
  ask (self);
  return G_SOURCE_REMOVE;
}

/* A unit that was stopped is not the only end of doubt; its worker may come. */
static void
ask_again (Apm2LeaseWarden *self)
{
  if (self->timer == 0 && (self->doubts->len > 0 || self->manager != NULL))
    self->timer = g_timeout_add (AGAIN_MSEC, on_again, self);
}

static GHashTable *
collect_states (GVariant *reply)
{
  GHashTable *states
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GVariant) units = g_variant_get_child_value (reply, 0);
  GVariantIter iter;
  GVariant *unit = NULL;

  g_variant_iter_init (&iter, units);
  while ((unit = g_variant_iter_next_value (&iter)) != NULL)
    {
      char *name = NULL;
      char *state = NULL;

      g_variant_get_child (unit, 0, "s", &name);
      g_variant_get_child (unit, 3, "s", &state);
      g_hash_table_insert (states, name, state);
      g_variant_unref (unit);
    }
  return states;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LeaseWarden) self = user_data;
  g_autoptr (GHashTable) units = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);

  self->asking = FALSE;
  if (reply != NULL)
    {
      units = collect_states (reply);
      decide (self, units);
    }
  ask_again (self);
}

static void
list_units (Apm2LeaseWarden *self)
{
  static const char *const states[] = {
    "active", "activating", "deactivating", "reloading", "failed", NULL,
  };
  static const char *const patterns[]
      = { APM2_LANE_PATTERN, APM2_LANE_NET_PATTERN, NULL };

  self->asking = TRUE;
  apm2_manager_call_async (self->manager,
                           "ListUnitsByPatterns",
                           g_variant_new ("(^as^as)", states, patterns),
                           G_VARIANT_TYPE ("(a(ssssssouso))"),
                           NULL,
                           on_listed,
                           g_object_ref (self));
}

/* There is none, so what nobody knows of is in no unit. */
static void
on_lost (Apm2LeaseWarden *self)
{
  for (guint i = 0; i < self->doubts->len; i++)
    {
      Doubt *doubt = g_ptr_array_index (self->doubts, i);

      if (!doubt->over && is_held (doubt->job, doubt->token)
          && (!doubt->in_unit || doubt->reason == APM2_LEASE_DOUBT_STOPPED))
        lose (self, doubt);
    }
}

/* Only then: the manager tells whoever listens of each turn of each unit. */
static void
connect_manager (Apm2LeaseWarden *self)
{
  self->manager = apm2_manager_new (self->mode);
  g_signal_connect_object (
      self->manager, "connected", G_CALLBACK (ask), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->manager, "lost", G_CALLBACK (on_lost), self, G_CONNECT_SWAPPED);
  apm2_manager_start (self->manager);
}

static void
ask (Apm2LeaseWarden *self)
{
  if (count_open (self) > 0 && self->manager == NULL)
    connect_manager (self);
  else if (count_open (self) > 0 && !self->asking)
    list_units (self);
  ask_again (self);
}

static gboolean
is_doubted (Apm2LeaseWarden *self, const Apm2Job *job)
{
  for (guint i = 0; i < self->doubts->len; i++)
    {
      const Doubt *doubt = g_ptr_array_index (self->doubts, i);

      if (doubt->job == job && doubt->token == job->stored->token)
        return TRUE;
    }
  return FALSE;
}

static Doubt *
add_doubt (Apm2LeaseWarden *self,
           const Apm2WorkerRecord *worker,
           Apm2Job *job,
           Apm2LeaseDoubt reason)
{
  Doubt *doubt = g_new0 (Doubt, 1);

  doubt->job = apm2_job_ref (job);
  doubt->token = job->stored->token;
  doubt->instance = g_strdup (worker->instance);
  doubt->in_unit = g_str_equal (worker->executor, "systemd");
  doubt->reason = reason;
  g_ptr_array_add (self->doubts, doubt);
  return doubt;
}

/**
 * apm2_lease_warden_judge:
 * @self: a warden
 * @worker: a worker
 * @job: a job that it holds
 * @reason: why it may be lost
 *
 * The lease is lost, now or when it turns out that it is.
 *
 * Returns: %FALSE if that was being found out already
 */
gboolean
apm2_lease_warden_judge (Apm2LeaseWarden *self,
                         const Apm2WorkerRecord *worker,
                         Apm2Job *job,
                         Apm2LeaseDoubt reason)
{
  Doubt *doubt = NULL;

  if (is_doubted (self, job))
    {
      ask (self);
      return FALSE;
    }
  doubt = add_doubt (self, worker, job, reason);
  if (g_str_equal (worker->executor, "direct"))
    lose (self, doubt);
  ask (self);
  return TRUE;
}

/**
 * apm2_lease_warden_forgive:
 * @self: a warden
 * @worker: a worker that was heard
 * @registers: whether it has just said which leases it holds
 *
 * No lease of it is in doubt any more because of its silence; after it has
 * registered none is in doubt at all.
 */
void
apm2_lease_warden_forgive (Apm2LeaseWarden *self,
                           const Apm2WorkerRecord *worker,
                           gboolean registers)
{
  for (guint i = self->doubts->len; i > 0; i--)
    {
      const Doubt *doubt = g_ptr_array_index (self->doubts, i - 1);

      if (g_str_equal (doubt->instance, worker->instance)
          && (registers || doubt->reason == APM2_LEASE_DOUBT_SILENT))
        g_ptr_array_remove_index (self->doubts, i - 1);
    }
}
