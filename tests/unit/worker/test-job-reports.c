/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job that runs tells, in which order, and how often. */

#include "attempt.h"
#include "wait.h"

#define SH(name, script) "{'name':'" name "','argv':['sh','-c','" script "']}"

static char *
describe_step (GVariant *report)
{
  g_autoptr (GVariant) step
      = g_variant_lookup_value (report, "step", G_VARIANT_TYPE_VARDICT);
  const char *name = NULL;
  const char *state = NULL;
  guint index = 0;

  if (step == NULL)
    return NULL;
  g_assert_true (g_variant_lookup (step, "index", "u", &index));
  g_assert_true (g_variant_lookup (step, "name", "&s", &name));
  g_assert_true (g_variant_lookup (step, "state", "&s", &state));
  return g_strdup_printf ("%u %s %s; ", index, name, state);
}

/* The reports that bear a step, one after the other. */
static char *
describe_steps (Attempt *attempt)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < attempt->reports->len; i++)
    {
      g_autofree char *step
          = describe_step (g_ptr_array_index (attempt->reports, i));

      if (step != NULL)
        g_string_append (text, step);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_steps_in_order (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "true") "," SH ("b", "false") "]");
  g_autofree char *steps = NULL;
  guint count = 0;

  attempt_run (attempt);

  steps = describe_steps (attempt);
  g_assert_cmpstr (
      steps, ==, "0 a running; 0 a passed; 1 b running; 1 b failed; ");
  g_assert_true (g_variant_lookup (
      g_ptr_array_index (attempt->reports, 0), "step_count", "u", &count));
  g_assert_cmpuint (count, ==, 2);
}

static void
test_repeated_for_a_new_broker (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene,
      "'steps':[" SH ("a", "echo 50 > $APM2_PROGRESS; echo hello") //
      "," SH ("b", "sleep 999") "," SH ("c", "true") "]");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  double progress = 0;
  guint64 log_bytes = 0;

  attempt_start (attempt);
  attempt_wait_report (attempt, "progress");
  do
    {
      (void) g_main_context_iteration (NULL, TRUE);
      g_free (before);
      before = describe_steps (attempt);
    }
  while (!g_str_has_suffix (before, "1 b running; "));
  g_ptr_array_set_size (attempt->reports, 0);
  apm2_job_run_repeat_reports (attempt->run);

  after = describe_steps (attempt);
  g_assert_cmpstr (after, ==, "0 a passed; 1 b running; ");
  g_assert_true (g_variant_lookup (
      g_ptr_array_index (attempt->reports, 0), "progress", "d", &progress));
  g_assert_cmpfloat_with_epsilon (progress, 1.0 / 3, 1e-9);
  g_assert_true (g_variant_lookup (
      g_ptr_array_index (attempt->reports, 0), "log_bytes", "t", &log_bytes));
  g_assert_cmpuint (log_bytes, ==, 6);
  apm2_job_run_abandon (attempt->run);
}

static void
test_progress_is_of_the_whole_job (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene,
                     "'steps':[" SH ("a", "true") "," //
                     SH ("b", "echo 50 half > $APM2_PROGRESS; sleep 999") "]");
  const char *status = NULL;
  double progress = 0;

  attempt_start (attempt);
  attempt_wait_report (attempt, "status_text");

  for (guint i = 0; i < attempt->reports->len; i++)
    {
      GVariant *report = g_ptr_array_index (attempt->reports, i);

      (void) g_variant_lookup (report, "progress", "d", &progress);
      (void) g_variant_lookup (report, "status_text", "&s", &status);
    }
  g_assert_cmpfloat_with_epsilon (progress, 0.75, 1e-9);
  g_assert_cmpstr (status, ==, "half");
  apm2_job_run_abandon (attempt->run);
}

static void
test_log_bytes_are_of_all_steps (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "echo 123") "," SH ("b", "echo 12345") "]");
  guint64 log_bytes = 0;

  attempt_run (attempt);

  for (guint i = 0; i < attempt->reports->len; i++)
    (void) g_variant_lookup (
        g_ptr_array_index (attempt->reports, i), "log_bytes", "t", &log_bytes);
  g_assert_cmpuint (log_bytes, ==, 10);
}

/* At most four a second, and one for each begin and end. */
static void
test_a_flood_is_bounded (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene,
      "'steps':[" SH ("a",
                      "i=0; while [ $i -lt 100 ]; do i=$((i+1)); "
                      "echo $i; echo $i t$i > $APM2_PROGRESS; "
                      "sleep 0.01; done") "]");
  gint64 begun = g_get_monotonic_time ();
  guint quarters = 0;

  attempt_run (attempt);

  quarters = (guint) ((g_get_monotonic_time () - begun) / 250000);
  g_assert_cmpuint (attempt->reports->len, >=, 3);
  g_assert_cmpuint (attempt->reports->len, <=, quarters + 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/job-reports/" path,                                       \
              Scene,                                                           \
              NULL,                                                            \
              scene_set_up,                                                    \
              func,                                                            \
              scene_tear_down)
  ADD ("steps/begin-and-end-in-order", test_steps_in_order);
  ADD ("steps/again-for-a-new-broker", test_repeated_for_a_new_broker);
  ADD ("progress/is-of-the-whole-job", test_progress_is_of_the_whole_job);
  ADD ("log-bytes/are-of-all-steps", test_log_bytes_are_of_all_steps);
  ADD ("rate/a-flood-is-bounded", test_a_flood_is_bounded);
#undef ADD
  return scene_run_tests ();
}
