/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The steps of an attempt, in the order that they need, within the time of the
 * job.
 *
 * Which of them come after one that failed and is not allowed to is the job's
 * rule; none comes when it is told to stop. What happened stands in the record,
 * and is reported as it happens.
 */

#include "apm2-job-steps-private.h"

#include "apm2-checkout.h"
#include "apm2-error.h"
#include "apm2-job-wave.h"
#include "apm2-time.h"

G_DEFINE_FINAL_TYPE (Apm2JobSteps, apm2_job_steps, G_TYPE_OBJECT)

enum
{
  REPORT,
  DONE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void go_on (Apm2JobSteps *self);

static void
apm2_job_steps_finalize (GObject *object)
{
  Apm2JobSteps *self = APM2_JOB_STEPS (object);

  g_ptr_array_unref (self->running);
  g_free (self->skipped);
  g_clear_object (&self->place);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->reporter, apm2_job_reporter_free);
  G_OBJECT_CLASS (apm2_job_steps_parent_class)->finalize (object);
}

static void
apm2_job_steps_class_init (Apm2JobStepsClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_job_steps_finalize;
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
  signals[DONE] = g_signal_new (
      "done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
apm2_job_steps_init (Apm2JobSteps *self)
{
  self->steps = g_ptr_array_new ();
  self->running = g_ptr_array_new ();
}

static void
send_report (GVariant *report, gpointer user_data)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (report);

  g_signal_emit (user_data, signals[REPORT], 0, owned);
}

static void
add_step (Apm2JobSteps *self, Apm2Step *step)
{
  g_ptr_array_add (self->steps, step);
  if (self->record->steps->len < self->steps->len)
    (void) apm2_job_record_add_step (self->record, step->name);
}

/**
 * apm2_job_steps_new:
 * @place: where they run
 * @spec: what they are; those of apm2_checkout_new_steps() come first
 * @lease: (transfer none): must outlive the steps
 * @record: (transfer none): must outlive the steps; they are added to it,
 * unless it has them from before
 *
 * Returns: (transfer full): the steps, none of them begun
 */
Apm2JobSteps *
apm2_job_steps_new (Apm2JobPlace *place,
                    Apm2JobSpec *spec,
                    const Apm2Lease *lease,
                    Apm2JobRecord *record)
{
  Apm2JobSteps *self = g_object_new (APM2_TYPE_JOB_STEPS, NULL);

  self->place = g_object_ref (place);
  self->spec = apm2_job_spec_ref (spec);
  self->lease = lease;
  self->record = record;
  self->reporter = apm2_job_reporter_new (send_report, self);
  self->sources = apm2_checkout_new_steps (spec, place);
  for (guint i = 0; i < self->sources->len; i++)
    add_step (self, g_ptr_array_index (self->sources, i));
  for (guint i = 0; i < spec->steps->len; i++)
    add_step (self, g_ptr_array_index (spec->steps, i));
  self->skipped = g_new0 (gboolean, self->steps->len);
  return self;
}

static void
terminate_all (Apm2JobSteps *self, guint64 grace_usec)
{
  for (guint i = 0; i < self->running->len; i++)
    {
      const Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      if (running->run != NULL)
        apm2_step_run_terminate (running->run, grace_usec);
    }
}

/* A mirror can be lost at any time. */
static gboolean
begin_anew (Apm2JobSteps *self,
            Apm2RunningStep *running,
            const Apm2StepEnd *ended)
{
  if (self->stopping || ended->kind != APM2_STEP_END_SELF
      || !apm2_checkout_try_anew (
          self->sources, running->index, ended->exit_status))
    return FALSE;
  for (guint i = 0; i < self->sources->len; i++)
    apm2_job_record_reset_step (self->record, i);
  return TRUE;
}

/* Steps of a lane share its memory: what was too much for two may be enough for
 * one, and a verdict shall not depend on who ran beside it. */
static gboolean
begin_alone (Apm2JobSteps *self,
             Apm2RunningStep *running,
             const Apm2StepEnd *ended)
{
  if (self->stopping || !running->beside || ended->kind != APM2_STEP_END_OOM
      || !apm2_job_place_takes_waves (self->place))
    return FALSE;
  self->alone = TRUE;
  apm2_job_record_reset_step (self->record, running->index);
  return TRUE;
}

static void
finish (Apm2JobSteps *self)
{
  if (self->done)
    return;
  self->done = TRUE;
  g_signal_emit (self, signals[DONE], 0);
}

/* Begins what can begin; ends when nothing runs any more. */
static void
go_on (Apm2JobSteps *self)
{
  if (!self->stopping && !self->over && !self->interrupted)
    (void) apm2_job_steps_begin_ready (self);
  if (self->running->len == 0)
    finish (self);
}

/**
 * apm2_job_steps_take_end:
 * @running: (transfer full): a step that has ended
 * @ended: how
 */
void
apm2_job_steps_take_end (Apm2RunningStep *running, const Apm2StepEnd *ended)
{
  g_autoptr (Apm2JobSteps) self = g_object_ref (running->owner);
  guint index = running->index;

  if (begin_anew (self, running, ended) || begin_alone (self, running, ended))
    {
      (void) g_ptr_array_remove (self->running, running);
      go_on (self);
      return;
    }
  apm2_job_steps_judge (running, ended);
  (void) g_ptr_array_remove (self->running, running);
  apm2_job_steps_set_log_bytes (self, index, ended->log_bytes);
  if (!self->over && !self->interrupted && self->steps->len > 1)
    apm2_job_steps_update_progress (self);
  apm2_job_steps_report (self, index);
  /* The others have no less on the disk. */
  if (ended->kind == APM2_STEP_END_WORKSPACE_LIMIT)
    terminate_all (self, self->lease->kill_grace_usec);
  go_on (self);
}

static gboolean
is_running (Apm2JobSteps *self, guint index)
{
  for (guint i = 0; i < self->running->len; i++)
    {
      const Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      if (running->index == index)
        return TRUE;
    }
  return FALSE;
}

/**
 * apm2_job_steps_resume:
 * @self: steps of which none has begun here
 * @adoption: (transfer none): how far they have come elsewhere
 *
 * What follows goes on from there.
 */
void
apm2_job_steps_resume (Apm2JobSteps *self, Apm2Adoption *adoption)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->resumed = TRUE;
  self->deadline = adoption->deadline;
  for (guint i = 0; i < adoption->runs->len; i++)
    {
      const Apm2AdoptedRun *adopted = g_ptr_array_index (adoption->runs, i);
      Apm2RunningStep *running = NULL;

      if (adopted->index >= self->steps->len)
        continue;
      running = apm2_job_steps_add_running (
          self, adopted->index, adopted->job_timeout);
      running->run = g_object_ref (adopted->run);
      apm2_job_steps_follow (running);
    }
  apm2_job_steps_mark_beside (self);
  /* They were about to begin. */
  for (guint i = 0; i < self->steps->len; i++)
    {
      const Apm2StepResult *entry = apm2_job_record_get_step (self->record, i);

      if (g_str_equal (entry->result, APM2_STEP_RESULT_RUNNING)
          && !is_running (self, i))
        apm2_job_record_reset_step (self->record, i);
    }
}

