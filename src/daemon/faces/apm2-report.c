/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a worker says of a job, read with care: what it reports while the job
 * runs, and the result that ends the attempt.
 *
 * A worker is trusted to run jobs, not to be free of faults: every word is
 * checked and every text is bounded before it is shown or kept.
 */

#include "apm2-report.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-receipt-json.h"
#include "apm2-text.h"
#include "apm2-time.h"

static const char *const report_keys[] = {
  "step_count:u", "step:a{sv}", "progress:d", "status_text:s",
  "log_bytes:t",  "units:as",   NULL,
};

static const char *const step_keys[] = {
  "index:u",
  "name:s",
  "state:s",
  "result:s",
  "exit_status:i",
  "signal:i",
  "started_at:t",
  "finished_at:t",
  "log_bytes:t",
  "cpu_usec:t",
  "memory_peak_bytes:t",
  "tasks_peak:t",
  NULL,
};

static const char *const result_keys[] = {
  "outcome:s",    "verdict:s",    "reason:s",   "message:s", "containment:s",
  "started_at:t", "steps:aa{sv}", "executor:s", NULL,
};

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "The report of the worker is not valid: %s",
               what);
  return FALSE;
}

/* Words that end in records and on terminals: short, lower case. */
static gboolean
is_word (const char *text)
{
  return apm2_text_is_word (text, APM2_TEXT_LOWER, APM2_TEXT_LOWER "_", 32);
}

/* As the spec spells them: the receipt must be readable again. */
static gboolean
is_step_name (const char *text)
{
  return apm2_text_is_word (
      text, APM2_TEXT_ALNUM, APM2_TEXT_ALNUM "_.-", APM2_STEP_NAME_MAX);
}

static guint64
take_t (GVariant *dict, const char *key)
{
  guint64 value = 0;

  (void) g_variant_lookup (dict, key, "t", &value);
  return value;
}

static void
take_text (GVariant *dict, const char *key, gsize max, char **member)
{
  const char *text = NULL;

  if (!g_variant_lookup (dict, key, "&s", &text))
    return;
  g_free (*member);
  *member = *text != '\0' ? apm2_text_clean (text, max) : NULL;
}

/* One that has ended does not hide another that runs. */
static gboolean
apply_step (Apm2Job *job, GVariant *dict, GError **error)
{
  Apm2JobStep *step;
  const Apm2JobStep *shown;
  const char *name = "";
  const char *state = "";
  guint32 index = 0;

  if (!apm2_options_check (dict, step_keys, error))
    return FALSE;
  if (!g_variant_lookup (dict, "index", "u", &index)
      || index >= APM2_STEPS_RUN_MAX)
    return invalid (error, "step without a valid index");
  if (!g_variant_lookup (dict, "name", "&s", &name) || !is_step_name (name))
    return invalid (error, "step without a valid name");
  if (!g_variant_lookup (dict, "state", "&s", &state) || !is_word (state))
    return invalid (error, "step without a valid state");

  step = apm2_job_get_step (job, index);
  g_free (step->name);
  step->name = g_strdup (name);
  g_free (step->state);
  step->state = g_strdup (state);
  step->exit_status = -1;
  (void) g_variant_lookup (dict, "exit_status", "i", &step->exit_status);
  (void) g_variant_lookup (dict, "signal", "i", &step->term_signal);
  step->started_at = (gint64) take_t (dict, "started_at");
  step->finished_at = (gint64) take_t (dict, "finished_at");
  step->log_bytes = take_t (dict, "log_bytes");
  shown = apm2_job_get_step (job, job->step_index);
  if (apm2_job_step_is_running (step) || !apm2_job_step_is_running (shown))
    job->step_index = index;
  return TRUE;
}

/* Returns whether a progress value changed. */
static Apm2JobChange
apply_progress (Apm2Job *job, GVariant *report)
{
  Apm2JobChange change = 0;
  guint64 log_bytes = take_t (report, "log_bytes");
  double progress = 0;

  if (g_variant_lookup (report, "progress", "d", &progress))
    {
      /* Not CLAMP(), which lets through what is not a number. */
      job->progress = progress > 0.0 ? MIN (progress, 1.0) : 0.0;
      change |= APM2_JOB_CHANGE_PROGRESS;
    }
  if (log_bytes > job->log_bytes)
    {
      job->log_bytes = log_bytes;
      change |= APM2_JOB_CHANGE_PROGRESS;
    }
  if (g_variant_lookup (report, "status_text", "&s", NULL))
    {
      take_text (
          report, "status_text", APM2_STATUS_TEXT_MAX, &job->status_text);
      change |= APM2_JOB_CHANGE_PROGRESS;
    }
  return change;
}

/**
 * apm2_report_apply:
 * @table: tells the world
 * @job: a leased job
 * @report: the a{sv} of a Report call
 * @error: return location
 *
 * Takes over what the worker says of a running job.
 *
 * Returns: %FALSE if @report is not valid; @job may then have changed in part
 */
