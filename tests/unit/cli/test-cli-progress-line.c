/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How far a job is, in one line of a terminal.
 */

#include <string.h>

#include "apm2-display.h"
#include "apm2-progress-line.h"

#define SEC ((guint64) G_USEC_PER_SEC)

static char *
format (const char *text, guint width, gboolean utf8)
{
  g_autoptr (GVariant) record
      = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (Apm2JobView) view = apm2_job_view_new_from_record (record);

  return apm2_progress_line_format (view, (gint64) (100 * SEC), width, utf8);
}

#define RUNNING                                                                \
  "{'State': <'running'>, 'Step': <'build'>, 'StepIndex': <uint32 1>, "        \
  "'StepCount': <uint32 4>, 'StartedAt': <uint64 25000000>"

static void
test_step_and_time_are_told (void)
{
  g_autofree char *line = format (RUNNING "}", 80, TRUE);

  g_assert_cmpstr (line, ==, "running, step 2/4 build 1:15");
}

static void
test_bar_is_drawn_if_progress_is_known (void)
{
  g_autofree char *line = format (
      RUNNING ", 'Progress': <0.5>, 'ProgressValid': <true>}", 80, FALSE);

  g_assert_nonnull (strstr (line, "[##########..........]  50%"));
}

static void
test_bar_stays_in_its_bounds (void)
{
  g_autofree char *line = format (
      RUNNING ", 'Progress': <7.5>, 'ProgressValid': <true>}", 80, FALSE);

  g_assert_nonnull (strstr (line, "[####################] 100%"));
}

static void
test_words_of_the_job_control_nothing (void)
{
  g_autofree char *line
      = format (RUNNING ", 'StatusText': <'a\\u001b[2Jb'>}", 80, TRUE);

  g_assert_nonnull (strstr (line, "a^[[2Jb"));
}

static void
test_line_is_no_wider_than_the_terminal (void)
{
  for (guint width = 0; width < 60; width++)
    {
      g_autofree char *line
          = format (RUNNING ", 'StatusText': <'日本語日本語'>}", width, TRUE);

      g_assert_cmpuint (apm2_display_get_width (line), <=, width);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func)                                                        \
  g_test_add_func ("/apm2/cli-progress-line/format/" name, func)
  ADD ("step-and-time-are-told", test_step_and_time_are_told);
  ADD ("bar-is-drawn-if-progress-is-known",
       test_bar_is_drawn_if_progress_is_known);
  ADD ("bar-stays-in-its-bounds", test_bar_stays_in_its_bounds);
  ADD ("words-of-the-job-control-nothing",
       test_words_of_the_job_control_nothing);
  ADD ("line-is-no-wider-than-the-terminal",
       test_line_is_no_wider_than_the_terminal);
  return g_test_run ();
}
