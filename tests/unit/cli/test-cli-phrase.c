/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What broker and worker say, said anew. What becomes of it in another language
 * is seen in tests/run/test_language.py.
 */

#include "apm2-error.h"
#include "apm2-phrase.h"

/* Known or not, and whatever stands in the places. */
static void
test_english_stays_as_it_is (void)
{
  static const char *const texts[] = {
    "",
    "no job has the id j0",
    "no job has the id ",
    "no job has the id %s %n %2$s",
    "Step 'build' exited with status 3",
    "Step 'it's' failed: cannot run 'a': b': No such file or directory",
    "Gate 'lint' died of signal 9 (Killed)",
    "Gate 'lint' did what nobody knows",
    "Step 'a' Step 'b' Step 'c' Step 'd' Step 'e' exited with status 1",
    "unknown_lane: there is no lane \"a\" (configured: b, c)",
    "unknown_lane: who knows",
    "unheard_of: there is no lane \"a\" (configured: b, c)",
    "unknown_lane: unknown_lane: unknown_lane: unknown_lane: unknown_lane: x",
    "limit_exceeds_lane: limits.timeout_sec 9 is more than the 8 of lane \"a\"",
    "job a is completed, not pending",
    "Job %1$s is cancelled: only a job that has ended can be tried again",
    "Cannot do it: because of this",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *said = apm2_phrase_say (texts[i]);

      g_assert_cmpstr (said, ==, texts[i]);
    }
}

static void
test_error_keeps_its_kind (void)
{
  g_autoptr (GError) error = apm2_phrase_take_error (g_error_new_literal (
      APM2_ERROR, APM2_ERROR_NOT_FOUND, "no job has the id j0"));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "no job has the id j0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-phrase/" name, func)
  ADD ("english-stays-as-it-is", test_english_stays_as_it_is);
  ADD ("error-keeps-its-kind", test_error_keeps_its_kind);
  return g_test_run ();
}
