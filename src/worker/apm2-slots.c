/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The slots of the worker: which jobs run, and what their ends mean.
 *
 * A slot is busy from the lease until no process of its job lives. There is
 * never more than one attempt of a job: a new lease for a job whose old attempt
 * is still dying waits for that. A job whose lease is only hinted at has no
 * slot yet, but what can be is ready for it.
 */

#include "apm2-slots-private.h"

#include "apm2-job-run.h"
#include "apm2-log.h"
#include "apm2-message-id.h"

G_DEFINE_FINAL_TYPE (Apm2Slots, apm2_slots, G_TYPE_OBJECT)

static guint changed_signal;

static void
apm2_slots_finalize (GObject *object)
{
  Apm2Slots *self = APM2_SLOTS (object);

  g_clear_pointer (&self->hinted, apm2_hinted_job_free);
  g_clear_object (&self->link);
  g_clear_object (&self->executor);
  g_hash_table_unref (self->runs);
  g_hash_table_unref (self->waiting);
  G_OBJECT_CLASS (apm2_slots_parent_class)->finalize (object);
}

static void
apm2_slots_class_init (Apm2SlotsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_slots_finalize;
  changed_signal = g_signal_new ("changed",
                                 G_TYPE_FROM_CLASS (klass),
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 0);
}

static void
apm2_slots_init (Apm2Slots *self)
{
  self->runs
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->waiting = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) apm2_lease_free);
}

static void
note_change (Apm2Slots *self)
{
  guint busy = apm2_slots_get_n_busy (self);
  guint free = self->n_slots > busy ? self->n_slots - busy : 0;

  apm2_broker_link_set_free_slots (self->link, self->stopping ? 0 : free);
  g_signal_emit (self, changed_signal, 0);
}

static void
settle (Apm2Slots *self, Apm2JobRun *run)
{
  const char *job_id = apm2_job_run_get_job_id (run);
  guint64 token = apm2_job_run_get_token (run);

  switch (apm2_job_run_get_end (run))
    {
    case APM2_JOB_RUN_FINISHED:
      apm2_slot_counts_add (&self->counts, apm2_job_run_get_record (run));
      apm2_broker_link_finish (
          self->link, job_id, token, apm2_job_run_get_result (run));
      break;
    case APM2_JOB_RUN_GIVEN_BACK:
      apm2_broker_link_give_back (self->link, job_id, token);
      break;
    case APM2_JOB_RUN_ABANDONED:
      apm2_broker_link_forget (self->link, job_id, token);
      break;
    default:
      g_return_if_reached ();
    }
}

static void
on_report (Apm2Slots *self, GVariant *report, Apm2JobRun *run)
{
  apm2_broker_link_report (self->link,
                           apm2_job_run_get_job_id (run),
                           apm2_job_run_get_token (run),
                           report);
}

static void on_ended (Apm2Slots *self, Apm2JobRun *ended);

static void
add_run (Apm2Slots *self, Apm2JobRun *run)
{
  g_hash_table_insert (
      self->runs, g_strdup (apm2_job_run_get_job_id (run)), run);
  g_signal_connect_object (
      run, "report", G_CALLBACK (on_report), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      run, "ended", G_CALLBACK (on_ended), self, G_CONNECT_SWAPPED);
  apm2_job_run_set_fence (run, apm2_broker_link_get_fence (self->link));
}

static void
start (Apm2Slots *self, Apm2Lease *lease)
{
  g_autoptr (Apm2JobRun) run = apm2_hinted_job_take (self->hinted, lease);
  gboolean held = run != NULL;

  if (!held)
    run = apm2_job_run_new (self->executor, apm2_lease_copy (lease));
  add_run (self, g_object_ref (run));
  if (held)
    apm2_job_run_release (run);
  else
    apm2_job_run_start (run);
  apm2_log (
      G_LOG_LEVEL_DEBUG,
      APM2_LOG_WITH (.message_id = APM2_MSG_JOB_STARTED, .job = lease->job_id),
      "Running job %s, attempt %u",
      lease->job_id,
      lease->attempt);
  apm2_lease_free (lease);
}

static Apm2Lease *
take_waiting (Apm2Slots *self, const char *job_id)
{
  gpointer lease = NULL;

  (void) g_hash_table_steal_extended (self->waiting, job_id, NULL, &lease);
  return lease;
}

static void
on_ended (Apm2Slots *self, Apm2JobRun *ended)
{
  g_autoptr (Apm2JobRun) run = g_object_ref (ended);
  const char *job_id = apm2_job_run_get_job_id (run);
  Apm2Lease *next = NULL;

  (void) g_hash_table_remove (self->runs, job_id);
  settle (self, run);
  next = take_waiting (self, job_id);
  if (next != NULL)
    start (self, next);
  note_change (self);
}

static void
on_leased (Apm2Slots *self, Apm2Lease *lease)
{
  Apm2JobRun *old = g_hash_table_lookup (self->runs, lease->job_id);

  if (old != NULL)
    {
      apm2_job_run_abandon (old);
      g_hash_table_replace (self->waiting, lease->job_id, lease);
    }
  else
    start (self, lease);
  note_change (self);
}