gboolean
apm2_report_apply (Apm2JobTable *table,
                   Apm2Job *job,
                   GVariant *report,
                   GError **error)
{
  g_autoptr (GVariant) step = NULL;
  Apm2JobChange change;
  guint32 step_count = 0;
  g_auto (GStrv) units = NULL;

  if (!apm2_options_check (report, report_keys, error))
    return FALSE;
  if (g_variant_lookup (report, "step_count", "u", &step_count))
    job->step_count = MIN (step_count, APM2_STEPS_RUN_MAX);
  change = apply_progress (job, report);
  if (g_variant_lookup (report, "units", "^as", &units))
    {
      if (job->units == NULL
          || !g_strv_equal ((const char *const *) job->units,
                            (const char *const *) units))
        change |= APM2_JOB_CHANGE_STEP;
      g_strfreev (job->units);
      job->units = g_steal_pointer (&units);
    }

  step = g_variant_lookup_value (report, "step", G_VARIANT_TYPE_VARDICT);
  if (step != NULL)
    {
      if (!apply_step (job, step, error))
        return FALSE;
      change |= APM2_JOB_CHANGE_STEP;
      if (job->state == APM2_JOB_STATE_LEASED)
        {
          gint64 started_at
              = apm2_job_get_step (job, job->step_index)->started_at;

          if (started_at == 0)
            started_at = apm2_time_realtime_usec ();
          apm2_job_table_set_running (table, job, started_at);
        }
    }
  if (change != 0)
    apm2_job_table_touch (table, job, change);
  return TRUE;
}

static Apm2StepResult *
read_step_result (GVariant *dict, GError **error)
{
  g_autoptr (Apm2StepResult) step = NULL;
  const char *name = "";
  const char *result = "";

  if (!apm2_options_check (dict, step_keys, error))
    return NULL;
  if (!g_variant_lookup (dict, "name", "&s", &name) || !is_step_name (name)
      || !g_variant_lookup (dict, "result", "&s", &result) || !is_word (result))
    {
      (void) invalid (error,
                      "a step of the result has no valid name or result");
      return NULL;
    }

  step = apm2_step_result_new (name);
  g_free (step->result);
  step->result = g_strdup (result);
  step->exit_status = -1;
  (void) g_variant_lookup (dict, "exit_status", "i", &step->exit_status);
  (void) g_variant_lookup (dict, "signal", "i", &step->term_signal);
  step->started_at = (gint64) take_t (dict, "started_at");
  step->finished_at = (gint64) take_t (dict, "finished_at");
  step->log_bytes = take_t (dict, "log_bytes");
  step->cpu_usec = take_t (dict, "cpu_usec");
  step->memory_peak_bytes = take_t (dict, "memory_peak_bytes");
  step->tasks_peak = take_t (dict, "tasks_peak");
  return g_steal_pointer (&step);
}

static gboolean
read_steps (Apm2Receipt *receipt, GVariant *result, GError **error)
{
  g_autoptr (GVariant) steps = NULL;
  gsize n_steps;

  steps = g_variant_lookup_value (result, "steps", G_VARIANT_TYPE ("aa{sv}"));
  n_steps = steps != NULL ? g_variant_n_children (steps) : 0;
  if (n_steps > APM2_STEPS_RUN_MAX)
    return invalid (error, "more steps than a job may have");
  for (gsize i = 0; i < n_steps; i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (steps, i);
      Apm2StepResult *step = read_step_result (dict, error);

      if (step == NULL)
        return FALSE;
      g_ptr_array_add (receipt->steps, step);
    }
  return TRUE;
}

/**
 * apm2_report_fill_receipt:
 * @receipt: a receipt that says what the job was
 * @result: the a{sv} of a Finish call
 * @error: return location
 *
 * Adds how it ended.
 *
 * Returns: %FALSE if @result is not valid
 */
gboolean
apm2_report_fill_receipt (Apm2Receipt *receipt,
                          GVariant *result,
                          GError **error)
{
  const char *outcome = "";
  const char *verdict = "";
  const char *reason = "";
  guint64 started_at;

  if (!apm2_options_check (result, result_keys, error))
    return FALSE;
  if (!g_variant_lookup (result, "outcome", "&s", &outcome)
      || !apm2_job_state_from_string (outcome, &receipt->outcome)
      || !apm2_job_state_is_final (receipt->outcome))
    return invalid (error, "it has no valid outcome");
  (void) g_variant_lookup (result, "verdict", "&s", &verdict);
  if (!apm2_verdict_from_string (verdict, &receipt->verdict)
      || (receipt->verdict == APM2_VERDICT_NONE)
             != (receipt->outcome != APM2_JOB_STATE_COMPLETED))
    return invalid (error, "its verdict does not go with its outcome");
  (void) g_variant_lookup (result, "reason", "&s", &reason);
  if (*reason != '\0' && !is_word (reason))
    return invalid (error, "its reason is no reason code");
  if (*reason == '\0' && receipt->verdict != APM2_VERDICT_PASSED)
    return invalid (error, "it did not pass and has no reason code");

  receipt->reason = *reason != '\0' ? g_strdup (reason) : NULL;
  take_text (result, "message", APM2_MESSAGE_MAX, &receipt->message);
  take_text (result, "containment", 256, &receipt->containment);
  started_at = take_t (result, "started_at");
  if (started_at != 0)
    receipt->started_at = (gint64) started_at;
  return read_steps (receipt, result, error);
}

/**
 * apm2_report_is_readable:
 * @receipt: a receipt with all that is known before the store has it
 * @error: return location
 *
 * What is said of a job goes into the chain, so it must be what a reader of the
 * chain accepts.
 *
 * Returns: %FALSE if it is not
 */
gboolean
apm2_report_is_readable (Apm2Receipt *receipt, GError **error)
{
  g_autoptr (Apm2Receipt) copy = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  receipt->sequence = 1; /* the store sets the true one */
  text = apm2_receipt_to_json (receipt, &length);
  copy = apm2_receipt_from_json (text, length, error);
  return copy != NULL;
}
