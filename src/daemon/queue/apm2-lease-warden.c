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
 * there is a service manager that answers within a minute.
 *
 * A worker that comes back and runs jobs in units has stopped what it does not
 * name before it says so. The units that it has then wait for the next job:
 * only one that still stops may be that of a lease which it does not name.
 */

#include "apm2-lease-warden.h"

#include "apm2-lane-name.h"
#include "apm2-log.h"
#include "apm2-manager.h"
#include "apm2-time.h"

#define AGAIN_MSEC 5000
/* For a manager that is there and does not answer. */
#define UNREACHABLE_USEC (60 * G_USEC_PER_SEC)

struct _Apm2LeaseWarden
{
  GObject parent_instance;

  Apm2Mode mode;
  Apm2Manager *manager; /* (nullable) while there is doubt */
  Apm2Queue *queue;
  Apm2JobTable *table;
  GPtrArray *doubts; /* (element-type Apm2LeaseDoubt) */
  gboolean asking;
  guint timer;
};

G_DEFINE_FINAL_TYPE (Apm2LeaseWarden, apm2_lease_warden, G_TYPE_OBJECT)

static void ask (Apm2LeaseWarden *self);

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
  self->doubts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_lease_doubt_free);
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

static Apm2LeaseDoubt *
find (Apm2LeaseWarden *self, const Apm2Job *job, guint64 token)
{
  for (guint i = 0; i < self->doubts->len; i++)
    {
      Apm2LeaseDoubt *doubt = g_ptr_array_index (self->doubts, i);

      if (doubt->job == job && doubt->token == token)
        return doubt;
    }
  return NULL;
}

/* What the store was told of. */
typedef struct
{
  Apm2LeaseWarden *warden; /* owned */
  Apm2Job *job;            /* owned */
  guint64 token;
} Settling;

static void
settling_free (Settling *settling)
{
  apm2_job_unref (settling->job);
  g_object_unref (settling->warden);
  g_free (settling);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Settling, settling_free)

static void
on_settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Settling) settling = user_data;
  Apm2LeaseWarden *self = settling->warden;
  Apm2LeaseDoubt *doubt = find (self, settling->job, settling->token);
  g_autoptr (GError) error = NULL;

  (void) apm2_queue_lose_finish (APM2_QUEUE (source), result, &error);
  if (doubt == NULL)
    return;
  doubt->settling = FALSE;
  if (error == NULL || !apm2_lease_doubt_is_open (doubt))
    g_ptr_array_remove (self->doubts, doubt);
  else
    apm2_lease_doubt_tell_refused (doubt, error);
}

/* Until the store has taken it: the disk may be full. */
static void
settle (Apm2LeaseWarden *self, Apm2LeaseDoubt *doubt)
{
  Settling *settling = NULL;

  if (doubt->settling)
    return;
  doubt->settling = TRUE;
  settling = g_new0 (Settling, 1);
  settling->warden = g_object_ref (self);
  settling->job = apm2_job_ref (doubt->job);
  settling->token = doubt->token;
  if (doubt->reason >= APM2_LEASE_DOUBT_UNWANTED)
    apm2_queue_give_back_async (
        self->queue, doubt->job, FALSE, on_settled, settling);
  else
    apm2_queue_lose_async (self->queue,
                           doubt->job,
                           doubt->reason == APM2_LEASE_DOUBT_REBOOTED,
                           on_settled,
                           settling);
}

static void
lose (Apm2LeaseWarden *self, Apm2LeaseDoubt *doubt)
{
  doubt->over = TRUE;
  apm2_lease_doubt_tell_lost (doubt);
  settle (self, doubt);
}

static void
decide (Apm2LeaseWarden *self, GHashTable *units)
{
  for (guint i = 0; i < self->doubts->len; i++)
    {
      Apm2LeaseDoubt *doubt = g_ptr_array_index (self->doubts, i);

      if (doubt->over || !apm2_lease_doubt_is_open (doubt))
        continue;
      if (!apm2_lease_doubt_may_be_in (doubt, units, self->table))
        {
          lose (self, doubt);
          continue;
        }
      /* From now on it is known, whatever becomes of the manager. */
      doubt->in_unit = TRUE;
      apm2_lease_doubt_tell_waiting (doubt);
    }
}

/* Forgets what is no lease any more, and tries again what the store did not
 * take. */
static void
sweep (Apm2LeaseWarden *self)
{
  for (guint i = self->doubts->len; i > 0; i--)
    {
      Apm2LeaseDoubt *doubt = g_ptr_array_index (self->doubts, i - 1);

      if (!apm2_lease_doubt_is_open (doubt))
        g_ptr_array_remove_index (self->doubts, i - 1);
      else if (doubt->over)
        settle (self, doubt);
    }
}

