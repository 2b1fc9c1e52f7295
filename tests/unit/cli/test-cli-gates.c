/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates as people see them, and some of many.
 */

#include <string.h>

#include "apm2-gates-file.h"
#include "apm2-gates-read.h"
#include "apm2-gates-tail.h"
#include "apm2-gates-text.h"

#define SEC G_GUINT64_CONSTANT (1000000)

static const char file[] = "[gate build]\n"
                           "command=make\n"
                           "[gate unit]\n"
                           "command=make check\n"
                           "needs=build\n"
                           "[gate docs]\n"
                           "command=make docs\n"
                           "needs=unit\n"
                           "[gate lint]\n"
                           "command=lint\n"
                           "allow-failure=yes\n"
                           "[gate style]\n"
                           "command=style\n"
                           "needs=lint\n";

static GPtrArray *
parse (void)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *gates
      = apm2_gates_file_parse (file, strlen (file), "file", &error);

  g_assert_no_error (error);
  return gates;
}

/* @steps in the text form of GVariant. */
static char *
show (const char *steps, gint64 now_usec)
{
  g_autoptr (GPtrArray) gates = parse ();
  g_autoptr (Apm2GatesView) view = apm2_gates_view_new (gates);
  const Apm2GatesText text = { view, TRUE, FALSE };
  g_autoptr (GVariant) dicts
      = steps != NULL ? g_variant_ref_sink (g_variant_new_parsed (steps))
                      : NULL;
  GString *all = g_string_new (NULL);

  apm2_gates_view_update (view, dicts);
  for (guint i = 0; i < view->views->len; i++)
    {
      g_autofree char *line = apm2_gates_text_line (
          &text, g_ptr_array_index (view->views, i), now_usec);

      g_string_append_printf (all, "%s\n", line);
    }
  return g_string_free (all, FALSE);
}

static void
test_nothing_began (void)
{
  g_autofree char *lines = show (NULL, 0);

  g_assert_cmpstr (lines,
                   ==,
                   "○ build  waits\n"
                   "○ unit   waits for build\n"
                   "○ docs   waits for unit\n"
                   "○ lint   waits\n"
                   "○ style  waits for lint\n");
}

static void
test_some_run (void)
{
  g_autofree char *lines = show ("[{'name': <'checkout'>, 'state': <'passed'>},"
                                 " {'name': <'build'>, 'state': <'passed'>,"
                                 "  'started_at': <uint64 1000000>,"
                                 "  'finished_at': <uint64 62000000>},"
                                 " {'name': <'unit'>, 'state': <'running'>,"
                                 "  'started_at': <uint64 62000000>}]",
                                 65 * SEC);

  g_assert_cmpstr (lines,
                   ==,
                   "✓ checkout  passed\n"
                   "✓ build  passed in 1min 1s\n"
                   "● unit   running 0:03\n"
                   "○ docs   waits for unit\n"
                   "○ lint   waits\n"
                   "○ style  waits for lint\n");
}

static void
test_some_fail (void)
{
  g_autofree char *lines
      = show ("[{'name': <'build'>, 'state': <'failed'>, 'exit_status': <2>,"
              "  'started_at': <uint64 1000000>,"
              "  'finished_at': <uint64 3000000>},"
              " {'name': <'unit'>, 'state': <'skipped'>, 'exit_status': <-1>},"
              " {'name': <'docs'>, 'state': <'skipped'>, 'exit_status': <-1>},"
              " {'name': <'lint'>, 'state': <'failed'>, 'exit_status': <1>},"
              " {'name': <'style'>, 'state': <'failed'>, 'exit_status': <-1>,"
              "  'signal': <9>}]",
              0);

  g_assert_cmpstr (lines,
                   ==,
                   "× build  failed after 2s: exit status 2\n"
                   "○ unit   skipped: build did not pass\n"
                   "○ docs   skipped: unit did not pass\n"
                   "× lint   failed: exit status 1, which is allowed\n"
                   "× style  failed: signal 9 (Killed)\n");
}

