/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attempts of jobs with real steps: what their ends are called. */

#include <string.h>

#include <glib/gstdio.h>

#include "apm2-time.h"
#include "attempt.h"
#include "wait.h"

#define SH(name, script) "{'name':'" name "','argv':['sh','-c','" script "']}"

static void
test_all_pass (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "," SH ("b", "") "]");

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  attempt_assert_step (attempt, 0, "passed");
  attempt_assert_step (attempt, 1, "passed");
}

static void
test_failed_step_skips_the_rest (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "exit 3") "," SH ("b", "true") "]");

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "step_failed", "Step 'a' exited with status 3");
  attempt_assert_step (attempt, 0, "failed");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_allowed_failure_passes (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene,
      "'steps':[{'name':'a','argv':['false'],'allow_failure':true}," //
      SH ("b", "true") "]");

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  attempt_assert_step (attempt, 0, "failed");
  attempt_assert_step (attempt, 1, "passed");
}

static void
test_signal (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "kill -9 $$") "]");

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "signal", "Step 'a' died of signal 9 (Killed)");
  attempt_assert_step (attempt, 0, "failed");
}

static void
test_not_found (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[{'name':'a','argv':['apm2-none']}]");

  attempt_run (attempt);

  attempt_assert_failed (attempt,
                         "spawn_failed",
                         "Step 'a' failed: cannot run 'apm2-none': No such "
                         "file or directory");
  attempt_assert_step (attempt, 0, "spawn_failed");
}

static void
test_step_timeout (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[{'name':'a','argv':['sleep','99'],'timeout_sec':1}]");

  attempt->lease->timeout_sec = 600;
  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "timeout", "Step 'a' was ended: the time limit of 1 s is over");
  attempt_assert_step (attempt, 0, "timeout");
}

static void
test_job_timeout_is_not_tolerated (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene,
      "'steps':[{'name':'a','argv':['sleep','99'],'allow_failure':true}," //
      SH ("b", "true") "]");

  attempt->lease->timeout_sec = 1;
  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "timeout", "Step 'a' was ended: the time limit of 1 s is over");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_log_limit (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[{'name':'a','argv':['yes']}]");

  attempt->lease->log_bytes_max = 4096;
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "log_limit");
  attempt_assert_step (attempt, 0, "log_limit");
}

static void
test_digest_mismatch (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "]");

  attempt->lease->spec_digest[0] ^= 1;
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "quarantined", "digest_mismatch");
}

static void
test_malformed (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (scene, "'steps':[]");

  attempt_run (attempt);

  attempt_assert_outcome (attempt, "quarantined", "malformed");
}

static void
test_attached (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new_of (scene,
                        "attached",
                        "'lane':'run','steps':[{'name':'run','argv':['true'],'"
                        "working_directory':'/'}]");

  attempt_run (attempt);

  attempt_assert_outcome (attempt, "denied", "kind_unsupported");
}

static void
test_cancel (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "sleep 999") "," SH ("b", "true") "]");

  attempt_start (attempt);
  attempt_wait_report (attempt, "step");
  apm2_job_run_cancel (attempt->run, "not needed");
  attempt_wait_ended (attempt);

  attempt_assert_outcome (attempt, "cancelled", "cancelled");
  attempt_assert_step (attempt, 0, "cancelled");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_cancel_before_the_first_step (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "]");

  attempt_start (attempt);
  apm2_job_run_cancel (attempt->run, "");
  attempt_wait_ended (attempt);

  attempt_assert_outcome (attempt, "cancelled", "cancelled");
  attempt_assert_step (attempt, 0, "skipped");
}

static void
on_report_cancel (Apm2JobRun *run, GVariant *report, gpointer user_data)
{
  g_autoptr (GVariant) step
      = g_variant_lookup_value (report, "step", G_VARIANT_TYPE_VARDICT);
  const char *state = NULL;

  if (step != NULL && g_variant_lookup (step, "state", "&s", &state)
      && g_str_equal (state, user_data))
    apm2_job_run_cancel (run, "late");
}

static void
test_cancel_too_late (Scene *scene, gconstpointer data)
{
  static char passed[] = "passed";
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "]");

  attempt_start (attempt);
  g_signal_connect (
      attempt->run, "report", G_CALLBACK (on_report_cancel), passed);
  attempt_wait_ended (attempt);

  attempt_assert_passed (attempt);
}

