/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The steps of an attempt, one after the other, within the time of the job.
 *
 * Stops at the first that fails and is not allowed to, and where it is told to.
 * What happened stands in the record, and is reported as it happens.
 */

#include "apm2-job-steps.h"

#include "apm2-checkout.h"
#include "apm2-job-reporter.h"
#include "apm2-step-env.h"
#include "apm2-step-verdict.h"
#include "apm2-time.h"

struct _Apm2JobSteps
{
  GObject parent_instance;

  Apm2Executor *executor;
  Apm2Workspace *workspace;
  Apm2JobSpec *spec;
  const Apm2Lease *lease; /* borrowed: of whoever runs us */
  Apm2JobRecord *record;  /* borrowed: the same */
  GPtrArray *steps;   /* (element-type Apm2Step) of spec, but for checkout */
  Apm2Step *checkout; /* (nullable) */
  Apm2JobReporter *reporter;
  Apm2StepRun *step_run; /* (nullable) */
  guint index;           /* of the step that runs or comes next */
  gint64 deadline;       /* of the job, boottime; 0: none */
  gboolean job_timeout;  /* the running step's deadline is the job's */
  gint64 fence;          /* boottime; 0: none */
  gboolean fenced;       /* a step ran into it */
  gboolean stopping;
};

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
  g_clear_object (&self->executor);
  g_clear_pointer (&self->workspace, apm2_workspace_unref);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->checkout, apm2_step_free);
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
  (void) apm2_job_record_add_step (self->record, step->name);
}

/**
 * apm2_job_steps_new:
 * @executor: runs them
 * @workspace: where they work
 * @spec: what they are; a source adds a first one, the checkout
 * @lease: (transfer none): must outlive the steps
 * @record: (transfer none): must outlive the steps; they are added to it
 *
 * The job's time begins.
 *
 * Returns: (transfer full): the steps, none of them begun
 */
Apm2JobSteps *
apm2_job_steps_new (Apm2Executor *executor,
                    Apm2Workspace *workspace,
                    Apm2JobSpec *spec,
                    const Apm2Lease *lease,
                    Apm2JobRecord *record)
{
  Apm2JobSteps *self = g_object_new (APM2_TYPE_JOB_STEPS, NULL);

  self->executor = g_object_ref (executor);
  self->workspace = apm2_workspace_ref (workspace);
  self->spec = apm2_job_spec_ref (spec);
  self->lease = lease;
  self->record = record;
  self->reporter = apm2_job_reporter_new (send_report, self);
  if (spec->source_repository != NULL)
    {
      self->checkout = apm2_checkout_new_step (spec);
      add_step (self, self->checkout);
    }
  for (guint i = 0; i < spec->steps->len; i++)
    add_step (self, g_ptr_array_index (spec->steps, i));
  if (lease->timeout_sec > 0)
    self->deadline = apm2_time_boottime_usec ()
                     + (gint64) MIN (lease->timeout_sec, APM2_TIMEOUT_SEC_MAX)
                           * G_USEC_PER_SEC;
  return self;
}

static gboolean
is_tolerated (Apm2JobSteps *self,
              const Apm2Step *step,
              const Apm2StepEnd *ended)
{
  return step->allow_failure
         && !(self->job_timeout && ended->kind == APM2_STEP_END_TIMEOUT);
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

  apm2_job_record_end_step (self->record, self->index, ended, verdict);
  if (ended->kind == APM2_STEP_END_FENCED)
    self->fenced = TRUE;
  if (verdict->reason == NULL)
    return g_str_equal (verdict->result, "passed");
  if (step == self->checkout)
    apm2_checkout_explain (self->spec, ended->exit_status, &verdict->message);
  if (is_tolerated (self, step, ended))
    return TRUE;
  apm2_job_record_decide (self->record,
                          APM2_JOB_STATE_COMPLETED,
                          verdict->reason,
                          "Step '%s' %s",
                          step->name,
                          verdict->message);
  return FALSE;
}

static void
set_step_progress (Apm2JobSteps *self, double fraction)
{
  apm2_job_reporter_set_progress (self->reporter,
                                  (self->index + fraction) / self->steps->len);
}

static void
set_log_bytes (Apm2JobSteps *self, guint64 bytes)
{
  apm2_job_record_get_step (self->record, self->index)->log_bytes = bytes;
  apm2_job_reporter_set_log_bytes (
      self->reporter, apm2_job_record_get_log_bytes (self->record));
}

