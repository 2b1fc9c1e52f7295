/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which steps of a job follow on one that failed.
 *
 * Of a command job none. Of gates all that do not need it: one shall say as
 * much about a commit as it can. What is asked is answered from the results
 * in the record alone, so that a worker that goes on with the job of an
 * earlier one decides the same.
 */

#include "apm2-job-rule.h"

/* The steps that bring the source come first in a record. */
static guint
count_sources (const Apm2JobSpec *spec, const Apm2JobRecord *record)
{
  g_assert (record->steps->len >= spec->steps->len);

  return record->steps->len - spec->steps->len;
}

static const Apm2Step *
find_step (const Apm2JobSpec *spec, const char *name, guint *ret_index)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (!g_str_equal (step->name, name))
        continue;
      *ret_index = i;
      return step;
    }
  return NULL;
}

/* It passed, or it failed and may. */
static gboolean
is_met (const Apm2JobSpec *spec, const Apm2JobRecord *record, const char *name)
{
  guint index = 0;
  const Apm2Step *step = find_step (spec, name, &index);
  const char *result = NULL;

  if (step == NULL)
    return FALSE;
  index += count_sources (spec, record);
  result = apm2_job_record_get_step (record, index)->result;
  if (g_str_equal (result, "passed"))
    return TRUE;
  return step->allow_failure && !g_str_equal (result, APM2_STEP_RESULT_SKIPPED)
         && !g_str_equal (result, APM2_STEP_RESULT_RUNNING);
}

/**
 * apm2_job_rule_may_begin:
 * @spec: a job
 * @record: what has become of it so far
 * @index: the next step, of those in @record
 *
 * Returns: %TRUE if all that it needs is met; %FALSE: it is skipped
 */
gboolean
apm2_job_rule_may_begin (const Apm2JobSpec *spec,
                         const Apm2JobRecord *record,
                         guint index)
{
  guint sources = count_sources (spec, record);
  const Apm2Step *step = NULL;

  if (spec->kind != APM2_JOB_KIND_GATES || index < sources)
    return TRUE;
  step = g_ptr_array_index (spec->steps, index - sources);
  for (gsize i = 0; step->needs != NULL && step->needs[i] != NULL; i++)
    {
      if (!is_met (spec, record, step->needs[i]))
        return FALSE;
    }
  return TRUE;
}

/**
 * apm2_job_rule_goes_on:
 * @spec: a job
 * @record: what has become of it so far
 * @index: a step that failed and may not, of those in @record
 * @kind: how it ended
 *
 * Returns: %TRUE if there may be a step after it
 */
gboolean
apm2_job_rule_goes_on (const Apm2JobSpec *spec,
                       const Apm2JobRecord *record,
                       guint index,
                       Apm2StepEndKind kind)
{
  return spec->kind == APM2_JOB_KIND_GATES
         && index >= count_sources (spec, record)
         && kind != APM2_STEP_END_TERMINATED && kind != APM2_STEP_END_FENCED;
}
