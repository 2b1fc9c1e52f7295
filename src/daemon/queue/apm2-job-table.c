/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The jobs in the broker's memory, and their counts.
 *
 * Every open job is here, and the last few that ended. The table only follows
 * the store: it is told what is on the disk already and passes that on. Counts
 * are kept, never counted. The parts of a job stay as long as the whole, which
 * shows what they do; the queue counts wholes, a lane what it has to run.
 */

#include "apm2-job-table.h"

#include "apm2-gate-strands.h"
#include "apm2-job-parts.h"

struct _Apm2JobTable
{
  GObject parent_instance;

  GHashTable *jobs; /* (element-type utf8 Apm2Job) owns the jobs */
  GQueue ended;     /* (element-type Apm2Job) borrowed, oldest first */
  guint ended_max;
  Apm2JobCounts *counts;
};

G_DEFINE_FINAL_TYPE (Apm2JobTable, apm2_job_table, G_TYPE_OBJECT)

enum
{
  ADDED,
  CHANGED,
  FINISHED,
  REMOVED,
  FORGOTTEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
apm2_job_table_finalize (GObject *object)
{
  Apm2JobTable *self = APM2_JOB_TABLE (object);

  g_queue_clear (&self->ended);
  g_hash_table_unref (self->jobs);
  apm2_job_counts_free (self->counts);
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
  signals[FORGOTTEN] = new_signal ("forgotten", 0);
}

static void
apm2_job_table_init (Apm2JobTable *self)
{
  self->jobs = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) apm2_job_unref);
  self->counts = apm2_job_counts_new ();
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

static void
forget (Apm2JobTable *self, Apm2Job *job)
{
  g_autoptr (Apm2Job) kept = apm2_job_ref (job);

  g_hash_table_remove (self->jobs, job->stored->id);
  g_signal_emit (self, signals[REMOVED], 0, kept);
}

static GPtrArray *
list_parts (Apm2JobTable *self, const Apm2StoredJob *whole)
{
  GPtrArray *parts = g_ptr_array_new ();

  for (guint i = 1; i <= whole->n_parts; i++)
    {
      g_autofree char *id = apm2_gate_part_id (whole->id, i);
      Apm2Job *part = apm2_job_table_find (self, id);

      if (part != NULL)
        g_ptr_array_add (parts, part);
    }
  return parts;
}

/* Remembers that @job ended, and forgets the one that ended longest ago. A part
 * is forgotten with its whole. */
static void
retire (Apm2JobTable *self, Apm2Job *job)
{
  if (job->stored->parent != 0)
    return;

  g_queue_push_tail (&self->ended, job);
  while (self->ended.length > self->ended_max)
    {
      Apm2Job *oldest = g_queue_pop_head (&self->ended);
      g_autoptr (GPtrArray) parts = list_parts (self, oldest->stored);

      for (guint i = 0; i < parts->len; i++)
        forget (self, g_ptr_array_index (parts, i));
      forget (self, oldest);
    }
}

/* Shows on the whole what happened to @part. */
static void
follow_part (Apm2JobTable *self, const Apm2Job *part, Apm2JobChange change)
{
  Apm2Job *whole = part->stored->parent_id != NULL
                       ? apm2_job_table_find (self, part->stored->parent_id)
                       : NULL;
  g_autoptr (GPtrArray) parts = NULL;

  if (whole == NULL || apm2_job_state_is_final (whole->state))
    return;

  parts = list_parts (self, whole->stored);
  /* The store has begun it with its first part. */
  if (whole->state == APM2_JOB_STATE_PENDING
      && part->state == APM2_JOB_STATE_LEASED)
    {
      apm2_job_counts_add (self->counts, whole, -1);
      whole->stored->state = APM2_JOB_STATE_LEASED;
      whole->stored->attempt = 1;
      whole->stored->started_at = part->stored->started_at;
      whole->state = APM2_JOB_STATE_RUNNING;
      apm2_job_counts_add (self->counts, whole, 1);
    }
  apm2_job_parts_gather (whole, parts);
  apm2_job_table_touch (self, whole, change);
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

static void
gather_loaded (gpointer item, gpointer user_data)
{
  Apm2Job *job = item;
  g_autoptr (GPtrArray) parts = NULL;

  if (job->stored->n_parts == 0 || apm2_job_state_is_final (job->state))
    return;
  parts = list_parts (user_data, job->stored);
  apm2_job_parts_gather (job, parts);
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
  GPtrArray *lists[] = {
    snapshot->open_jobs,
    snapshot->ended_parts,
    snapshot->ended_jobs,
  };

  apm2_job_counts_load (self->counts, &snapshot->counts);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_ptr_array_set_free_func (lists[i], NULL);
      for (guint n = 0; n < lists[i]->len; n++)
        {
          Apm2Job *job = apm2_job_new (g_ptr_array_index (lists[i], n));

          g_hash_table_insert (self->jobs, g_strdup (job->stored->id), job);
          apm2_job_parts_recall (job);
          if (apm2_job_state_is_final (job->state))
            retire (self, job);
          else
            apm2_job_counts_add (self->counts, job, 1);
        }
      g_ptr_array_set_size (lists[i], 0);
    }
  apm2_job_table_foreach (self, gather_loaded, self);
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
      apm2_job_counts_add (self->counts, job, -1);
      apm2_job_update (job, stored);
    }
  apm2_job_counts_add (self->counts, job, 1);

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
  follow_part (self, job, APM2_JOB_CHANGE_STATE);
  return job;
}

/**
 * apm2_job_table_forget:
 * @self: a table
 * @end: the end of a job that the store has forgotten
 *
 * Counts it no more, and removes it if it was one of the last that ended.
 */
void
apm2_job_table_forget (Apm2JobTable *self, const Apm2StoredEnd *end)
{
  Apm2Job *job = apm2_job_table_find (self, end->job_id);

  apm2_job_counts_forget (self->counts, end);
  if (job != NULL && apm2_job_state_is_final (job->state))
    {
      g_autoptr (Apm2Job) kept = apm2_job_ref (job);

      (void) g_queue_remove (&self->ended, job);
      g_hash_table_remove (self->jobs, end->job_id);
      g_signal_emit (self, signals[REMOVED], 0, kept);
    }
  g_signal_emit (self, signals[FORGOTTEN], 0);
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

  apm2_job_counts_add (self->counts, job, -1);
  job->state = APM2_JOB_STATE_RUNNING;
  job->stored->started_at = started_at;
  apm2_job_counts_add (self->counts, job, 1);
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
  follow_part (self, job, change);
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
  return apm2_job_counts_get (self->counts);
}

/**
 * apm2_job_table_get_waiting:
 * @self: a table
 *
 * Returns: (transfer none): the pending jobs by their users
 */
const Apm2UserLoads *
apm2_job_table_get_waiting (Apm2JobTable *self)
{
  return apm2_job_counts_get_waiting (self->counts);
}

/**
 * apm2_job_table_get_active:
 * @self: a table
 *
 * Returns: how many jobs are leased or run, parts and not their wholes
 */
guint64
apm2_job_table_get_active (Apm2JobTable *self)
{
  return apm2_job_counts_get_active (self->counts);
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
  return apm2_job_counts_get_running (self->counts);
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
  return apm2_job_counts_get_load (self->counts, lane);
}