static void
on_step_progress (Apm2JobSteps *self, double fraction)
{
  set_step_progress (self, fraction);
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_status (Apm2JobSteps *self, const char *text)
{
  apm2_job_reporter_set_status (self->reporter, text);
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_log_bytes (Apm2JobSteps *self, guint64 bytes)
{
  set_log_bytes (self, bytes);
  apm2_job_reporter_send_changes (self->reporter);
}

static void
report_step (Apm2JobSteps *self, guint index)
{
  apm2_job_reporter_send_step (
      self->reporter,
      self->steps->len,
      apm2_job_record_describe_step (self->record, index));
}

static void
on_step_ended (Apm2JobSteps *self, const Apm2StepEnd *ended)
{
  G_GNUC_UNUSED g_autoptr (Apm2JobSteps) keep = g_object_ref (self);
  gboolean may_go_on = take_step_end (self, ended);

  g_clear_object (&self->step_run);
  set_log_bytes (self, ended->log_bytes);
  if (may_go_on && self->steps->len > 1)
    set_step_progress (self, 1);
  report_step (self, self->index);
  if (may_go_on)
    self->index++;
  if (may_go_on && !self->stopping)
    run_next_step (self);
  else
    g_signal_emit (self, signals[DONE], 0);
}

/* Returns: the time that a step may take, 0 for any; -1 if the job has none
 * left. */
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

static char *
resolve_directory (Apm2JobSteps *self, const Apm2Step *step)
{
  if (step->working_directory == NULL)
    return g_strdup (self->workspace->work);
  return g_canonicalize_filename (step->working_directory,
                                  self->workspace->work);
}

static void
listen (Apm2JobSteps *self, const char *name, GCallback func)
{
  g_signal_connect_object (self->step_run, name, func, self, G_CONNECT_SWAPPED);
}

static void
start_step (Apm2JobSteps *self, const Apm2Step *step, gint64 timeout)
{
  g_auto (GStrv) env
      = apm2_step_env_new (self->workspace, self->lease->job_id, step);
  g_autofree char *directory = resolve_directory (self, step);
  g_autofree char *log_file
      = g_strdup_printf ("%s/%03u.log", self->workspace->logs, self->index);
  const Apm2StepOrder order = {
    .job_id = self->lease->job_id,
    .name = step->name,
    .argv = (const char *const *) step->argv,
    .env = (const char *const *) env,
    .directory = directory,
    .log_file = log_file,
    .progress_fifo = self->workspace->progress_fifo,
    .timeout_usec = (guint64) timeout,
    .kill_grace_usec = self->lease->kill_grace_usec,
    .log_bytes_max = self->lease->log_bytes_max,
    .memory_max_bytes = self->lease->memory_max_bytes,
    .tasks_max = self->lease->tasks_max,
    .fence_boottime = self->fence,
  };
  g_autoptr (GError) error = NULL;

  self->step_run = apm2_executor_start_step (self->executor, &order, &error);
  if (self->step_run == NULL)
    {
      g_autoptr (Apm2StepEnd) ended
          = apm2_step_end_new (APM2_STEP_END_SPAWN_FAILED);

      ended->message = g_strdup (error->message);
      on_step_ended (self, ended);
      return;
    }
  listen (self, "progress", G_CALLBACK (on_step_progress));
  listen (self, "status", G_CALLBACK (on_step_status));
  listen (self, "log-bytes", G_CALLBACK (on_step_log_bytes));
  listen (self, "ended", G_CALLBACK (on_step_ended));
}

static void
run_next_step (Apm2JobSteps *self)
{
  const Apm2Step *step = NULL;
  Apm2StepResult *entry = NULL;
  gint64 timeout = 0;

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
      g_signal_emit (self, signals[DONE], 0);
      return;
    }
  entry = apm2_job_record_get_step (self->record, self->index);
  apm2_job_record_set_result (entry, APM2_STEP_RESULT_RUNNING);
  entry->started_at = apm2_time_realtime_usec ();
  apm2_job_reporter_set_status (self->reporter, "");
  report_step (self, self->index);
  start_step (self, step, timeout);
}

/**
 * apm2_job_steps_start:
 * @self: steps of which none has begun
 *
 * Begins. "done" comes when none runs and none will.
 */
void
apm2_job_steps_start (Apm2JobSteps *self)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

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
      if (apm2_job_record_get_step (self->record, i)->started_at != 0)
        report_step (self, i);
    }
}

gboolean
apm2_job_steps_is_fenced (Apm2JobSteps *self)
{
  g_return_val_if_fail (APM2_IS_JOB_STEPS (self), FALSE);

  return self->fenced;
}

/**
 * apm2_job_steps_is_complete:
 * @self: the steps
 *
 * Returns: %TRUE if all have run
 */
gboolean
apm2_job_steps_is_complete (Apm2JobSteps *self)
{
  g_return_val_if_fail (APM2_IS_JOB_STEPS (self), FALSE);

  return self->index == self->steps->len;
}
