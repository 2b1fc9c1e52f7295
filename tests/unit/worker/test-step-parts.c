/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The small parts of a supervisor: progress lines and the bounded log. */

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "apm2-step-log.h"
#include "apm2-step-progress.h"

static void
feed (Apm2StepProgress *progress, const char *text)
{
  apm2_step_progress_feed (progress, text, strlen (text));
}

static void
test_progress_lines (void)
{
  static const struct
  {
    const char *line;
    int value;
    const char *text;
  } cases[] = {
    { "50\n", 5000, "" },
    { "50%\n", 5000, "" },
    { "12.5 halfway to 25\n", 1250, "halfway to 25" },
    { "  7%   padded\n", 700, "padded" },
    { "0\n", 0, "" },
    { "100 done\n", 10000, "done" },
    { "99.999\n", 9999, "" },
    { "only text\n", 0, "only text" },
    { "3files left\n", 0, "3files left" },
    { "-5 below\n", 0, "-5 below" },
    { "101\n", 0, "" },
    { "100.5 too much\n", 0, "" },
    { "99999999999999999999 overflow\n", 0, "" },
    { "\n", 0, "" },
    { "a\tb\033[31mc\177\r\n", 0, "a b[31mc" },
    { "not ended", 0, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Apm2StepProgress progress = { 0 };

      feed (&progress, cases[i].line);
      g_assert_cmpint (progress.value, ==, cases[i].value);
      g_assert_cmpstr (progress.text, ==, cases[i].text);
    }
}

static void
test_progress_bytewise (void)
{
  Apm2StepProgress progress = { 0 };

  for (const char *p = "42 step one\n"; *p != '\0'; p++)
    apm2_step_progress_feed (&progress, p, 1);

  g_assert_cmpint (progress.value, ==, 4200);
  g_assert_cmpstr (progress.text, ==, "step one");
}

static void
test_progress_keeps_the_other_half (void)
{
  Apm2StepProgress progress = { 0 };

  feed (&progress, "10 first\n20\nlast words\n");

  g_assert_cmpint (progress.value, ==, 2000);
  g_assert_cmpstr (progress.text, ==, "last words");
}

static void
test_progress_says_what_changed (void)
{
  Apm2StepProgress progress = { 0 };

  feed (&progress, "10 same\n");
  g_assert_true (progress.value_changed);
  g_assert_true (progress.text_changed);
  progress.value_changed = false;
  progress.text_changed = false;

  feed (&progress, "10 same\n");
  g_assert_false (progress.value_changed);
  g_assert_false (progress.text_changed);
}

static void
test_progress_overlong (void)
{
  Apm2StepProgress progress = { 0 };
  g_autofree char *exact = g_strnfill (APM2_STEP_PROGRESS_LINE_MAX, 'x');
  g_autofree char *overlong = g_strnfill (3 * APM2_STEP_PROGRESS_LINE_MAX, 'y');

  feed (&progress, exact);
  feed (&progress, "\n");
  g_assert_cmpstr (progress.text, ==, exact);

  feed (&progress, overlong);
  feed (&progress, "\n");
  g_assert_cmpstr (progress.text, ==, exact);

  feed (&progress, "again\n");
  g_assert_cmpstr (progress.text, ==, "again");
}

/* Appends pieces of @size bytes until the log says stop; returns its text. */
static char *
fill_log (guint64 max, gsize size, const char *last)
{
  g_autofree char *dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "log", NULL);
  g_autofree char *piece = g_strnfill (size, 'x');
  Apm2StepLog log = { 0 };
  char *text = NULL;
  gsize length = 0;

  if (size > 0)
    piece[size - 1] = *last;
  g_assert_cmpint (apm2_step_log_open (&log, path, max), ==, 0);
  for (guint i = 0; i < 1000; i++)
    {
      if (!apm2_step_log_append (&log, piece, size))
        break;
    }
  g_assert_true (log.full);
  g_assert_false (apm2_step_log_append (&log, "more", 4));
  apm2_step_log_close (&log);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpuint (length, ==, log.bytes);
  g_assert_cmpuint (length, <=, max);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
  return text;
}

static void
test_log_marker_ends_it (void)
{
  g_autofree char *text = fill_log (1000, 7, "x");

  g_assert_true (g_str_has_suffix (
      text, "x\n[apm2: log limit of 1000 bytes reached, step ended]\n"));
}

static void
test_log_never_exceeds_its_limit (void)
{
  for (guint64 max = 1; max < 300; max++)
    g_free (fill_log (max, 50, "\n"));
}

static void
test_log_without_limit (void)
{
  g_autofree char *dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "log", NULL);
  Apm2StepLog log = { 0 };

  g_assert_cmpint (apm2_step_log_open (&log, path, 0), ==, 0);
  for (guint i = 0; i < 100; i++)
    g_assert_true (apm2_step_log_append (&log, "0123456789", 10));
  g_assert_cmpuint (log.bytes, ==, 1000);

  apm2_step_log_close (&log);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_log_follows_no_link (void)
{
  g_autofree char *dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "log", NULL);
  Apm2StepLog log = { 0 };

  g_assert_cmpint (symlink ("/dev/null", path), ==, 0);

  g_assert_cmpint (apm2_step_log_open (&log, path, 0), ==, -ELOOP);

  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_log_on_a_full_disk (void)
{
  Apm2StepLog log = { 0 };

  g_assert_cmpint (apm2_step_log_open (&log, "/dev/full", 0), ==, 0);

  g_assert_true (apm2_step_log_append (&log, "x", 1));
  g_assert_true (apm2_step_log_append (&log, "x", 1));
  g_assert_cmpint (log.error_number, ==, ENOSPC);
  g_assert_cmpuint (log.bytes, ==, 0);
  apm2_step_log_close (&log);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/apm2/" path, func)
  ADD ("step-progress/feed/reads-number-and-text", test_progress_lines);
  ADD ("step-progress/feed/takes-any-pieces", test_progress_bytewise);
  ADD ("step-progress/feed/keeps-what-a-line-leaves-out",
       test_progress_keeps_the_other_half);
  ADD ("step-progress/feed/says-what-has-changed",
       test_progress_says_what_changed);
  ADD ("step-progress/feed/ignores-overlong-lines", test_progress_overlong);
  ADD ("step-log/append/the-marker-ends-a-full-log", test_log_marker_ends_it);
  ADD ("step-log/append/never-exceeds-its-limit",
       test_log_never_exceeds_its_limit);
  ADD ("step-log/append/zero-is-no-limit", test_log_without_limit);
  ADD ("step-log/append/a-full-disk-costs-only-the-log",
       test_log_on_a_full_disk);
  ADD ("step-log/open/follows-no-link", test_log_follows_no_link);
#undef ADD
  return g_test_run ();
}
