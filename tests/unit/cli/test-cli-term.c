/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Colour is for terminals, and only if nobody objects.
 */

#include "apm2-term.h"

static gboolean
wants (Apm2ColorWhen when, gboolean is_tty, const char *assignments)
{
  g_auto (GStrv) env = g_strsplit (assignments, " ", -1);

  return apm2_term_wants_color (when, is_tty, env);
}

static void
test_terminal_gets_color (void)
{
  g_assert_true (wants (APM2_COLOR_AUTO, TRUE, "TERM=xterm"));
}

static void
test_pipe_gets_none (void)
{
  g_assert_false (wants (APM2_COLOR_AUTO, FALSE, "TERM=xterm"));
}

static void
test_environment_may_object (void)
{
  g_assert_false (wants (APM2_COLOR_AUTO, TRUE, "TERM=xterm NO_COLOR=1"));
  g_assert_false (wants (APM2_COLOR_AUTO, TRUE, "TERM=xterm SYSTEMD_COLORS=0"));
  g_assert_false (wants (APM2_COLOR_AUTO, TRUE, "TERM=dumb"));
  g_assert_false (wants (APM2_COLOR_AUTO, TRUE, ""));
}

static void
test_empty_no_color_is_no_objection (void)
{
  g_assert_true (wants (APM2_COLOR_AUTO, TRUE, "TERM=xterm NO_COLOR="));
}

static void
test_flag_wins (void)
{
  g_assert_true (wants (APM2_COLOR_ALWAYS, FALSE, "TERM=dumb NO_COLOR=1"));
  g_assert_false (wants (APM2_COLOR_NEVER, TRUE, "TERM=xterm"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                        \
  g_test_add_func ("/apm2/cli-term/wants-color/" name, func)
  ADD ("terminal-gets-it", test_terminal_gets_color);
  ADD ("pipe-gets-none", test_pipe_gets_none);
  ADD ("environment-may-object", test_environment_may_object);
  ADD ("empty-no-color-is-no-objection", test_empty_no_color_is_no_objection);
  ADD ("flag-wins", test_flag_wins);
  return g_test_run ();
}
