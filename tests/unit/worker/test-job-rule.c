/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which steps follow on one that failed. */

#include "apm2-job-rule.h"

typedef struct
{
  Apm2JobSpec *spec;
  Apm2JobRecord *record;
} Job;

static void
set_up (Job *job, gconstpointer data)
{
  job->spec = apm2_job_spec_new ();
  job->spec->kind = APM2_JOB_KIND_GATES;
  job->record = apm2_job_record_new ();
  (void) apm2_job_record_add_step (job->record, "checkout");
}

static void
tear_down (Job *job, gconstpointer data)
{
  apm2_job_record_free (job->record);
  apm2_job_spec_unref (job->spec);
}

static Apm2Step *
add (Job *job, const char *name, const char *needs, const char *result)
{
  Apm2Step *step = apm2_step_new (name);
  Apm2StepResult *entry = apm2_job_record_add_step (job->record, name);

  if (needs != NULL)
    step->needs = g_strsplit (needs, ";", -1);
  if (result != NULL)
    apm2_job_record_set_result (entry, result);
  g_ptr_array_add (job->spec->steps, step);
  return step;
}

static void
test_command_jobs_stop (Job *job, gconstpointer data)
{
  job->spec->kind = APM2_JOB_KIND_COMMAND;
  (void) add (job, "a", NULL, "failed");
  g_assert_false (
      apm2_job_rule_goes_on (job->spec, job->record, 1, APM2_STEP_END_SELF));
}

static void
test_goes_on (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, "failed");

  g_assert_true (
      apm2_job_rule_goes_on (job->spec, job->record, 1, APM2_STEP_END_SELF));
  g_assert_true (
      apm2_job_rule_goes_on (job->spec, job->record, 1, APM2_STEP_END_TIMEOUT));
  g_assert_true (
      apm2_job_rule_goes_on (job->spec, job->record, 1, APM2_STEP_END_BROKEN));
  g_assert_false (
      apm2_job_rule_goes_on (job->spec, job->record, 1, APM2_STEP_END_FENCED));
}

static void
test_nothing_without_a_source (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, NULL);

  g_assert_false (
      apm2_job_rule_goes_on (job->spec, job->record, 0, APM2_STEP_END_SELF));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                        \
  g_test_add ("/apm2/job-rule/" path, Job, NULL, set_up, func, tear_down)
  ADD ("command-jobs-stop", test_command_jobs_stop);
  ADD ("other-gates-go-on", test_goes_on);
  ADD ("no-gate-without-a-source", test_nothing_without_a_source);
#undef ADD
  return g_test_run ();
}