static guint
count_open (Apm2LeaseWarden *self)
{
  guint count = 0;

  for (guint i = 0; i < self->doubts->len; i++)
    count += ((Apm2LeaseDoubt *) g_ptr_array_index (self->doubts, i))->over ? 0
                                                                            : 1;
  return count;
}

static gboolean
on_again (gpointer user_data)
{
  Apm2LeaseWarden *self = user_data;

  self->timer = 0;
  sweep (self);
  /* One that is absent looks for itself no more. */
  if (self->manager != NULL
      && (count_open (self) == 0 || apm2_manager_is_absent (self->manager)))
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

/* Where there is no manager what nobody knows of is in no unit; one that does
 * not answer may only be busy. */
static void
give_up (Apm2LeaseWarden *self)
{
  gint64 limit = apm2_manager_is_absent (self->manager)
                     ? G_MAXINT64
                     : apm2_time_boottime_usec () - UNREACHABLE_USEC;

  for (guint i = 0; i < self->doubts->len; i++)
    {
      Apm2LeaseDoubt *doubt = g_ptr_array_index (self->doubts, i);

      if (doubt->over || !apm2_lease_doubt_is_open (doubt))
        continue;
      if (doubt->in_unit)
        apm2_lease_doubt_tell_waiting (doubt);
      else if (doubt->since <= limit)
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
      self->manager, "lost", G_CALLBACK (give_up), self, G_CONNECT_SWAPPED);
  apm2_manager_start (self->manager);
}

static void
ask (Apm2LeaseWarden *self)
{
  gboolean open = count_open (self) > 0;

  if (open && self->manager == NULL)
    connect_manager (self);
  else if (open && !apm2_manager_is_connected (self->manager))
    give_up (self);
  else if (open && !self->asking)
    list_units (self);
  ask_again (self);
}

/**
 * apm2_lease_warden_judge:
 * @self: a warden
 * @worker: a worker
 * @job: a job that it holds
 * @reason: why it may be lost: SILENT, UNCLAIMED or STOPPED
 *
 * The lease is lost, now or when it turns out that it is.
 *
 * Returns: %FALSE if that was being found out already
 */
gboolean
apm2_lease_warden_judge (Apm2LeaseWarden *self,
                         const Apm2WorkerRecord *worker,
                         Apm2Job *job,
                         Apm2LeaseDoubtReason reason)
{
  Apm2LeaseDoubt *doubt = find (self, job, job->stored->token);
  gboolean is_new = doubt == NULL;

  if (is_new)
    {
      doubt = apm2_lease_doubt_new (worker, job, reason);
      g_ptr_array_add (self->doubts, doubt);
    }
  apm2_lease_doubt_raise (doubt, reason);
  if (is_new && g_str_equal (worker->executor, "direct"))
    lose (self, doubt);
  ask (self);
  return is_new;
}

/**
 * apm2_lease_warden_end:
 * @self: a warden
 * @job: a leased job that nobody runs
 * @reason: REBOOTED, UNWANTED or UNREADABLE
 *
 * The lease ends, as soon as the store takes it; UNREADABLE a while later,
 * since the job comes back then.
 */
void
apm2_lease_warden_end (Apm2LeaseWarden *self,
                       Apm2Job *job,
                       Apm2LeaseDoubtReason reason)
{
  Apm2LeaseDoubt *doubt = apm2_lease_doubt_new (NULL, job, reason);

  g_ptr_array_add (self->doubts, doubt);
  if (reason == APM2_LEASE_DOUBT_UNREADABLE)
    doubt->over = TRUE;
  else
    lose (self, doubt);
  ask_again (self);
}

/**
 * apm2_lease_warden_forgive:
 * @self: a warden
 * @worker: a worker that was heard
 *
 * No lease of it is in doubt any more because of its silence.
 */
void
apm2_lease_warden_forgive (Apm2LeaseWarden *self,
                           const Apm2WorkerRecord *worker)
{
  for (guint i = self->doubts->len; i > 0; i--)
    {
      const Apm2LeaseDoubt *doubt = g_ptr_array_index (self->doubts, i - 1);

      if (doubt->reason == APM2_LEASE_DOUBT_SILENT
          && g_str_equal (doubt->instance, worker->instance))
        g_ptr_array_remove_index (self->doubts, i - 1);
    }
}

/**
 * apm2_lease_warden_trust:
 * @self: a warden
 * @job: a job that its worker says it holds
 *
 * Its lease is in doubt no more.
 */
void
apm2_lease_warden_trust (Apm2LeaseWarden *self, const Apm2Job *job)
{
  Apm2LeaseDoubt *doubt = find (self, job, job->stored->token);

  if (doubt != NULL)
    g_ptr_array_remove (self->doubts, doubt);
}
