/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The jobs in the broker's memory, and their counts.
 *
 * Every open job is here, and the last few that ended. The table only follows
 * the store: it is told what is on the disk already and passes that on. Counts
 * are kept, never counted.
 */

#include "apm2-job-table.h"

struct _Apm2JobTable
{
  GObject parent_instance;

  GHashTable *jobs; /* (element-type utf8 Apm2Job) owns the jobs */
  GQueue ended;     /* (element-type Apm2Job) borrowed, oldest first */
  guint ended_max;
  Apm2StoreCounts counts;
  guint64 running;
  GHashTable *lanes; /* (element-type utf8 Apm2LaneLoad) */
};

G_DEFINE_FINAL_TYPE (Apm2JobTable, apm2_job_table, G_TYPE_OBJECT)

enum
{
  ADDED,
  CHANGED,
  FINISHED,
  REMOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
apm2_job_table_finalize (GObject *object)
{
  Apm2JobTable *self = APM2_JOB_TABLE (object);

  g_queue_clear (&self->ended);
  g_hash_table_unref (self->jobs);
  g_hash_table_unref (self->lanes);
  G_OBJECT_CLASS (apm2_job_table_parent_class)->finalize (object);
}

static guint
new_signal (const char *name, guint n_params)
{
  return g_signal_new (name,
                       APM2_TYPE_JOB_TABLE,
                       G_SIGNAL_RUN_LAST,
                       0,
                       NULL,
                       NULL,
                       NULL,
                       G_TYPE_NONE,
                       n_params,
                       G_TYPE_POINTER,
                       G_TYPE_UINT);
}

static void
apm2_job_table_class_init (Apm2JobTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_job_table_finalize;

  signals[ADDED] = new_signal ("added", 1);
  signals[CHANGED] = new_signal ("changed", 2);
  signals[FINISHED] = new_signal ("finished", 1);
  signals[REMOVED] = new_signal ("removed", 1);
}

static void
apm2_job_table_init (Apm2JobTable *self)
{
  self->jobs = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) apm2_job_unref);
  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_queue_init (&self->ended);
}

/**
 * apm2_job_table_new:
 * @ended_max: how many ended jobs are kept
 *
 * Returns: (transfer full): an empty table
 */
Apm2JobTable *
apm2_job_table_new (guint ended_max)
{
  Apm2JobTable *self = g_object_new (APM2_TYPE_JOB_TABLE, NULL);

  self->ended_max = ended_max;
  return self;
}

static Apm2LaneLoad *
lane_load (Apm2JobTable *self, const char *lane)
{
  Apm2LaneLoad *load = g_hash_table_lookup (self->lanes, lane);

  if (load == NULL)
    {
      load = g_new0 (Apm2LaneLoad, 1);
      g_hash_table_insert (self->lanes, g_strdup (lane), load);
    }
  return load;
}

static guint64 *
final_counter (Apm2JobTable *self, const Apm2StoredJob *stored)
{
  switch (stored->state)
    {
    case APM2_JOB_STATE_COMPLETED:
      return stored->verdict == APM2_VERDICT_PASSED ? &self->counts.passed
                                                    : &self->counts.failed;
    case APM2_JOB_STATE_DENIED:
      return &self->counts.denied;
    case APM2_JOB_STATE_QUARANTINED:
      return &self->counts.quarantined;
    case APM2_JOB_STATE_CANCELLED:
      return &self->counts.cancelled;
    case APM2_JOB_STATE_PENDING:
    case APM2_JOB_STATE_LEASED:
    case APM2_JOB_STATE_RUNNING:
    default:
      return NULL;
    }
}

/* Adds @job to the counts (@sign 1) or takes it out (-1). */
static void
count (Apm2JobTable *self, const Apm2Job *job, gint64 sign)
{
  const Apm2StoredJob *stored = job->stored;
  Apm2LaneLoad *load = lane_load (self, stored->lane);
  guint64 *final;

  switch (job->state)
    {
    case APM2_JOB_STATE_PENDING:
      self->counts.pending += (guint64) sign;
      self->counts.pending_bytes
          += (guint64) (sign * (gint64) stored->spec_bytes);
      load->pending += (guint64) sign;
      break;
    case APM2_JOB_STATE_RUNNING:
      self->running += (guint64) sign;
      self->counts.leased += (guint64) sign;
      load->active += (guint64) sign;
      break;
    case APM2_JOB_STATE_LEASED:
      self->counts.leased += (guint64) sign;
      load->active += (guint64) sign;
      break;
    case APM2_JOB_STATE_COMPLETED:
    case APM2_JOB_STATE_DENIED:
    case APM2_JOB_STATE_QUARANTINED:
    case APM2_JOB_STATE_CANCELLED:
    default:
      final = final_counter (self, stored);
      if (final != NULL)
        *final += (guint64) sign;
      break;
    }
}

/* Remembers that @job ended, and forgets the one that ended longest ago. */
static void
retire (Apm2JobTable *self, Apm2Job *job)
{
  g_queue_push_tail (&self->ended, job);
  while (self->ended.length > self->ended_max)
    {
      Apm2Job *oldest = g_queue_pop_head (&self->ended);
      g_autoptr (Apm2Job) kept = apm2_job_ref (oldest);

      g_hash_table_remove (self->jobs, oldest->stored->id);
      g_signal_emit (self, signals[REMOVED], 0, kept);
    }
}