static void
test_cancel_between_steps (Scene *scene, gconstpointer data)
{
  static char passed[] = "passed";
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "true") "," SH ("b", "true") "]");

  attempt_start (attempt);
  g_signal_connect (
      attempt->run, "report", G_CALLBACK (on_report_cancel), passed);
  attempt_wait_ended (attempt);

  attempt_assert_outcome (attempt, "cancelled", "cancelled");
  attempt_assert_step (attempt, 0, "passed");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_give_back (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "sleep 999") "]");

  attempt_start (attempt);
  attempt_wait_report (attempt, "step");
  apm2_job_run_give_back (attempt->run, G_USEC_PER_SEC);
  attempt_wait_ended (attempt);

  g_assert_cmpint (attempt->end, ==, APM2_JOB_RUN_GIVEN_BACK);
}

static void
on_report_give_back (Apm2JobRun *run, GVariant *report, gpointer user_data)
{
  apm2_job_run_give_back (run, 0);
}

/* The wish comes with the report that the last step has ended. */
static void
test_give_back_of_a_failed_job (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "exit 1") "]");

  attempt_start (attempt);
  attempt_wait_report (attempt, "step");
  g_signal_connect (
      attempt->run, "report", G_CALLBACK (on_report_give_back), NULL);
  attempt_wait_ended (attempt);

  attempt_assert_outcome (attempt, "completed", "step_failed");
}

static void
test_abandon (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene, "'steps':[" SH ("a", "trap : TERM; sleep 999 & wait; wait") "]");
  guint told = 0;

  attempt_start (attempt);
  attempt_wait_report (attempt, "step");
  told = attempt->reports->len;
  apm2_job_run_abandon (attempt->run);
  attempt_wait_ended (attempt);

  g_assert_cmpint (attempt->end, ==, APM2_JOB_RUN_ABANDONED);
  g_assert_cmpuint (attempt->reports->len, ==, told);
}

static void
test_fenced (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "sleep 999") "]");

  attempt_start (attempt);
  apm2_job_run_set_fence (attempt->run, apm2_time_boottime_usec () + 300000);
  attempt_wait_ended (attempt);

  g_assert_cmpint (attempt->end, ==, APM2_JOB_RUN_ABANDONED);
}

static void
test_workspace_cannot_be_made (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "]");

  g_assert_cmpint (g_rmdir (scene->paths->work_dir), ==, 0);
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "spawn_failed");
  attempt_assert_step (attempt, 0, "skipped");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/job-run/" path, Scene, NULL, scene_set_up, func, scene_tear_down)
  ADD ("steps/all-pass", test_all_pass);
  ADD ("steps/one-that-fails-skips-the-rest", test_failed_step_skips_the_rest);
  ADD ("steps/one-that-may-fail-does-not", test_allowed_failure_passes);
  ADD ("steps/death-of-a-signal", test_signal);
  ADD ("steps/command-not-found", test_not_found);
  ADD ("steps/timeout-of-its-own", test_step_timeout);
  ADD ("steps/timeout-of-the-job-is-not-tolerated",
       test_job_timeout_is_not_tolerated);
  ADD ("steps/log-limit", test_log_limit);
  ADD ("check/wrong-digest-is-quarantined", test_digest_mismatch);
  ADD ("check/malformed-is-quarantined", test_malformed);
  ADD ("check/attached-jobs-are-denied", test_attached);
  ADD ("check/workspace-cannot-be-made", test_workspace_cannot_be_made);
  ADD ("cancel/ends-the-running-step", test_cancel);
  ADD ("cancel/before-the-first-step", test_cancel_before_the_first_step);
  ADD ("cancel/between-steps", test_cancel_between_steps);
  ADD ("cancel/a-quicker-job-keeps-its-outcome", test_cancel_too_late);
  ADD ("give-back/ends-without-a-result", test_give_back);
  ADD ("give-back/a-quicker-job-keeps-its-outcome",
       test_give_back_of_a_failed_job);
  ADD ("abandon/ends-in-silence", test_abandon);
  ADD ("fence/ends-in-silence", test_fenced);
#undef ADD
  return scene_run_tests ();
}