static void
on_hinted (Apm2Slots *self, Apm2Lease *lease)
{
  /* Nothing is gained by it where a step is not held. */
  if (self->stopping || !apm2_executor_outlives (self->executor)
      || g_hash_table_contains (self->runs, lease->job_id))
    apm2_lease_free (lease);
  else
    apm2_hinted_job_set (self->hinted, lease);
}

static void
on_stale (Apm2Slots *self, const char *job_id)
{
  Apm2JobRun *run = g_hash_table_lookup (self->runs, job_id);

  /* One that waits is newer than the one that runs, so it is meant. */
  if (g_hash_table_remove (self->waiting, job_id))
    note_change (self);
  else if (run != NULL)
    apm2_job_run_abandon (run);
}

static void
on_cancel_requested (Apm2Slots *self,
                     const char *job_id,
                     guint64 token,
                     const char *reason)
{
  Apm2JobRun *run = g_hash_table_lookup (self->runs, job_id);

  /* One that is not here has ended, and its result is on the way. */
  if (run != NULL && apm2_job_run_get_token (run) == token)
    apm2_job_run_cancel (run, reason);
}

static void
on_contact (Apm2Slots *self)
{
  gint64 fence = apm2_broker_link_get_fence (self->link);
  GHashTableIter iter;
  gpointer run = NULL;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    apm2_job_run_set_fence (run, fence);
}

/* It may be a new broker, which knows of our leases but not what runs. */
static void
on_registered (Apm2Slots *self)
{
  GHashTableIter iter;
  gpointer run = NULL;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    apm2_job_run_repeat_reports (run);
}

static void
listen (Apm2Slots *self, const char *name, GCallback func)
{
  g_signal_connect_object (self->link, name, func, self, G_CONNECT_SWAPPED);
}

/**
 * apm2_slots_new:
 * @link: where leases come from
 * @executor: runs the steps
 * @n_slots: how many jobs at once
 *
 * Returns: (transfer full): closed slots
 */
Apm2Slots *
apm2_slots_new (Apm2BrokerLink *link, Apm2Executor *executor, guint n_slots)
{
  Apm2Slots *self = g_object_new (APM2_TYPE_SLOTS, NULL);

  self->link = g_object_ref (link);
  self->executor = g_object_ref (executor);
  self->n_slots = n_slots;
  self->hinted = apm2_hinted_job_new (executor);
  listen (self, "registered", G_CALLBACK (on_registered));
  listen (self, "leased", G_CALLBACK (on_leased));
  g_signal_connect_object (apm2_broker_link_get_parker (link),
                           "hinted",
                           G_CALLBACK (on_hinted),
                           self,
                           G_CONNECT_SWAPPED);
  listen (self, "stale", G_CALLBACK (on_stale));
  listen (self, "contact", G_CALLBACK (on_contact));
  listen (self, "cancel-requested", G_CALLBACK (on_cancel_requested));
  return self;
}

/**
 * apm2_slots_open:
 * @self: the slots
 *
 * Asks for jobs from now on.
 */
void
apm2_slots_open (Apm2Slots *self)
{
  g_return_if_fail (APM2_IS_SLOTS (self));

  note_change (self);
}

/**
 * apm2_slots_adopt:
 * @self: slots that are not open
 * @adoption: (transfer full): a job that an earlier process has begun
 */
void
apm2_slots_adopt (Apm2Slots *self, Apm2Adoption *adoption)
{
  const Apm2Lease *lease = adoption->lease;
  Apm2JobRun *run = NULL;

  g_return_if_fail (APM2_IS_SLOTS (self));

  apm2_broker_link_adopt (self->link, lease->job_id, lease->token);
  run = apm2_job_run_new_adopted (adoption);
  add_run (self, run);
  apm2_job_run_start (run);
}

/**
 * apm2_slots_close:
 * @self: the slots
 *
 * Takes no more jobs; those that run go on.
 */
void
apm2_slots_close (Apm2Slots *self)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_return_if_fail (APM2_IS_SLOTS (self));

  self->stopping = TRUE;
  apm2_hinted_job_drop (self->hinted);
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2Lease *lease = value;

      apm2_broker_link_give_back (self->link, lease->job_id, lease->token);
      g_hash_table_iter_remove (&iter);
    }
  note_change (self);
}

static gboolean
leave (Apm2Slots *self, Apm2JobRun *run)
{
  const char *job_id = apm2_job_run_get_job_id (run);

  if (!apm2_executor_outlives (self->executor) || !apm2_job_run_leave (run))
    return FALSE;
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.job = job_id),
            "Leaving job %s to the next worker; it runs on",
            job_id);
  apm2_broker_link_leave (self->link, job_id, apm2_job_run_get_token (run));
  return TRUE;
}

/**
 * apm2_slots_stop:
 * @self: the slots
 * @grace_usec: how long jobs may take to end
 *
 * Takes no more jobs. Those that run are left to the next process, if they
 * outlive this one. Others are given back, each when none of its processes
 * lives; calling it again with less grace hastens that.
 */
void
apm2_slots_stop (Apm2Slots *self, guint64 grace_usec)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_return_if_fail (APM2_IS_SLOTS (self));

  apm2_slots_close (self);
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      if (leave (self, value))
        g_hash_table_iter_remove (&iter);
      else
        apm2_job_run_give_back (value, grace_usec);
    }
  note_change (self);
}
