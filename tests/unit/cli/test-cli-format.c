/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values as people read them.
 */

#include "apm2-format.h"

#define SEC ((guint64) G_USEC_PER_SEC)
#define NOW ((gint64) (1000000 * SEC))

static void
assert_ago (guint64 sec, const char *expected)
{
  g_autofree char *text = apm2_format_ago ((guint64) NOW - sec * SEC, NOW);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_ago_has_one_unit (void)
{
  assert_ago (0, "now");
  assert_ago (1, "1s ago");
  assert_ago (59, "59s ago");
  assert_ago (60, "1min ago");
  assert_ago (3599, "59min ago");
  assert_ago (3600, "1h ago");
  assert_ago (86400, "1d ago");
}

static void
test_ago_of_nothing_is_a_dash (void)
{
  g_autofree char *text = apm2_format_ago (0, NOW);

  g_assert_cmpstr (text, ==, "-");
}

static void
test_ago_of_the_future_is_now (void)
{
  g_autofree char *text = apm2_format_ago ((guint64) NOW + 5 * SEC, NOW);

  g_assert_cmpstr (text, ==, "now");
}

static void
test_when_is_absolute_and_relative (void)
{
  g_autofree char *text = apm2_format_when (60 * SEC, (gint64) (120 * SEC));
  g_autofree char *soon = apm2_format_when (60 * SEC, (gint64) (15 * SEC));
  g_autofree char *skewed
      = apm2_format_when (60 * SEC, (gint64) (60 * SEC) - 999999);

  g_assert_cmpstr (text, ==, "1970-01-01 00:01:00 UTC (1min ago)");
  g_assert_cmpstr (soon, ==, "1970-01-01 00:01:00 UTC (in 45s)");
  g_assert_cmpstr (skewed, ==, "1970-01-01 00:01:00 UTC (now)");
}

static void
test_state_shows_the_verdict (void)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *good
      = apm2_format_state ("completed", "passed", TRUE, &style);
  g_autofree char *bad = NULL;

  g_assert_cmpstr (good, ==, "● passed");
  g_assert_cmpint (style, ==, APM2_STYLE_GOOD);
  bad = apm2_format_state ("completed", "failed", TRUE, &style);
  g_assert_cmpstr (bad, ==, "× failed");
  g_assert_cmpint (style, ==, APM2_STYLE_BAD);
}

static void
test_state_is_a_word_in_ascii_too (void)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *text = apm2_format_state ("pending", "", FALSE, &style);

  g_assert_cmpstr (text, ==, "* pending");
}

static void
test_argv_can_be_typed (void)
{
  const char *const argv[] = { "sh", "-c", "echo 'a b'", "", "größe", NULL };
  g_autofree char *line = apm2_format_argv (argv);
  g_auto (GStrv) back = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpstrv (back, argv);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-format/" name, func)
  ADD ("ago/has-one-unit", test_ago_has_one_unit);
  ADD ("ago/of-nothing-is-a-dash", test_ago_of_nothing_is_a_dash);
  ADD ("ago/of-the-future-is-now", test_ago_of_the_future_is_now);
  ADD ("when/is-absolute-and-relative", test_when_is_absolute_and_relative);
  ADD ("state/shows-the-verdict", test_state_shows_the_verdict);
  ADD ("state/is-a-word-in-ascii-too", test_state_is_a_word_in_ascii_too);
  ADD ("argv/can-be-typed", test_argv_can_be_typed);
  return g_test_run ();
}
