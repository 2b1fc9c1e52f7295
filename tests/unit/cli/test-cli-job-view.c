/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One job, told in two spellings.
 */

#include "apm2-job-view.h"

static void
update (Apm2JobView *view, const char *text)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_new_parsed (text));

  apm2_job_view_update (view, dict);
}

static void
test_records_are_understood (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");

  update (view,
          "{'state': <'running'>, 'attempt': <uint32 2>, 'started_at': <uint64 "
          "5>}");

  g_assert_cmpstr (view->state, ==, "running");
  g_assert_cmpuint (view->attempt, ==, 2);
  g_assert_cmpuint (view->started_at, ==, 5);
}

static void
test_properties_are_understood (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");

  update (view,
          "{'State': <'running'>, 'ProgressValid': <true>, 'Progress': <0.5>, "
          "'LogBytes': <uint64 9>}");

  g_assert_cmpstr (view->state, ==, "running");
  g_assert_true (view->progress_valid);
  g_assert_cmpfloat_with_epsilon (view->progress, 0.5, 1e-9);
  g_assert_cmpuint (view->log_bytes, ==, 9);
}

static void
test_what_is_not_told_stays (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");

  update (view, "{'State': <'running'>, 'Step': <'build'>}");
  update (view, "{'Step': <'check'>}");

  g_assert_cmpstr (view->state, ==, "running");
  g_assert_cmpstr (view->step, ==, "check");
}

static void
test_strangers_are_passed_over (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");

  update (view, "{'Mood': <'good'>, 'State': <uint32 7>}");

  g_assert_cmpstr (view->state, ==, "");
}

static void
test_final_states_are_known (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");

  g_assert_false (apm2_job_view_is_final (view));
  update (view, "{'State': <'running'>}");
  g_assert_false (apm2_job_view_is_final (view));
  update (view, "{'State': <'denied'>}");
  g_assert_true (apm2_job_view_is_final (view));
}

static void
test_failed_step_is_found (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");
  g_autoptr (GVariant) step = NULL;
  const char *name = NULL;
  guint index = 0;

  update (view,
          "{'steps': <[{'name': <'a'>, 'state': <'passed'>}, {'name': <'b'>, "
          "'state': <'timeout'>}, {'name': <'c'>, 'state': <'skipped'>}]>}");
  step = apm2_job_view_find_failed_step (view, &index);

  g_assert_nonnull (step);
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (g_variant_lookup (step, "name", "&s", &name));
  g_assert_cmpstr (name, ==, "b");
}

static void
test_no_steps_have_no_failed_one (void)
{
  g_autoptr (Apm2JobView) view = apm2_job_view_new ("x");
  guint index = 0;

  g_assert_null (apm2_job_view_find_failed_step (view, &index));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-job-view/" name, func)
  ADD ("update/records-are-understood", test_records_are_understood);
  ADD ("update/properties-are-understood", test_properties_are_understood);
  ADD ("update/what-is-not-told-stays", test_what_is_not_told_stays);
  ADD ("update/strangers-are-passed-over", test_strangers_are_passed_over);
  ADD ("is-final/final-states-are-known", test_final_states_are_known);
  ADD ("find-failed-step/is-found", test_failed_step_is_found);
  ADD ("find-failed-step/no-steps-have-none", test_no_steps_have_no_failed_one);
  return g_test_run ();
}
