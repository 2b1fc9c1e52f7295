/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What there is to say about an attempt, and the two forms in which the broker
 * wants to hear it.
 *
 * The first decision stands: a job that was called off after a step had failed
 * has failed.
 */

#include "apm2-job-record.h"

#include "apm2-time.h"

/**
 * apm2_job_record_new:
 *
 * Returns: (transfer full): a record of an attempt that passes, so far
 */
Apm2JobRecord *
apm2_job_record_new (void)
{
  Apm2JobRecord *self = g_new0 (Apm2JobRecord, 1);

  self->steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_result_free);
  self->outcome = APM2_JOB_STATE_COMPLETED;
  self->verdict = APM2_VERDICT_PASSED;
  return self;
}

/**
 * apm2_job_record_free:
 * @self: (transfer full): a record
 */
void
apm2_job_record_free (Apm2JobRecord *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_unref (self->steps);
  g_free (self->reason);
  g_free (self->message);
  g_free (self);
}

/**
 * apm2_job_record_add_step:
 * @self: a record
 * @name: of the step
 *
 * Returns: (transfer none): the step, for now as skipped
 */
Apm2StepResult *
apm2_job_record_add_step (Apm2JobRecord *self, const char *name)
{
  Apm2StepResult *step = apm2_step_result_new (name);

  apm2_job_record_set_result (step, APM2_STEP_RESULT_SKIPPED);
  step->exit_status = -1;
  g_ptr_array_add (self->steps, step);
  return step;
}

/**
 * apm2_job_record_get_step:
 * @self: a record
 * @index: one of its steps
 *
 * Returns: (transfer none): the step
 */
Apm2StepResult *
apm2_job_record_get_step (const Apm2JobRecord *self, guint index)
{
  g_assert (index < self->steps->len);

  return g_ptr_array_index (self->steps, index);
}

/**
 * apm2_job_record_set_result:
 * @step: a step
 * @result: its result, as #Apm2StepResult lists them, or "running"
 */
void
apm2_job_record_set_result (Apm2StepResult *step, const char *result)
{
  g_free (step->result);
  step->result = g_strdup (result);
}

/**
 * apm2_job_record_end_step:
 * @self: a record
 * @index: a step that has just ended
 * @ended: how
 * @verdict: what that means
 */
void
apm2_job_record_end_step (Apm2JobRecord *self,
                          guint index,
                          const Apm2StepEnd *ended,
                          const Apm2StepVerdict *verdict)
{
  Apm2StepResult *step = apm2_job_record_get_step (self, index);

  apm2_job_record_set_result (step, verdict->result);
  step->exit_status = ended->exit_status;
  step->term_signal = ended->term_signal;
  step->finished_at = ended->finished_at != 0 ? ended->finished_at
                                              : apm2_time_realtime_usec ();
  step->log_bytes = ended->log_bytes;
  step->cpu_usec = ended->cpu_usec;
  step->memory_peak_bytes = ended->memory_peak_bytes;
  step->tasks_peak = ended->tasks_peak;
}

/**
 * apm2_job_record_reset_step:
 * @self: a record
 * @index: a step that begins anew, or never began
 */
void
apm2_job_record_reset_step (Apm2JobRecord *self, guint index)
{
  Apm2StepResult *step = apm2_job_record_get_step (self, index);

  apm2_job_record_set_result (step, APM2_STEP_RESULT_SKIPPED);
  step->exit_status = -1;
  step->term_signal = 0;
  step->started_at = 0;
  step->finished_at = 0;
  step->log_bytes = 0;
}

/**
 * apm2_job_record_is_decided:
 * @self: a record
 *
 * Returns: %TRUE if the attempt does not pass any more
 */
gboolean
apm2_job_record_is_decided (const Apm2JobRecord *self)
{
  return self->reason != NULL;
}

/**
 * apm2_job_record_copy:
 * @self: a record
 *
 * Returns: (transfer full): what it says now
 */
Apm2JobRecord *
apm2_job_record_copy (const Apm2JobRecord *self)
{
  Apm2JobRecord *copy = apm2_job_record_new ();

  copy->started_at = self->started_at;
  copy->outcome = self->outcome;
  copy->verdict = self->verdict;
  copy->reason = g_strdup (self->reason);
  copy->message = g_strdup (self->message);
  for (guint i = 0; i < self->steps->len; i++)
    {
      const Apm2StepResult *step = apm2_job_record_get_step (self, i);
      Apm2StepResult *other = apm2_job_record_add_step (copy, step->name);
      char *name = other->name;

      g_free (other->result);
      *other = *step;
      other->name = name;
      other->result = g_strdup (step->result);
    }
  return copy;
}

static char *make_message (const char *format, va_list args)
    G_GNUC_PRINTF (1, 0);

