/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How many jobs there are of each kind: kept, never counted.
 *
 * The queue counts whole jobs; a lane counts what it has to run, and that are
 * the parts of a job where it has parts.
 */

#include "apm2-job-counts.h"

struct _Apm2JobCounts
{
  Apm2StoreCounts counts;
  guint64 running;
  guint64 active;    /* leased or running; parts, not their wholes */
  GHashTable *lanes; /* (element-type utf8 Apm2LaneLoad) */
  Apm2UserLoads *waiting;
};

/**
 * apm2_job_counts_new:
 *
 * Returns: (transfer full): the counts of no job
 */
Apm2JobCounts *
apm2_job_counts_new (void)
{
  Apm2JobCounts *self = g_new0 (Apm2JobCounts, 1);

  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->waiting = apm2_user_loads_new ();
  return self;
}

/**
 * apm2_job_counts_free:
 * @self: (transfer full): counts
 */
void
apm2_job_counts_free (Apm2JobCounts *self)
{
  g_return_if_fail (self != NULL);

  apm2_user_loads_free (self->waiting);
  g_hash_table_unref (self->lanes);
  g_free (self);
}

/**
 * apm2_job_counts_load:
 * @self: the counts of no job
 * @counts: what the store knew when it opened; those that have not ended are
 *   added one by one
 */
void
apm2_job_counts_load (Apm2JobCounts *self, const Apm2StoreCounts *counts)
{
  self->counts = *counts;
  self->counts.pending = 0;
  self->counts.pending_bytes = 0;
  self->counts.leased = 0;
}

static Apm2LaneLoad *
lane_load (Apm2JobCounts *self, const char *lane)
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
final_counter (Apm2JobCounts *self, Apm2JobState state, Apm2Verdict verdict)
{
  switch (state)
    {
    case APM2_JOB_STATE_COMPLETED:
      return verdict == APM2_VERDICT_PASSED ? &self->counts.passed
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

static void
add_to_lane (Apm2JobCounts *self, const Apm2Job *job, gint64 sign)
{
  Apm2LaneLoad *load = lane_load (self, job->stored->lane);

  if (job->stored->n_parts > 0)
    return;
  if (job->state == APM2_JOB_STATE_PENDING)
    load->pending += (guint64) sign;
  else if (!apm2_job_state_is_final (job->state))
    {
      load->active += (guint64) sign;
      self->active += (guint64) sign;
    }
}

/**
 * apm2_job_counts_add:
 * @self: counts
 * @job: a job in its state
 * @sign: 1 to add it, -1 to take it out again
 */
void
apm2_job_counts_add (Apm2JobCounts *self, const Apm2Job *job, gint64 sign)
{
  const Apm2StoredJob *stored = job->stored;
  guint64 *final;

  add_to_lane (self, job, sign);
  if (stored->parent != 0)
    return;
  switch (job->state)
    {
    case APM2_JOB_STATE_PENDING:
      self->counts.pending += (guint64) sign;
      self->counts.pending_bytes
          += (guint64) (sign * (gint64) stored->spec_bytes);
      if (sign > 0)
        apm2_user_loads_add (self->waiting, stored->uid, stored->spec_bytes);
      else
        apm2_user_loads_remove (self->waiting, stored->uid, stored->spec_bytes);
      break;
    case APM2_JOB_STATE_RUNNING:
      self->running += (guint64) sign;
      self->counts.leased += (guint64) sign;
      break;
    case APM2_JOB_STATE_LEASED:
      self->counts.leased += (guint64) sign;
      break;
    case APM2_JOB_STATE_COMPLETED:
    case APM2_JOB_STATE_DENIED:
    case APM2_JOB_STATE_QUARANTINED:
    case APM2_JOB_STATE_CANCELLED:
    default:
      final = final_counter (self, stored->state, stored->verdict);
      if (final != NULL)
        *final += (guint64) sign;
      break;
    }
}

/**
 * apm2_job_counts_forget:
 * @self: counts
 * @end: the end of a whole job that the store has forgotten
 */
void
apm2_job_counts_forget (Apm2JobCounts *self, const Apm2StoredEnd *end)
{
  guint64 *final = final_counter (self, end->state, end->verdict);

  if (final != NULL && *final > 0)
    (*final)--;
}

/**
 * apm2_job_counts_get:
 * @self: counts
 *
 * Returns: (transfer none): those of all lanes; @leased includes the running
 *   ones
 */
const Apm2StoreCounts *
apm2_job_counts_get (const Apm2JobCounts *self)
{
  return &self->counts;
}

/**
 * apm2_job_counts_get_waiting:
 * @self: counts
 *
 * Returns: (transfer none): the pending ones by their users
 */
const Apm2UserLoads *
apm2_job_counts_get_waiting (const Apm2JobCounts *self)
{
  return self->waiting;
}

/**
 * apm2_job_counts_get_active:
 * @self: counts
 *
 * Returns: how many jobs are leased or run; parts count, jobs in parts do not,
 *   since they are done by nobody
 */
guint64
apm2_job_counts_get_active (const Apm2JobCounts *self)
{
  return self->active;
}

/**
 * apm2_job_counts_get_running:
 * @self: counts
 *
 * Returns: how many jobs run
 */
guint64
apm2_job_counts_get_running (const Apm2JobCounts *self)
{
  return self->running;
}

/**
 * apm2_job_counts_get_load:
 * @self: counts
 * @lane: name of a lane
 *
 * Returns: how many jobs of @lane wait and how many are leased or running
 */
Apm2LaneLoad
apm2_job_counts_get_load (const Apm2JobCounts *self, const char *lane)
{
  const Apm2LaneLoad *load = g_hash_table_lookup (self->lanes, lane);

  return load != NULL ? *load : (Apm2LaneLoad){ 0, 0 };
}