/**
 * apm2_job_table_set_ended_max:
 * @self: a table
 * @ended_max: how many ended jobs are kept from the next that ends on
 */
void
apm2_job_table_set_ended_max (Apm2JobTable *self, guint ended_max)
{
  self->ended_max = ended_max;
}

/**
 * apm2_job_table_load:
 * @self: an empty table
 * @snapshot: what the store knew when it opened; its jobs are taken
 *
 * Fills the table without telling anybody: nobody listens yet.
 */
void
apm2_job_table_load (Apm2JobTable *self, Apm2StoreSnapshot *snapshot)
{
  GPtrArray *lists[] = { snapshot->open_jobs, snapshot->ended_jobs };

  self->counts = snapshot->counts;
  self->counts.pending = 0;
  self->counts.pending_bytes = 0;
  self->counts.leased = 0;

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_ptr_array_set_free_func (lists[i], NULL);
      for (guint n = 0; n < lists[i]->len; n++)
        {
          Apm2Job *job = apm2_job_new (g_ptr_array_index (lists[i], n));

          g_hash_table_insert (self->jobs, g_strdup (job->stored->id), job);
          if (apm2_job_state_is_final (job->state))
            retire (self, job);
          else
            count (self, job, 1);
        }
      g_ptr_array_set_size (lists[i], 0);
    }
}

/**
 * apm2_job_table_find:
 * @self: a table
 * @id: id of a job
 *
 * Returns: (transfer none) (nullable): the job if it is open or ended lately
 */
Apm2Job *
apm2_job_table_find (Apm2JobTable *self, const char *id)
{
  return g_hash_table_lookup (self->jobs, id);
}

/**
 * apm2_job_table_apply:
 * @self: a table
 * @stored: (transfer full): an answer of the store
 *
 * Takes over what the store has committed and tells whoever listens: a job that
 * is new, that changed, or that has ended.
 *
 * Returns: (transfer none): the job
 */
Apm2Job *
apm2_job_table_apply (Apm2JobTable *self, Apm2StoredJob *stored)
{
  Apm2Job *job = apm2_job_table_find (self, stored->id);
  gboolean is_new = job == NULL;
  gboolean was_final = !is_new && apm2_job_state_is_final (job->state);
  g_autoptr (Apm2Job) kept = NULL;

  if (was_final)
    {
      apm2_stored_job_free (stored);
      return job;
    }
  if (is_new)
    {
      job = apm2_job_new (stored);
      g_hash_table_insert (self->jobs, g_strdup (stored->id), job);
    }
  else
    {
      count (self, job, -1);
      apm2_job_update (job, stored);
    }
  count (self, job, 1);

  kept = apm2_job_ref (job);
  if (is_new)
    g_signal_emit (self, signals[ADDED], 0, job);
  else
    g_signal_emit (self, signals[CHANGED], 0, job, APM2_JOB_CHANGE_STATE);
  if (apm2_job_state_is_final (job->state))
    {
      g_signal_emit (self, signals[FINISHED], 0, job);
      retire (self, job);
    }
  return job;
}

/**
 * apm2_job_table_set_running:
 * @self: a table
 * @job: a leased job
 * @started_at: usec UTC
 *
 * The first step of the attempt has begun. Memory only: what the disk must know
 * is that the job is leased.
 */
void
apm2_job_table_set_running (Apm2JobTable *self, Apm2Job *job, gint64 started_at)
{
  g_return_if_fail (
      apm2_job_state_may_become (job->state, APM2_JOB_STATE_RUNNING));

  count (self, job, -1);
  job->state = APM2_JOB_STATE_RUNNING;
  job->stored->started_at = started_at;
  count (self, job, 1);
  apm2_job_table_touch (self, job, APM2_JOB_CHANGE_STATE);
}

/**
 * apm2_job_table_touch:
 * @self: a table
 * @job: one of its jobs
 * @change: what of it changed
 *
 * Tells whoever listens.
 */
void
apm2_job_table_touch (Apm2JobTable *self, Apm2Job *job, Apm2JobChange change)
{
  g_signal_emit (self, signals[CHANGED], 0, job, (guint) change);
}

/**
 * apm2_job_table_foreach:
 * @self: a table
 * @func: (scope call): gets each #Apm2Job; must not change the table
 * @user_data: for @func
 */
void
apm2_job_table_foreach (Apm2JobTable *self, GFunc func, gpointer user_data)
{
  GHashTableIter iter;
  gpointer job;

  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    func (job, user_data);
}

/**
 * apm2_job_table_get_counts:
 * @self: a table
 *
 * Returns: (transfer none): the counts; @leased includes the running ones
 */
const Apm2StoreCounts *
apm2_job_table_get_counts (Apm2JobTable *self)
{
  return &self->counts;
}

/**
 * apm2_job_table_get_running:
 * @self: a table
 *
 * Returns: how many jobs run
 */
guint64
apm2_job_table_get_running (Apm2JobTable *self)
{
  return self->running;
}

/**
 * apm2_job_table_get_lane_load:
 * @self: a table
 * @lane: name of a lane
 *
 * Returns: how many jobs of @lane wait and how many are leased or running
 */
Apm2LaneLoad
apm2_job_table_get_lane_load (Apm2JobTable *self, const char *lane)
{
  const Apm2LaneLoad *load = g_hash_table_lookup (self->lanes, lane);

  return load != NULL ? *load : (Apm2LaneLoad){ 0, 0 };
}