/* Messages quote names and paths of the job. */
static char *
make_message (const char *format, va_list args)
{
  g_autofree char *raw = g_strdup_vprintf (format, args);
  g_autofree char *valid = g_utf8_make_valid (raw, -1);
  const char *end = valid + strlen (valid);

  if (end - valid <= APM2_JOB_MESSAGE_MAX)
    return g_steal_pointer (&valid);
  end = g_utf8_find_prev_char (valid, valid + APM2_JOB_MESSAGE_MAX - 2);
  return g_strdup_printf ("%.*s…", (int) (end - valid), valid);
}

/**
 * apm2_job_record_decide:
 * @self: a record
 * @outcome: a final state; COMPLETED means that the job failed
 * @reason: a reason code
 * @format: what happened, for people
 * @...: its arguments
 *
 * Says why the attempt does not pass, if nobody has said it before.
 */
void
apm2_job_record_decide (Apm2JobRecord *self,
                        Apm2JobState outcome,
                        const char *reason,
                        const char *format,
                        ...)
{
  va_list args;

  if (apm2_job_record_is_decided (self))
    return;
  self->outcome = outcome;
  self->verdict = outcome == APM2_JOB_STATE_COMPLETED ? APM2_VERDICT_FAILED
                                                      : APM2_VERDICT_NONE;
  self->reason = g_strdup (reason);
  va_start (args, format);
  self->message = make_message (format, args);
  va_end (args);
}

/**
 * apm2_job_record_undecide:
 * @self: a record
 *
 * Takes back why the attempt does not pass, to say it in a moment with better
 * reason.
 */
void
apm2_job_record_undecide (Apm2JobRecord *self)
{
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->message, g_free);
  self->outcome = APM2_JOB_STATE_COMPLETED;
  self->verdict = APM2_VERDICT_PASSED;
}

/**
 * apm2_job_record_get_log_bytes:
 * @self: a record
 *
 * Returns: bytes of the logs of all steps
 */
guint64
apm2_job_record_get_log_bytes (const Apm2JobRecord *self)
{
  guint64 bytes = 0;

  for (guint i = 0; i < self->steps->len; i++)
    bytes += apm2_job_record_get_step (self, i)->log_bytes;
  return bytes;
}

static void
add_common (GVariantDict *dict, const Apm2StepResult *step)
{
  g_variant_dict_insert (dict, "name", "s", step->name);
  g_variant_dict_insert (dict, "exit_status", "i", step->exit_status);
  g_variant_dict_insert (dict, "signal", "i", step->term_signal);
  g_variant_dict_insert (dict, "started_at", "t", (guint64) step->started_at);
  g_variant_dict_insert (dict, "finished_at", "t", (guint64) step->finished_at);
  g_variant_dict_insert (dict, "log_bytes", "t", step->log_bytes);
}

/**
 * apm2_job_record_describe_step:
 * @self: a record
 * @index: one of its steps
 *
 * Returns: (transfer floating): the value of "step" in a report
 */
GVariant *
apm2_job_record_describe_step (const Apm2JobRecord *self, guint index)
{
  const Apm2StepResult *step = apm2_job_record_get_step (self, index);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  add_common (&dict, step);
  g_variant_dict_insert (&dict, "index", "u", index);
  g_variant_dict_insert (&dict, "state", "s", step->result);
  return g_variant_dict_end (&dict);
}

static GVariant *
describe_steps (const Apm2JobRecord *self)
{
  GVariantBuilder steps;

  g_variant_builder_init (&steps, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->steps->len; i++)
    {
      const Apm2StepResult *step = apm2_job_record_get_step (self, i);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      add_common (&dict, step);
      g_variant_dict_insert (&dict, "result", "s", step->result);
      g_variant_dict_insert (&dict, "cpu_usec", "t", step->cpu_usec);
      g_variant_dict_insert (
          &dict, "memory_peak_bytes", "t", step->memory_peak_bytes);
      g_variant_dict_insert (&dict, "tasks_peak", "t", step->tasks_peak);
      g_variant_builder_add_value (&steps, g_variant_dict_end (&dict));
    }
  return g_variant_builder_end (&steps);
}

/**
 * apm2_job_record_to_result:
 * @self: a record of an attempt that has ended
 * @containment: what held its processes
 *
 * Returns: (transfer floating): the result for the broker's Finish
 */
GVariant *
apm2_job_record_to_result (const Apm2JobRecord *self, const char *containment)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (
      &dict, "outcome", "s", apm2_job_state_to_string (self->outcome));
  if (self->verdict != APM2_VERDICT_NONE)
    g_variant_dict_insert (
        &dict, "verdict", "s", apm2_verdict_to_string (self->verdict));
  if (self->reason != NULL)
    g_variant_dict_insert (&dict, "reason", "s", self->reason);
  if (self->message != NULL)
    g_variant_dict_insert (&dict, "message", "s", self->message);
  g_variant_dict_insert (&dict, "containment", "s", containment);
  g_variant_dict_insert (&dict, "started_at", "t", (guint64) self->started_at);
  g_variant_dict_insert_value (&dict, "steps", describe_steps (self));
  return g_variant_dict_end (&dict);
}
