/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One lease that may be lost, and in which units its job could go on.
 */

#include "apm2-lease-doubt.h"

#include "apm2-lane-name.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-time.h"

/**
 * apm2_lease_doubt_new:
 * @worker: (nullable): the worker that holds it
 * @job: a leased job
 * @reason: why it may be lost
 *
 * Returns: (transfer full): a doubt
 */
Apm2LeaseDoubt *
apm2_lease_doubt_new (const Apm2WorkerRecord *worker,
                      Apm2Job *job,
                      Apm2LeaseDoubtReason reason)
{
  Apm2LeaseDoubt *self = g_new0 (Apm2LeaseDoubt, 1);

  self->job = apm2_job_ref (job);
  self->token = job->stored->token;
  self->instance
      = g_strdup (worker != NULL ? worker->instance : job->stored->worker);
  self->in_unit = worker != NULL && g_str_equal (worker->executor, "systemd");
  self->reason = reason;
  self->since = apm2_time_boottime_usec ();
  return self;
}

void
apm2_lease_doubt_free (Apm2LeaseDoubt *self)
{
  apm2_job_unref (self->job);
  g_free (self->instance);
  g_free (self);
}

/**
 * apm2_lease_doubt_raise:
 * @self: a doubt
 * @reason: another reason for it
 */
void
apm2_lease_doubt_raise (Apm2LeaseDoubt *self, Apm2LeaseDoubtReason reason)
{
  if (reason <= self->reason)
    return;
  self->reason = reason;
  self->told = FALSE;
}

/**
 * apm2_lease_doubt_is_open:
 * @self: a doubt
 *
 * Returns: whether the lease has not ended yet
 */
gboolean
apm2_lease_doubt_is_open (const Apm2LeaseDoubt *self)
{
  return (self->job->state == APM2_JOB_STATE_LEASED
          || self->job->state == APM2_JOB_STATE_RUNNING)
         && self->job->stored->token == self->token;
}

static gboolean
has_unit (const Apm2Job *job, const char *unit)
{
  return job->units != NULL
         && g_strv_contains ((const char *const *) job->units, unit);
}

typedef struct
{
  const Apm2LeaseDoubt *doubt;
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
counts (const Apm2LeaseDoubt *self, const char *state)
{
  return self->reason != APM2_LEASE_DOUBT_STOPPED
         || g_str_equal (state, "deactivating");
}

/* Whether @unit is one in which a job of this lane and worker could be. */
static gboolean
may_hold (const Apm2LeaseDoubt *self, const char *unit)
{
  g_autofree char *slot = apm2_lane_unit_get_slot (unit, NULL);
  g_autofree char *lane = slot != NULL ? apm2_lane_slot_get_lane (slot) : NULL;

  return g_strcmp0 (lane, self->job->stored->lane) == 0
         && apm2_lane_slot_is_of (slot, self->instance);
}

/**
 * apm2_lease_doubt_may_be_in:
 * @self: a doubt
 * @units: (element-type utf8 utf8): the active states of lane units, by name
 * @table: all jobs
 *
 * The job's own unit, if it is known; else any that is nobody else's.
 *
 * Returns: whether its job may go on in one of @units
 */
gboolean
apm2_lease_doubt_may_be_in (const Apm2LeaseDoubt *self,
                            GHashTable *units,
                            Apm2JobTable *table)
{
  g_autoptr (GHashTable) left
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, NULL);
  Others others = { self, left };
  GHashTableIter iter;
  gpointer unit = NULL;
  gpointer state = NULL;

  g_hash_table_iter_init (&iter, units);
  while (g_hash_table_iter_next (&iter, &unit, &state))
    {
      if (!counts (self, state))
        continue;
      if (has_unit (self->job, unit))
        return TRUE;
      if (may_hold (self, unit))
        g_hash_table_add (left, unit);
    }
  if (self->job->units != NULL && self->job->units[0] != NULL)
    return FALSE;
  apm2_job_table_foreach (table, take_away, &others);
  return g_hash_table_size (left) > 0;
}

/**
 * apm2_lease_doubt_tell_waiting:
 * @self: a doubt whose job may go on in a unit
 *
 * Says so in the log, once.
 */
void
apm2_lease_doubt_tell_waiting (Apm2LeaseDoubt *self)
{
  const char *job_id = self->job->stored->id;

  if (self->told)
    return;
  self->told = TRUE;
  if (self->reason == APM2_LEASE_DOUBT_SILENT)
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.job = job_id, .worker = self->instance),
              "Job %s goes on in its unit without worker \"%s\"; it waits for "
              "the worker to come back",
              job_id,
              self->instance);
  else
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.job = job_id, .worker = self->instance),
              "Worker \"%s\" came back without job %s, which may go on in a "
              "unit; it waits for the unit to stop",
              self->instance,
              job_id);
}

/**
 * apm2_lease_doubt_tell_lost:
 * @self: a doubt that is none any more
 *
 * Says in the log that the attempt is lost.
 */
void
apm2_lease_doubt_tell_lost (const Apm2LeaseDoubt *self)
{
  const Apm2StoredJob *stored = self->job->stored;
  gboolean rebooted = self->reason == APM2_LEASE_DOUBT_REBOOTED;

  if (self->reason >= APM2_LEASE_DOUBT_UNWANTED)
    return;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.message_id = APM2_MSG_ATTEMPT_LOST,
                           .job = stored->id,
                           .worker = stored->worker,
                           .lane = stored->lane,
                           .reason = rebooted ? APM2_REASON_LOST
                                              : APM2_REASON_WORKER_LOST),
            "Attempt %u of job %s lost its worker \"%s\"%s",
            stored->attempt,
            stored->id,
            stored->worker != NULL ? stored->worker : "",
            rebooted ? " to a reboot" : "");
}

/**
 * apm2_lease_doubt_tell_refused:
 * @self: a doubt that is none any more
 * @error: why the store did not take that
 *
 * Says so in the log, once.
 */
void
apm2_lease_doubt_tell_refused (Apm2LeaseDoubt *self, const GError *error)
{
  const char *job_id = self->job->stored->id;

  if (!self->refused)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = job_id),
              "Cannot end the lease of job %s: %s; trying on",
              job_id,
              error->message);
  self->refused = TRUE;
}