/* The error begins with its code, which is the reason's already. */
static void
deny (Apm2JobSteps *self, const GError *error)
{
  const char *words = strchr (error->message, ' ');

  apm2_job_record_decide (self->record,
                          APM2_JOB_STATE_DENIED,
                          APM2_REASON_DISK_SPACE,
                          "Not begun:%s",
                          words != NULL ? words : "");
  self->over = TRUE;
  finish (self);
}

/**
 * apm2_job_steps_start:
 * @self: steps of which none has begun
 *
 * Begins; the job's time does, too. "done" comes when none runs and none will.
 */
void
apm2_job_steps_start (Apm2JobSteps *self)
{
  g_autoptr (GError) error = NULL;
  guint64 seconds = 0;

  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->begun = TRUE;
  seconds = MIN (self->lease->timeout_sec, APM2_TIMEOUT_SEC_MAX);
  if (seconds > 0 && !self->resumed)
    self->deadline
        = apm2_time_boottime_usec () + (gint64) (seconds * G_USEC_PER_SEC);
  if (!apm2_job_disk_look (&self->disk, self->place, self->spec->lane, &error)
      && !self->resumed
      && g_error_matches (error, APM2_ERROR, APM2_ERROR_DENIED))
    deny (self, error);
  else if (self->running->len == 0)
    go_on (self);
}

/**
 * apm2_job_steps_set_held:
 * @self: the steps, in a place that can hold one
 * @held: whether a step that is started waits; if not, one that waits runs
 */
void
apm2_job_steps_set_held (Apm2JobSteps *self, gboolean held)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->held = held;
  for (guint i = 0; !held && i < self->running->len; i++)
    {
      const Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      if (running->run != NULL)
        apm2_step_run_release (running->run);
    }
}

/**
 * apm2_job_steps_stop:
 * @self: the steps
 * @grace_usec: between TERM and KILL
 *
 * Ends the running steps, and begins no other.
 */
void
apm2_job_steps_stop (Apm2JobSteps *self, guint64 grace_usec)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->stopping = TRUE;
  terminate_all (self, grace_usec);
}

/**
 * apm2_job_steps_set_fence:
 * @self: the steps
 * @boottime: when none of them may run any more, unless this is called again
 */
void
apm2_job_steps_set_fence (Apm2JobSteps *self, gint64 boottime)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->fence = boottime;
  for (guint i = 0; i < self->running->len; i++)
    {
      const Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      if (running->run != NULL)
        apm2_step_run_set_fence (running->run, boottime);
    }
}

gboolean
apm2_job_steps_is_fenced (Apm2JobSteps *self)
{
  return self->fenced;
}

gboolean
apm2_job_steps_is_complete (Apm2JobSteps *self)
{
  guint next = 0;

  g_return_val_if_fail (APM2_IS_JOB_STEPS (self), FALSE);

  if (self->over || (!self->begun && apm2_job_record_is_decided (self->record)))
    return TRUE;
  return !self->interrupted && self->running->len == 0
         && apm2_job_wave_find_ready (self->spec, self->record, &next, 1) == 0;
}
