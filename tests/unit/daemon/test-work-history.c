/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What earlier runs say of how long a command will take, and what the kernel
 * says of how busy the machine is.
 */

#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-pressure.h"
#include "apm2-work-history.h"

static Apm2JobSpec *
new_spec (const char *directory, const char *const *argv)
{
  Apm2JobSpec *spec = apm2_job_spec_new ();
  Apm2Step *step = apm2_step_new ("run");

  step->working_directory = g_strdup (directory);
  step->argv = g_strdupv ((GStrv) argv);
  g_ptr_array_add (spec->steps, step);
  return spec;
}

static Apm2JobSpec *
make (const char *directory, const char *target)
{
  const char *argv[] = { "make", target, NULL };

  return new_spec (directory, argv);
}

static void
test_the_median_counts (void)
{
  g_autoptr (Apm2WorkHistory) history = apm2_work_history_new (8);
  g_autoptr (Apm2JobSpec) spec = make ("/a", "check");

  g_assert_cmpint (apm2_work_history_expect (history, 1, spec), ==, -1);
  apm2_work_history_note (history, 1, spec, 10);
  g_assert_cmpint (apm2_work_history_expect (history, 1, spec), ==, 10);
  apm2_work_history_note (history, 1, spec, 5000);
  apm2_work_history_note (history, 1, spec, 12);
  g_assert_cmpint (apm2_work_history_expect (history, 1, spec), ==, 12);
  /* Of the last nine. */
  for (guint i = 0; i < 9; i++)
    apm2_work_history_note (history, 1, spec, 70);
  g_assert_cmpint (apm2_work_history_expect (history, 1, spec), ==, 70);
}

static void
test_only_the_same_work_counts (void)
{
  static const char *const split[] = { "mak", "echeck", NULL };
  static const char *const shorter[] = { "make", NULL };
  g_autoptr (Apm2WorkHistory) history = apm2_work_history_new (8);
  g_autoptr (Apm2JobSpec) spec = make ("/a", "check");
  g_autoptr (Apm2JobSpec) again = make ("/a", "check");
  g_autoptr (Apm2JobSpec) elsewhere = make ("/b", "check");
  g_autoptr (Apm2JobSpec) other = make ("/a", "install");
  g_autoptr (Apm2JobSpec) joined = new_spec ("/a", split);
  g_autoptr (Apm2JobSpec) less = new_spec ("/a", shorter);

  apm2_work_history_note (history, 1, spec, 10);
  g_assert_cmpint (apm2_work_history_expect (history, 1, again), ==, 10);
  g_assert_cmpint (apm2_work_history_expect (history, 2, spec), ==, -1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, elsewhere), ==, -1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, other), ==, -1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, joined), ==, -1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, less), ==, -1);
}

static void
test_the_oldest_is_forgotten (void)
{
  g_autoptr (Apm2WorkHistory) history = apm2_work_history_new (2);
  g_autoptr (Apm2JobSpec) a = make ("/a", "check");
  g_autoptr (Apm2JobSpec) b = make ("/b", "check");
  g_autoptr (Apm2JobSpec) c = make ("/c", "check");

  apm2_work_history_note (history, 1, a, 1);
  apm2_work_history_note (history, 1, b, 2);
  apm2_work_history_note (history, 1, a, 1);
  apm2_work_history_note (history, 1, c, 3);
  g_assert_cmpint (apm2_work_history_expect (history, 1, a), ==, 1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, b), ==, -1);
  g_assert_cmpint (apm2_work_history_expect (history, 1, c), ==, 3);
}

static guint
read_pressure (const char *text)
{
  g_autofree char *file = NULL;
  g_autoptr (Apm2Pressure) pressure = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("apm2-pressure-XXXXXX", &file, &error);
  guint percent;

  g_assert_no_error (error);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  pressure = apm2_pressure_new (file);
  percent = apm2_pressure_read (pressure);
  g_assert_cmpint (g_unlink (file), ==, 0);
  return percent;
}

static void
test_pressure_is_read (void)
{
  g_assert_cmpuint (
      read_pressure ("some avg10=0.00 avg60=9.00 avg300=1.00 total=1\n"
                     "full avg10=7.00 avg60=0.00 avg300=0.00 total=0\n"),
      ==,
      0);
  g_assert_cmpuint (
      read_pressure ("some avg10=12.00 avg60=0.00 avg300=0.00 total=1\n"),
      ==,
      12);
  g_assert_cmpuint (
      read_pressure ("some avg10=12.01 avg60=0.00 avg300=0.00 total=1\n"),
      ==,
      13);
  g_assert_cmpuint (
      read_pressure ("some avg10=100.00 avg60=0.00 avg300=0.00 total=1\n"),
      ==,
      100);
}

static guint n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level,
                const GLogField *fields,
                gsize n_fields,
                gpointer user_data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, user_data);
  n_warnings++;
  return G_LOG_WRITER_HANDLED;
}

/* A kernel that does not tell stops nobody, and it is said once. */
static void
test_pressure_that_is_not_told_is_none (void)
{
  static const char *const texts[] = {
    "",
    "full avg10=7.00\n",
    "some avg10=\n",
    "some avg10=nan\n",
    "some avg10=-1\n",
    "some avg10=101\n",
    NULL,
  };
  g_autoptr (Apm2Pressure) absent = apm2_pressure_new ("/nonexistent/cpu");

  for (gsize i = 0; texts[i] != NULL; i++)
    {
      n_warnings = 0;
      g_assert_cmpuint (read_pressure (texts[i]), ==, 0);
      g_assert_cmpuint (n_warnings, ==, 1);
    }
  n_warnings = 0;
  g_assert_cmpuint (apm2_pressure_read (absent), ==, 0);
  g_assert_cmpuint (apm2_pressure_read (absent), ==, 0);
  g_assert_cmpuint (n_warnings, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  (void) g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_test_add_func ("/apm2/work-history/the-median-counts",
                   test_the_median_counts);
  g_test_add_func ("/apm2/work-history/only-the-same-work-counts",
                   test_only_the_same_work_counts);
  g_test_add_func ("/apm2/work-history/the-oldest-is-forgotten",
                   test_the_oldest_is_forgotten);
  g_test_add_func ("/apm2/pressure/is-read", test_pressure_is_read);
  g_test_add_func ("/apm2/pressure/not-told-is-none",
                   test_pressure_that_is_not_told_is_none);
  return g_test_run ();
}
