/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-job-state.h"

/* Rows are states, columns what they may become, both in the order of the enum:
 * pending leased running completed denied quarantined cancelled. */
static const char *const matrix[APM2_N_JOB_STATES] = {
  [APM2_JOB_STATE_PENDING] = ".x..xxx",
  [APM2_JOB_STATE_LEASED] = "x.xxxxx",
  [APM2_JOB_STATE_RUNNING] = "x..x.xx",
  [APM2_JOB_STATE_COMPLETED] = ".......",
  [APM2_JOB_STATE_DENIED] = ".......",
  [APM2_JOB_STATE_QUARANTINED] = ".......",
  [APM2_JOB_STATE_CANCELLED] = ".......",
};

static void
test_moves_are_exactly_these (void)
{
  for (guint from = 0; from < APM2_N_JOB_STATES; from++)
    for (guint to = 0; to < APM2_N_JOB_STATES; to++)
      {
        g_test_message ("%u to %u", from, to);
        g_assert_cmpint (
            apm2_job_state_may_become ((Apm2JobState) from, (Apm2JobState) to),
            ==,
            matrix[from][to] == 'x');
      }
}

static void
test_final_moves_nowhere (void)
{
  for (guint from = 0; from < APM2_N_JOB_STATES; from++)
    g_assert_cmpint (apm2_job_state_is_final ((Apm2JobState) from),
                     ==,
                     from >= APM2_JOB_STATE_COMPLETED);
}

/* The values are in databases. */
static void
test_values_are_frozen (void)
{
  static const char *const names[APM2_N_JOB_STATES] = {
    "pending", "leased",      "running",   "completed",
    "denied",  "quarantined", "cancelled",
  };

  for (guint i = 0; i < APM2_N_JOB_STATES; i++)
    {
      Apm2JobState state = (Apm2JobState) ((i + 1) % APM2_N_JOB_STATES);

      g_assert_cmpstr (
          apm2_job_state_to_string ((Apm2JobState) i), ==, names[i]);
      g_assert_true (apm2_job_state_from_string (names[i], &state));
      g_assert_cmpuint (state, ==, i);
    }
}

static void
test_verdicts_round_trip (void)
{
  static const char *const names[APM2_N_VERDICTS] = { "", "passed", "failed" };

  for (guint i = 0; i < APM2_N_VERDICTS; i++)
    {
      Apm2Verdict verdict = (Apm2Verdict) ((i + 1) % APM2_N_VERDICTS);

      g_assert_cmpstr (apm2_verdict_to_string ((Apm2Verdict) i), ==, names[i]);
      g_assert_true (apm2_verdict_from_string (names[i], &verdict));
      g_assert_cmpuint (verdict, ==, i);
    }
}

static void
test_other_words_are_refused (void)
{
  static const char *const words[] = { "Pending", "pending ", "done", "none" };
  Apm2JobState state = APM2_JOB_STATE_RUNNING;
  Apm2Verdict verdict = APM2_VERDICT_FAILED;

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_assert_false (apm2_job_state_from_string (words[i], &state));
      g_assert_false (apm2_verdict_from_string (words[i], &verdict));
    }
  g_assert_false (apm2_job_state_from_string (NULL, &state));
  g_assert_false (apm2_job_state_from_string ("", &state));
  g_assert_false (apm2_verdict_from_string (NULL, &verdict));
  g_assert_cmpint (state, ==, APM2_JOB_STATE_RUNNING);
  g_assert_cmpint (verdict, ==, APM2_VERDICT_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/job-state/may-become/is-exactly-the-matrix",
                   test_moves_are_exactly_these);
  g_test_add_func ("/apm2/job-state/is-final/from-completed-on",
                   test_final_moves_nowhere);
  g_test_add_func ("/apm2/job-state/names/values-are-frozen",
                   test_values_are_frozen);
  g_test_add_func ("/apm2/job-state/names/verdicts-round-trip",
                   test_verdicts_round_trip);
  g_test_add_func ("/apm2/job-state/names/other-words-are-refused",
                   test_other_words_are_refused);
  return g_test_run ();
}
