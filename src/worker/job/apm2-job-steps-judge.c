/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the end of a step means for the attempt.
 */

#include "apm2-job-steps-private.h"

#include "apm2-checkout.h"
#include "apm2-job-rule.h"
#include "apm2-step-verdict.h"

/* Whatever may fail: the job has had all that it may. */
static gboolean
is_used_up (const Apm2RunningStep *running, const Apm2StepEnd *ended)
{
  return ended->kind == APM2_STEP_END_WORKSPACE_LIMIT
         || (running->job_timeout && ended->kind == APM2_STEP_END_TIMEOUT);
}

static gboolean
is_gate (Apm2JobSteps *self, guint index)
{
  return self->spec->kind == APM2_JOB_KIND_GATES && index >= self->sources->len;
}

static gboolean
is_in_the_way (Apm2JobSteps *self, guint index)
{
  const Apm2Step *step = g_ptr_array_index (self->steps, index);
  const char *result = apm2_job_record_get_step (self->record, index)->result;

  return !step->allow_failure && !g_str_equal (result, "passed")
         && !g_str_equal (result, "cancelled")
         && !g_str_equal (result, APM2_STEP_RESULT_RUNNING)
         && !g_str_equal (result, APM2_STEP_RESULT_SKIPPED);
}

/* Of gates that fail side by side the first in their order is named, not the
 * quicker one. */
static void
make_way (Apm2JobSteps *self, guint index)
{
  if (self->over || !is_gate (self, index))
    return;
  for (guint i = 0; i < index; i++)
    {
      if (is_in_the_way (self, i))
        return;
    }
  apm2_job_record_undecide (self->record);
}

static void
take_failure (Apm2JobSteps *self,
              const Apm2RunningStep *running,
              const Apm2StepEnd *ended,
              Apm2StepVerdict *verdict)
{
  guint index = running->index;
  const Apm2Step *step = g_ptr_array_index (self->steps, index);
  Apm2JobState outcome = APM2_JOB_STATE_COMPLETED;

  if (index < self->sources->len)
    outcome = apm2_checkout_judge (self->spec, ended->exit_status, verdict);
  if (step->allow_failure && !is_used_up (running, ended))
    return;
  make_way (self, index);
  apm2_job_record_decide (self->record,
                          outcome,
                          verdict->reason,
                          "%s '%s' %s",
                          is_gate (self, index) ? "Gate" : "Step",
                          step->name,
                          verdict->message);
  if (is_used_up (running, ended)
      || !apm2_job_rule_goes_on (self->spec, self->record, index, ended->kind))
    self->over = TRUE;
}

/* Puts the end of a step into the record, and what follows from it. */
void
apm2_job_steps_judge (const Apm2RunningStep *running, const Apm2StepEnd *ended)
{
  Apm2JobSteps *self = running->owner;
  const Apm2Step *step = g_ptr_array_index (self->steps, running->index);
  g_autoptr (Apm2StepVerdict) verdict = apm2_step_verdict_new (
      ended,
      running->job_timeout ? self->lease->timeout_sec : step->timeout_sec,
      self->lease->log_bytes_max);

  apm2_job_record_end_step (self->record, running->index, ended, verdict);
  if (ended->kind == APM2_STEP_END_FENCED)
    self->fenced = TRUE;
  if (verdict->reason != NULL)
    take_failure (self, running, ended, verdict);
  else if (!g_str_equal (verdict->result, "passed"))
    self->interrupted = TRUE;
}
