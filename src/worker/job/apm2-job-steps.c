/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The steps of an attempt, one after the other, within the time of the job.
 *
 * Which of them come after one that failed and is not allowed to is the job's
 * rule; none comes when it is told to stop. What happened stands in the record,
 * and is reported as it happens.
 */

#include "apm2-job-steps-private.h"

#include "apm2-checkout.h"
#include "apm2-error.h"
#include "apm2-job-rule.h"
#include "apm2-job-step.h"
#include "apm2-step-verdict.h"
#include "apm2-time.h"

G_DEFINE_FINAL_TYPE (Apm2JobSteps, apm2_job_steps, G_TYPE_OBJECT)

enum
{
  REPORT,
  DONE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void run_next_step (Apm2JobSteps *self);

static void
apm2_job_steps_finalize (GObject *object)
{
  Apm2JobSteps *self = APM2_JOB_STEPS (object);

  g_clear_object (&self->step_run);
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
  return self;
}

/* Whatever may fail: the job has had all that it may. */
static gboolean
is_used_up (Apm2JobSteps *self, const Apm2StepEnd *ended)
{
  return ended->kind == APM2_STEP_END_WORKSPACE_LIMIT
         || (self->job_timeout && ended->kind == APM2_STEP_END_TIMEOUT);
}

static gboolean
is_gate (Apm2JobSteps *self)
{
  return self->spec->kind == APM2_JOB_KIND_GATES
         && self->index >= self->sources->len;
}

/* Returns: TRUE if the next step may run. */
static gboolean
take_step_end (Apm2JobSteps *self, const Apm2StepEnd *ended)
{
  const Apm2Step *step = g_ptr_array_index (self->steps, self->index);
  g_autoptr (Apm2StepVerdict) verdict = apm2_step_verdict_new (
      ended,
      self->job_timeout ? self->lease->timeout_sec : step->timeout_sec,
      self->lease->log_bytes_max);
  Apm2JobState outcome = APM2_JOB_STATE_COMPLETED;

  apm2_job_record_end_step (self->record, self->index, ended, verdict);
  if (ended->kind == APM2_STEP_END_FENCED)
    self->fenced = TRUE;
  if (verdict->reason == NULL)
    return g_str_equal (verdict->result, "passed");
  if (self->index < self->sources->len)
    outcome = apm2_checkout_judge (self->spec, ended->exit_status, verdict);
  if (step->allow_failure && !is_used_up (self, ended))
    return TRUE;
  apm2_job_record_decide (self->record,
                          outcome,
                          verdict->reason,
                          "%s '%s' %s",
                          is_gate (self) ? "Gate" : "Step",
                          step->name,
                          verdict->message);
  self->over = is_used_up (self, ended)
               || !apm2_job_rule_goes_on (
                   self->spec, self->record, self->index, ended->kind);
  return !self->over;
}

/* A mirror can be lost at any time. */
static gboolean
begin_anew (Apm2JobSteps *self, const Apm2StepEnd *ended)
{
  if (self->stopping || ended->kind != APM2_STEP_END_SELF
      || !apm2_checkout_try_anew (
          self->sources, self->index, ended->exit_status))
    return FALSE;
  g_clear_object (&self->step_run);
  self->index = 0;
  run_next_step (self);
  return TRUE;
}

static void
on_step_ended (Apm2JobSteps *self, const Apm2StepEnd *ended)
{
  G_GNUC_UNUSED g_autoptr (Apm2JobSteps) keep = g_object_ref (self);
  gboolean may_go_on = FALSE;

  if (begin_anew (self, ended))
    return;
  may_go_on = take_step_end (self, ended);
  g_clear_object (&self->step_run);
  apm2_job_steps_set_log_bytes (self, ended->log_bytes);
  if (may_go_on && self->steps->len > 1)
    apm2_job_steps_set_progress (self, 1);
  apm2_job_steps_report (self, self->index);
  if (may_go_on)
    self->index++;
  if (may_go_on && !self->stopping)
    run_next_step (self);
  else
    g_signal_emit (self, signals[DONE], 0);
}

/* Returns: what a step may take, 0: any time; -1 if the job has none left. */
static gint64
get_step_time (Apm2JobSteps *self, const Apm2Step *step)
{
  gint64 left = self->deadline - apm2_time_boottime_usec ();
  gint64 own = (gint64) (step->timeout_sec * G_USEC_PER_SEC);

  self->job_timeout = self->deadline != 0 && (own == 0 || left < own);
  if (!self->job_timeout)
    return own;
  return left > 0 ? left : -1;
}

static void
follow (Apm2JobSteps *self)
{
  apm2_job_steps_follow (self);
  g_signal_connect_object (self->step_run,
                           "ended",
                           G_CALLBACK (on_step_ended),
                           self,
                           G_CONNECT_SWAPPED);
}

static void
start_step (Apm2JobSteps *self, const Apm2Step *step, gint64 timeout)
{
  const Apm2JobStepTerms terms = {
    .progress = { .record = self->record,
                  .index = self->index,
                  .deadline = self->deadline,
                  .job_timeout = self->job_timeout },
    .timeout_usec = (guint64) timeout,
    .outside = self->index + 1 < self->sources->len,
    .fence = self->fence,
    .disk = self->disk,
  };
  g_autoptr (GError) error = NULL;

  self->step_run
      = apm2_job_step_start (step, self->place, self->lease, &terms, &error);
  apm2_job_reporter_begin_step (
      self->reporter,
      self->steps->len,
      apm2_job_record_describe_step (self->record, self->index));
  if (self->step_run == NULL)
    {
      g_autoptr (Apm2StepEnd) ended
          = apm2_step_end_new (APM2_STEP_END_SPAWN_FAILED);

      ended->message = g_strdup (error->message);
      on_step_ended (self, ended);
      return;
    }
  follow (self);
}

/* They are skipped in the record from the beginning. */
static void
skip_steps (Apm2JobSteps *self)
{
  while (self->index < self->steps->len
         && !apm2_job_rule_may_begin (self->spec, self->record, self->index))
    {
      apm2_job_steps_report (self, self->index);
      self->index++;
    }
}

static void
run_next_step (Apm2JobSteps *self)
{
  const Apm2Step *step = NULL;
  Apm2StepResult *entry = NULL;
  gint64 timeout = 0;

  skip_steps (self);
  if (self->index == self->steps->len)
    {
      g_signal_emit (self, signals[DONE], 0);
      return;
    }
  step = g_ptr_array_index (self->steps, self->index);
  timeout = get_step_time (self, step);
  if (timeout < 0)
    {
      apm2_job_record_decide (self->record,
                              APM2_JOB_STATE_COMPLETED,
                              APM2_REASON_TIMEOUT,
                              "Step '%s' was not begun: the job's %" //
                              G_GUINT64_FORMAT " s were over",
                              step->name,
                              self->lease->timeout_sec);
      self->over = TRUE;
      g_signal_emit (self, signals[DONE], 0);
      return;
    }
  entry = apm2_job_record_get_step (self->record, self->index);
  apm2_job_record_set_result (entry, APM2_STEP_RESULT_RUNNING);
  entry->started_at = apm2_time_realtime_usec ();
  apm2_job_reporter_set_status (self->reporter, "");
  apm2_job_reporter_set_unit (self->reporter,
                              apm2_job_place_get_unit (self->place));
  start_step (self, step, timeout);
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
  self->index = MIN (adoption->index, self->steps->len);
  self->deadline = adoption->deadline;
  self->job_timeout = adoption->job_timeout;
  self->step_run = g_steal_pointer (&adoption->step_run);
  if (self->step_run != NULL)
    follow (self);
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
  g_signal_emit (self, signals[DONE], 0);
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
  else if (self->step_run == NULL)
    run_next_step (self);
}

/**
 * apm2_job_steps_stop:
 * @self: the steps
 * @grace_usec: between TERM and KILL
 *
 * Ends the running step, and begins no other.
 */
void
apm2_job_steps_stop (Apm2JobSteps *self, guint64 grace_usec)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  self->stopping = TRUE;
  if (self->step_run != NULL)
    apm2_step_run_terminate (self->step_run, grace_usec);
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
  if (self->step_run != NULL)
    apm2_step_run_set_fence (self->step_run, boottime);
}

/**
 * apm2_job_steps_repeat_reports:
 * @self: the steps
 *
 * Tells of every step that has begun, for a broker that remembers nothing.
 */
void
apm2_job_steps_repeat_reports (Apm2JobSteps *self)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  apm2_job_reporter_repeat (self->reporter);
  for (guint i = 0; i <= self->index && i < self->steps->len; i++)
    {
      if (i < self->index
          || apm2_job_record_get_step (self->record, i)->started_at != 0)
        apm2_job_steps_report (self, i);
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
  g_return_val_if_fail (APM2_IS_JOB_STEPS (self), FALSE);

  return self->over || self->index == self->steps->len
         || (!self->begun && apm2_job_record_is_decided (self->record));
}
