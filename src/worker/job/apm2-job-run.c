/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One attempt of one job, from its lease to its result.
 *
 * Check the spec, make the workspace, run the steps in their order, remove
 * the workspace, tell. Whoever wants an earlier end says so at any time; it
 * takes effect where the attempt stands, and a job that was quicker keeps its
 * true outcome. The end is told when no process of the job lives.
 */

#include "apm2-job-run-private.h"

#include "apm2-job-check.h"
#include "apm2-log.h"
#include "apm2-time.h"

G_DEFINE_FINAL_TYPE (Apm2JobRun, apm2_job_run, G_TYPE_OBJECT)

enum
{
  REPORT,
  ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
apm2_job_run_finalize (GObject *object)
{
  Apm2JobRun *self = APM2_JOB_RUN (object);

  g_clear_object (&self->steps);
  g_clear_object (&self->place);
  g_clear_object (&self->executor);
  g_clear_pointer (&self->adoption, apm2_adoption_free);
  g_clear_pointer (&self->record, apm2_job_record_free);
  g_clear_pointer (&self->lease, apm2_lease_free);
  g_free (self->cancel_reason);
  G_OBJECT_CLASS (apm2_job_run_parent_class)->finalize (object);
}

static void
apm2_job_run_class_init (Apm2JobRunClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_job_run_finalize;
  signals[REPORT] = g_signal_new ("report",
                                  type,
                                  G_SIGNAL_RUN_LAST,
                                  0,
                                  NULL,
                                  NULL,
                                  NULL,
                                  G_TYPE_NONE,
                                  1,
                                  G_TYPE_VARIANT);
  signals[ENDED] = g_signal_new (
      "ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
apm2_job_run_init (Apm2JobRun *self)
{
}

/**
 * apm2_job_run_new:
 * @executor: runs the steps
 * @lease: (transfer full): the job
 *
 * Returns: (transfer full): an attempt that has not begun
 */
Apm2JobRun *
apm2_job_run_new (Apm2Executor *executor, Apm2Lease *lease)
{
  Apm2JobRun *self = g_object_new (APM2_TYPE_JOB_RUN, NULL);

  self->executor = g_object_ref (executor);
  self->lease = lease;
  self->record = apm2_job_record_new ();
  return self;
}

/**
 * apm2_job_run_new_adopted:
 * @adoption: (transfer full): a job that an earlier process has begun
 *
 * Returns: (transfer full): an attempt that goes on where it stands when it is
 *   started
 */
Apm2JobRun *
apm2_job_run_new_adopted (Apm2Adoption *adoption)
{
  Apm2JobRun *self = g_object_new (APM2_TYPE_JOB_RUN, NULL);

  self->lease = g_steal_pointer (&adoption->lease);
  self->place = g_steal_pointer (&adoption->place);
  self->record = g_steal_pointer (&adoption->record);
  self->adoption = adoption;
  return self;
}

/* A job that was quicker than the wish to end it keeps its own end. Gates that
 * are given back after one has failed begin anew, to tell of all. */
void
apm2_job_run_end (Apm2JobRun *self)
{
  G_GNUC_UNUSED g_autoptr (Apm2JobRun) keep = g_object_ref (self);
  gboolean complete
      = (self->steps != NULL && apm2_job_steps_is_complete (self->steps))
        || ((self->wish != WISH_GIVE_BACK || self->steps == NULL)
            && apm2_job_record_is_decided (self->record));

  if (self->wish == WISH_ABANDON)
    self->end = APM2_JOB_RUN_ABANDONED;
  else if (complete)
    self->end = APM2_JOB_RUN_FINISHED;
  else if (self->wish == WISH_CANCEL)
    {
      apm2_job_record_decide (self->record,
                              APM2_JOB_STATE_CANCELLED,
                              APM2_REASON_CANCELLED,
                              "%s",
                              self->cancel_reason);
      self->end = APM2_JOB_RUN_FINISHED;
    }
  else
    self->end = APM2_JOB_RUN_GIVEN_BACK;
  self->ended = TRUE;
  g_signal_emit (self, signals[ENDED], 0);
}

static void
on_place_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2JobRun) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_job_place_clear_finish (self->place, result, &error))
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = self->lease->job_id),
              "Something of job %s is left behind: %s",
              self->lease->job_id,
              error->message);
  apm2_job_run_end (self);
}

static void
clear_place (Apm2JobRun *self)
{
  apm2_job_place_clear_async (
      self->place, on_place_cleared, g_object_ref (self));
}

static void
on_report (Apm2JobRun *self, GVariant *report)
{
  if (self->held)
    self->unheard = TRUE;
  else if (self->wish != WISH_ABANDON)
    g_signal_emit (self, signals[REPORT], 0, report);
}

static void
on_steps_done (Apm2JobRun *self)
{
  self->stepping = FALSE;
  if (apm2_job_steps_is_fenced (self->steps))
    self->wish = WISH_ABANDON;
  clear_place (self);
}

static void
begin_steps (Apm2JobRun *self)
{
  self->stepping = TRUE;
  if (self->fence != 0)
    apm2_job_steps_set_fence (self->steps, self->fence);
  apm2_job_steps_set_held (self->steps, self->held);
  apm2_job_steps_start (self->steps);
}

static void
on_place_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2JobRun) self = user_data;
  g_autoptr (GError) error = NULL;

  self->preparing = FALSE;
  if (!apm2_job_place_prepare_finish (self->place, result, &error)
      && self->wish == WISH_NONE)
    apm2_job_record_decide (self->record,
                            APM2_JOB_STATE_COMPLETED,
                            APM2_REASON_SPAWN_FAILED,
                            "The workspace could not be made: %s",
                            error->message);
  if (error != NULL || self->wish != WISH_NONE)
    {
      clear_place (self);
      return;
    }
  begin_steps (self);
}

