/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which steps of a job follow on one that failed.
 *
 * Of a command job none. Of gates all that do not need it, see
 * apm2-job-wave.c: one shall say as much about a commit as it can.
 */

#include "apm2-job-rule.h"

/* The steps that bring the source come first in a record. */
static guint
count_sources (const Apm2JobSpec *spec, const Apm2JobRecord *record)
{
  g_assert (record->steps->len >= spec->steps->len);

  return record->steps->len - spec->steps->len;
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
