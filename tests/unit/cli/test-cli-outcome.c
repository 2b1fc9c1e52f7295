/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job ended, in one line.
 */

#include <string.h>

#include "apm2-outcome.h"

static char *
describe (const char *text)
{
  const Apm2Options options = { .mode = APM2_MODE_USER };
  g_autoptr (GVariant) record
      = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (Apm2JobView) view = apm2_job_view_new_from_record (record);

  return apm2_outcome_format (view, &options, TRUE, FALSE);
}

static void
test_success_is_short (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'passed'>, "
      "'started_at': <uint64 1000000>, 'finished_at': <uint64 13000000>, "
      "'attempt': <uint32 1>, 'receipt_digest': <'0123456789abcdef'>}");

  g_assert_cmpstr (line, ==, "● passed in 12s; receipt 0123456789ab");
}

static void
test_failure_tells_step_status_and_log (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'failed'>, 'reason': "
      "<'step_failed'>, 'attempt': <uint32 1>, 'steps': <[{'name': <'build'>, "
      "'state': <'failed'>, 'exit_status': <2>, 'signal': <0>}]>}");

  g_assert_cmpstr (line,
                   ==,
                   "× failed: step 1 (build) exited with status 2 "
                   "(step_failed); log: apm2 --user fac job logs j1");
}

static void
test_message_tells_what_a_status_cannot (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'failed'>, 'reason': "
      "<'spawn_failed'>, 'message': <'no such file'>, 'steps': <[{'name': "
      "<'build'>, 'state': <'spawn_failed'>, 'exit_status': <127>}]>}");

  g_assert_cmpstr (line, ==, "× failed: no such file (spawn_failed)");
}

static void
test_nothing_is_told_twice (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'failed'>, 'reason': "
      "<'step_failed'>, 'message': <'step build exited'>, 'steps': <[{'name': "
      "<'build'>, 'state': <'failed'>, 'exit_status': <2>}]>}");

  g_assert_cmpstr (line, ==, "× failed: step build exited (step_failed)");
}

static void
test_signal_has_a_name (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'failed'>, 'reason': "
      "<'signal'>, 'attempt': <uint32 1>, 'steps': <[{'name': <'build'>, "
      "'state': <'failed'>, 'exit_status': <-1>, 'signal': <9>}]>}");

  g_assert_nonnull (strstr (line, "ended by signal 9 (Killed)"));
}

static void
test_cancelled_job_blames_no_step (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'cancelled'>, 'reason': <'cancelled'>, "
      "'message': <'not needed'>, 'steps': <[{'name': <'build'>, 'state': "
      "<'cancelled'>, 'exit_status': <-1>, 'signal': <15>}]>}");

  g_assert_cmpstr (line, ==, "× cancelled: not needed");
}

static void
test_job_that_never_ran_has_no_log (void)
{
  g_autofree char *line = describe (
      "{'id': <'j1'>, 'state': <'denied'>, 'reason': <'dependency_failed'>, "
      "'message': <'j0 did not pass'>}");

  g_assert_cmpstr (line, ==, "× denied: j0 did not pass (dependency_failed)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-outcome/format/" name, func)
  ADD ("success-is-short", test_success_is_short);
  ADD ("failure-tells-step-status-and-log",
       test_failure_tells_step_status_and_log);
  ADD ("message-tells-what-a-status-cannot",
       test_message_tells_what_a_status_cannot);
  ADD ("nothing-is-told-twice", test_nothing_is_told_twice);
  ADD ("signal-has-a-name", test_signal_has_a_name);
  ADD ("cancelled-job-blames-no-step", test_cancelled_job_blames_no_step);
  ADD ("job-that-never-ran-has-no-log", test_job_that_never_ran_has_no_log);
  return g_test_run ();
}