void
apm2_job_run_make_steps (Apm2JobRun *self, Apm2JobSpec *spec)
{
  if (self->place == NULL)
    self->place = apm2_executor_open_place (self->executor, self->lease, spec);
  self->steps
      = apm2_job_steps_new (self->place, spec, self->lease, self->record);
  g_signal_connect_object (
      self->steps, "report", G_CALLBACK (on_report), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->steps, "done", G_CALLBACK (on_steps_done), self, G_CONNECT_SWAPPED);
}

void
apm2_job_run_prepare (Apm2JobRun *self)
{
  self->record->started_at = apm2_time_realtime_usec ();
  self->preparing = TRUE;
  apm2_job_place_prepare_async (
      self->place, on_place_prepared, g_object_ref (self));
}

static gboolean
on_turned (gpointer user_data)
{
  Apm2JobRun *self = user_data;

  if (self->steps == NULL)
    apm2_job_run_end (self);
  else
    begin_steps (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_job_run_start:
 * @self: an attempt that has not begun
 *
 * Begins. Nothing is told before the main loop turns.
 */
void
apm2_job_run_start (Apm2JobRun *self)
{
  g_autoptr (Apm2JobSpec) spec = NULL;

  g_return_if_fail (APM2_IS_JOB_RUN (self));
  g_return_if_fail (self->steps == NULL);

  spec = apm2_job_check_spec (self->lease, self->record);
  if (spec != NULL)
    apm2_job_run_make_steps (self, spec);
  if (spec != NULL && self->adoption != NULL)
    apm2_job_steps_resume (self->steps, self->adoption);
  if (spec == NULL || self->adoption != NULL)
    {
      g_idle_add_full (
          G_PRIORITY_DEFAULT, on_turned, g_object_ref (self), g_object_unref);
      return;
    }
  apm2_job_run_prepare (self);
}

static void
wish_for (Apm2JobRun *self, Apm2JobRunWish wish, guint64 grace_usec)
{
  if (self->ended || wish < self->wish)
    return;
  self->wish = wish;
  if (self->stepping)
    apm2_job_steps_stop (self->steps, grace_usec);
  else if (self->preparing)
    apm2_job_place_give_up (self->place);
}

/**
 * apm2_job_run_cancel:
 * @self: an attempt
 * @reason: words of the operator, may be empty
 *
 * Ends it as cancelled, or as what it became if it was quicker.
 */
void
apm2_job_run_cancel (Apm2JobRun *self, const char *reason)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  /* The broker repeats itself; a second request must not prolong the grace. */
  if (self->wish >= WISH_CANCEL)
    return;
  self->cancel_reason = g_strdup (reason);
  wish_for (self, WISH_CANCEL, self->lease->kill_grace_usec);
}

/**
 * apm2_job_run_give_back:
 * @self: an attempt
 * @grace_usec: between TERM and KILL, at most; 0 for a second, harder call
 *
 * Ends it so that it can begin anew elsewhere.
 */
void
apm2_job_run_give_back (Apm2JobRun *self, guint64 grace_usec)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  grace_usec = MIN (grace_usec, self->lease->kill_grace_usec);
  wish_for (self, MAX (self->wish, WISH_GIVE_BACK), grace_usec);
}

/**
 * apm2_job_run_abandon:
 * @self: an attempt whose lease is somebody else's by now
 *
 * Kills it and says nothing.
 */
void
apm2_job_run_abandon (Apm2JobRun *self)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  wish_for (self, WISH_ABANDON, 0);
}

/**
 * apm2_job_run_leave:
 * @self: an attempt of an executor that outlives this process
 *
 * Leaves it to the next process, if its steps have begun. Nothing more is told
 * of it then.
 *
 * Returns: %FALSE if there is nothing to leave yet
 */
gboolean
apm2_job_run_leave (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), FALSE);

  if (!self->stepping || self->wish != WISH_NONE)
    return FALSE;
  (void) g_signal_handlers_disconnect_by_data (self->steps, self);
  return TRUE;
}

/**
 * apm2_job_run_repeat_reports:
 * @self: an attempt
 *
 * Tells again what it has told, for a broker that remembers nothing.
 */
void
apm2_job_run_repeat_reports (Apm2JobRun *self)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  if (self->steps != NULL && !self->ended)
    apm2_job_steps_repeat_reports (self->steps);
}

/**
 * apm2_job_run_set_fence:
 * @self: an attempt
 * @boottime: until when its lease is ours for certain
 */
void
apm2_job_run_set_fence (Apm2JobRun *self, gint64 boottime)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  self->fence = boottime;
  if (self->stepping)
    apm2_job_steps_set_fence (self->steps, boottime);
}

const Apm2Lease *
apm2_job_run_get_lease (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), NULL);

  return self->lease;
}

const char *
apm2_job_run_get_job_id (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), NULL);

  return self->lease->job_id;
}

guint64
apm2_job_run_get_token (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), 0);

  return self->lease->token;
}

Apm2JobRunEnd
apm2_job_run_get_end (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), APM2_JOB_RUN_ABANDONED);

  return self->end;
}

/**
 * apm2_job_run_get_result:
 * @self: an attempt that has ended
 *
 * Returns: (transfer floating): the a{sv} for the broker's Finish
 */
GVariant *
apm2_job_run_get_result (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), NULL);

  return apm2_job_record_to_result (
      self->record,
      self->place != NULL ? apm2_job_place_get_containment (self->place)
                          : "none");
}

const Apm2JobRecord *
apm2_job_run_get_record (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), NULL);

  return self->record;
}