/* A second attempt begins anew. */
static void
test_update_forgets (void)
{
  g_autoptr (GPtrArray) gates = parse ();
  g_autoptr (Apm2GatesView) view = apm2_gates_view_new (gates);
  g_autoptr (GVariant) steps = g_variant_ref_sink (g_variant_new_parsed (
      "[{'name': <'build'>, 'state': <'failed'>, 'exit_status': <2>}]"));

  apm2_gates_view_update (view, steps);
  g_assert_true (
      apm2_gate_view_has_ended (apm2_gates_view_find (view, "build")));
  apm2_gates_view_update (view, NULL);
  g_assert_true (
      apm2_gate_view_is_waiting (apm2_gates_view_find (view, "build")));
  g_assert_cmpint (apm2_gates_view_find (view, "build")->exit_status, ==, -1);
}

static void
test_verdict (void)
{
  g_autoptr (GPtrArray) gates = parse ();
  g_autoptr (Apm2GatesView) view = apm2_gates_view_new (gates);
  const Apm2GatesText text = { view, TRUE, FALSE };
  const Apm2Options options = { .mode = APM2_MODE_USER };
  g_autoptr (GVariant) record = g_variant_ref_sink (g_variant_new_parsed (
      "{'id': <'j1'>, 'state': <'completed'>, 'verdict': <'failed'>, 'reason': "
      "<'step_failed'>, 'started_at': <uint64 1000000>, 'finished_at': <uint64 "
      "13000000>, 'receipt_digest': <'0123456789abcdef'>, 'steps': <[{'name': "
      "<'build'>, 'state': <'timeout'>}, {'name': <'unit'>, 'state': "
      "<'skipped'>}, {'name': <'lint'>, 'state': <'failed'>}, {'name': "
      "<'style'>, 'state': <'failed'>}]>}"));
  g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (record);
  g_autofree char *verdict = NULL;
  g_autofree char *advice = NULL;

  apm2_gates_view_update (view, job->steps);
  verdict = apm2_gates_text_verdict (&text, job);
  advice = apm2_gates_text_advice (&text, job, &options);
  g_assert_cmpstr (verdict,
                   ==,
                   "failed: build, style (step_failed) after 12s; receipt "
                   "0123456789abcdef");
  g_assert_cmpstr (advice,
                   ==,
                   "log of build: apm2 --user fac job logs -s build j1\n"
                   "log of lint: apm2 --user fac job logs -s lint j1\n"
                   "log of style: apm2 --user fac job logs -s style j1\n");
}

static char *
choose (const char *const *names, GError **error)
{
  g_autoptr (GPtrArray) gates = apm2_gates_choose (parse (), names, error);
  GString *list = NULL;

  if (gates == NULL)
    return NULL;
  list = g_string_new (NULL);
  for (guint i = 0; i < gates->len; i++)
    g_string_append_printf (
        list, "%s ", ((Apm2Step *) g_ptr_array_index (gates, i))->name);
  return g_strchomp (g_string_free (list, FALSE));
}

static void
test_choose (void)
{
  const char *const docs[] = { "docs", NULL };
  const char *const two[] = { "style", "build", NULL };
  const char *const wrong[] = { "build", "tests", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *first = choose (docs, &error);
  g_autofree char *second = choose (two, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, "build unit docs");
  g_assert_cmpstr (second, ==, "build lint style");
  g_assert_null (choose (wrong, &error));
  g_assert_cmpstr (error->message,
                   ==,
                   "--only: there is no gate 'tests', but build, unit, docs, "
                   "lint, style");
}

static void
test_tail (void)
{
  static const struct
  {
    const char *text;
    const char *tail;
  } cases[] = {
    { "", "" },
    { "one", "  │ one\n" },
    { "one\n", "  │ one\n" },
    { "\n\n", "  │ \n  │ \n" },
    { "a\rb\x1b[2J\xff\r\n", "  │ a^Mb^[[2J\357\277\275\n" },
    { "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
      "  │ 2\n  │ 3\n  │ 4\n  │ 5\n  │ 6\n  │ 7\n  │ 8\n  │ 9\n  │ 10\n"
      "  │ 11\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *tail = apm2_gates_tail_format (
          cases[i].text, strlen (cases[i].text), TRUE);

      g_assert_cmpstr (tail, ==, cases[i].tail);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/gates/nothing-began", test_nothing_began);
  g_test_add_func ("/cli/gates/some-run", test_some_run);
  g_test_add_func ("/cli/gates/some-fail", test_some_fail);
  g_test_add_func ("/cli/gates/update-forgets", test_update_forgets);
  g_test_add_func ("/cli/gates/verdict", test_verdict);
  g_test_add_func ("/cli/gates/choose", test_choose);
  g_test_add_func ("/cli/gates/tail", test_tail);
  return g_test_run ();
}
