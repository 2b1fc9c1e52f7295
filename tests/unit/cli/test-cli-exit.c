/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Exit statuses are a promise to scripts: each error code has one.
 */

#include <string.h>

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-exit.h"
#include "apm2-job-state.h"

static void
test_every_code_has_its_status (void)
{
  static const int expected[APM2_N_ERRORS] = {
    [APM2_ERROR_FAILED] = 1,      [APM2_ERROR_INVALID_ARGUMENT] = 2,
    [APM2_ERROR_NOT_FOUND] = 6,   [APM2_ERROR_EXISTS] = 1,
    [APM2_ERROR_BAD_STATE] = 1,   [APM2_ERROR_NOT_AUTHORIZED] = 4,
    [APM2_ERROR_DENIED] = 1,      [APM2_ERROR_LIMIT_EXCEEDED] = 1,
    [APM2_ERROR_STALE] = 1,       [APM2_ERROR_BUSY] = 1,
    [APM2_ERROR_CANCELLED] = 1,   [APM2_ERROR_TIMED_OUT] = 1,
    [APM2_ERROR_UNAVAILABLE] = 5,
  };

  for (int code = 0; code < APM2_N_ERRORS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (APM2_ERROR, code, "x");

      g_assert_cmpint (apm2_exit_from_error (error), ==, expected[code]);
    }
}

static void
test_option_errors_are_usage (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "x");

  g_assert_cmpint (apm2_exit_from_error (error), ==, 2);
}

static void
test_only_passed_is_success (void)
{
  for (int state = 0; state < APM2_N_JOB_STATES; state++)
    for (int verdict = 0; verdict < APM2_N_VERDICTS; verdict++)
      {
        const gboolean passed = state == APM2_JOB_STATE_COMPLETED
                                && verdict == APM2_VERDICT_PASSED;

        g_assert_cmpint (apm2_exit_from_outcome (
                             apm2_job_state_to_string ((Apm2JobState) state),
                             apm2_verdict_to_string ((Apm2Verdict) verdict)),
                         ==,
                         passed ? 0 : 3);
      }
}

static void
test_unknown_words_are_no_success (void)
{
  g_assert_cmpint (apm2_exit_from_outcome ("", ""), ==, 3);
  g_assert_cmpint (apm2_exit_from_outcome ("vanished", "passed"), ==, 3);
}

/* What the broker sends, as GDBus hands it over. */
static GError *
receive (const char *name)
{
  return apm2_client_take_error (
      g_dbus_error_new_for_dbus_error (name, "there is no job x"));
}

static void
assert_received (const char *name, int code, int status)
{
  g_autoptr (GError) error = receive (name);

  g_assert_error (error, APM2_ERROR, code);
  g_assert_null (strstr (error->message, "GDBus"));
  g_assert_cmpint (apm2_exit_from_error (error), ==, status);
}

static void
test_errors_of_the_broker_keep_code_and_words (void)
{
  g_autoptr (GError) error = receive ("org.apm2.Error.NotFound");

  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "there is no job x");
}

static void
test_errors_of_the_bus_are_mapped (void)
{
#define BUS "org.freedesktop.DBus.Error."
  assert_received (BUS "ServiceUnknown", APM2_ERROR_UNAVAILABLE, 5);
  assert_received (BUS "NameHasNoOwner", APM2_ERROR_UNAVAILABLE, 5);
  assert_received (BUS "NoReply", APM2_ERROR_UNAVAILABLE, 5);
  assert_received (BUS "AccessDenied", APM2_ERROR_NOT_AUTHORIZED, 4);
  assert_received (
      BUS "InteractiveAuthorizationRequired", APM2_ERROR_NOT_AUTHORIZED, 4);
  assert_received (BUS "UnknownMethod", APM2_ERROR_FAILED, 1);
}

static void
test_errors_of_strangers_are_failures (void)
{
  assert_received ("com.example.Odd", APM2_ERROR_FAILED, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  apm2_error_register ();
#define ADD(name, func) g_test_add_func ("/apm2/cli-exit/" name, func)
  ADD ("from-error/every-code-has-its-status", test_every_code_has_its_status);
  ADD ("from-error/option-errors-are-usage", test_option_errors_are_usage);
  ADD ("from-outcome/only-passed-is-success", test_only_passed_is_success);
  ADD ("from-outcome/unknown-words-are-no-success",
       test_unknown_words_are_no_success);
  ADD ("take-error/errors-of-the-broker-keep-code-and-words",
       test_errors_of_the_broker_keep_code_and_words);
  ADD ("take-error/errors-of-the-bus-are-mapped",
       test_errors_of_the_bus_are_mapped);
  ADD ("take-error/errors-of-strangers-are-failures",
       test_errors_of_strangers_are_failures);
  return g_test_run ();
}
