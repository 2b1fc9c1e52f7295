/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker says, read with care. */

#include "apm2-report.h"

#include "apm2-error.h"

#include "stored-job.h"

typedef struct
{
  Apm2JobTable *table;
  Apm2Job *job;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->table = apm2_job_table_new (4);
  fixture->job = apm2_job_table_apply (
      fixture->table, test_stored_job ("a", APM2_JOB_STATE_LEASED));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->table);
}

static gboolean
report (Fixture *fixture, const char *text, GError **error)
{
  g_autoptr (GVariant) dict
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (dict);
  return apm2_report_apply (fixture->table, fixture->job, dict, error);
}

static void
assert_refused (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (report (fixture, text, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

static void
test_first_step_makes_it_running (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (report (fixture,
                         "{'step_count': <uint32 2>, 'step': <{'index': "
                         "<uint32 0>, 'name': <'build'>, 'state': <'running'>, "
                         "'started_at': <uint64 5000>}>}",
                         &error));

  g_assert_no_error (error);
  g_assert_cmpint (fixture->job->state, ==, APM2_JOB_STATE_RUNNING);
  g_assert_cmpint (fixture->job->stored->started_at, ==, 5000);
  g_assert_cmpuint (fixture->job->step_count, ==, 2);
  g_assert_cmpuint (apm2_job_count_ended_steps (fixture->job), ==, 0);
}

static void
test_progress_alone_leaves_it_leased (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (report (fixture,
                         "{'progress': <7.5>, 'status_text': <'a\nb'>, "
                         "'log_bytes': <uint64 10>}",
                         &error));

  g_assert_cmpint (fixture->job->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpfloat_with_epsilon (fixture->job->progress, 1.0, 0.001);
  g_assert_cmpstr (fixture->job->status_text, ==, "a b");
  g_assert_cmpuint (fixture->job->log_bytes, ==, 10);
}

static void
test_bad_steps_are_refused (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "{'step': <{'name': <'x'>, 'state': <'running'>}>}");
  assert_refused (fixture,
                  "{'step': <{'index': <uint32 66>, 'name': <'x'>, 'state': "
                  "<'running'>}>}");
  assert_refused (fixture,
                  "{'step': <{'index': <uint32 0>, 'name': <''>, 'state': "
                  "<'running'>}>}");
  assert_refused (fixture,
                  "{'step': <{'index': <uint32 0>, 'name': <'x'>, 'state': "
                  "<'Running!'>}>}");
  assert_refused (fixture, "{'nosuch': <1>}");
  assert_refused (fixture, "{'progress': <'much'>}");
}

static gboolean
fill (const char *text, Apm2Receipt *receipt, GError **error)
{
  g_autoptr (GVariant) dict
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (dict);
  return apm2_report_fill_receipt (receipt, dict, error);
}

static void
test_result_fills_the_receipt (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
  g_autoptr (GError) error = NULL;
  const Apm2StepResult *step;

  g_assert_true (
      fill ("{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': "
            "<'step_failed'>, 'message': <'step \"t\" ended with 3'>, "
            "'containment': <'none'>, 'steps': <[{'name': <'t'>, 'result': "
            "<'failed'>, 'exit_status': <3>, 'log_bytes': <uint64 9>}]>}",
            receipt,
            &error));

  g_assert_no_error (error);
  g_assert_cmpint (receipt->verdict, ==, APM2_VERDICT_FAILED);
  g_assert_cmpstr (receipt->reason, ==, "step_failed");
  g_assert_cmpuint (receipt->steps->len, ==, 1);
  step = g_ptr_array_index (receipt->steps, 0);
  g_assert_cmpint (step->exit_status, ==, 3);
  g_assert_cmpint (step->term_signal, ==, 0);
  g_assert_cmpuint (step->log_bytes, ==, 9);
}

static void
test_results_that_make_no_sense_are_refused (Fixture *fixture,
                                             gconstpointer data)
{
  static const char *const results[] = {
    "{'verdict': <'passed'>}",
    "{'outcome': <'running'>, 'reason': <'x'>}",
    "{'outcome': <'completed'>}",
    "{'outcome': <'completed'>, 'verdict': <'failed'>}",
    "{'outcome': <'cancelled'>, 'verdict': <'passed'>}",
    "{'outcome': <'denied'>}",
    "{'outcome': <'denied'>, 'reason': <'No Space'>}",
    "{'outcome': <'completed'>, 'verdict': <'passed'>, 'steps': "
    "<[{'name': <'t'>}]>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", results[i]);
      g_assert_false (fill (results[i], receipt, &error));
      g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
    }
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/apm2/report/apply/first-step-makes-it-running",
       test_first_step_makes_it_running);
  add ("/apm2/report/apply/progress-alone-leaves-it-leased",
       test_progress_alone_leaves_it_leased);
  add ("/apm2/report/apply/bad-steps-are-refused", test_bad_steps_are_refused);
  add ("/apm2/report/fill-receipt/result-fills-the-receipt",
       test_result_fills_the_receipt);
  add ("/apm2/report/fill-receipt/nonsense-is-refused",
       test_results_that_make_no_sense_are_refused);
  return g_test_run ();
}
