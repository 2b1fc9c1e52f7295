/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The logs of a job's steps, read as one stream. */

#include "apm2-job-log.h"

#include <fcntl.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-fs-remove.h"

typedef struct
{
  Apm2Paths paths;
  char *dir;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("apm2-job-log-XXXXXX", NULL);
  g_assert_nonnull (fixture->dir);
  fixture->paths.logs_dir = fixture->dir;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, fixture->dir, &error));
  g_free (fixture->dir);
}

static void
write_log_of (Fixture *fixture,
              const char *job_id,
              guint step,
              const char *text)
{
  g_autofree char *file
      = apm2_paths_get_log_file (&fixture->paths, job_id, 1, step);
  g_autofree char *dir = g_path_get_dirname (file);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static void
write_log (Fixture *fixture, guint step, const char *text)
{
  write_log_of (fixture, "j1", step, text);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* What is read of job "j1", and where it ends of "j2". */
typedef struct
{
  guint step;
  guint n_ended;
  gboolean is_over;
  guint64 offset;
  gsize max;
  gboolean with_next;
} Asked;

/* Reads a range and gives the text, with "$" at the end if nothing follows. */
static char *
read_range (Fixture *fixture, Asked asked)
{
  g_autoptr (GPtrArray) pieces
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_log_piece_free);
  const Apm2LogRange range = { pieces, asked.step, asked.offset, asked.max };
  Apm2LogPiece *first = apm2_log_piece_new ("j1", 1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gboolean eof = FALSE;
  const char *data;
  gsize size;

  first->n_ended = asked.n_ended;
  first->is_over = asked.is_over;
  g_ptr_array_add (pieces, first);
  if (asked.with_next)
    {
      Apm2LogPiece *next = apm2_log_piece_new ("j2", 1);

      next->is_over = TRUE;
      g_ptr_array_add (pieces, next);
    }
  apm2_job_log_read_async (&fixture->paths, &range, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  bytes = apm2_job_log_read_finish (result, &eof, &error);
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  return g_strdup_printf ("%.*s%s", (int) size, data, eof ? "$" : "");
}

#define ALL APM2_JOB_LOG_ALL_STEPS

static void
test_steps_follow_each_other (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  write_log (fixture, 0, "one");
  write_log (fixture, 2, "three");
  text = read_range (fixture,
                     (Asked){ .step = ALL, .is_over = TRUE, .max = 99 });

  g_assert_cmpstr (text, ==, "onethree$");
}

static void
test_a_step_waits_for_the_one_before (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  write_log (fixture, 0, "one");
  write_log (fixture, 1, "two");
  before
      = read_range (fixture, (Asked){ .step = ALL, .n_ended = 0, .max = 99 });
  after = read_range (fixture, (Asked){ .step = ALL, .n_ended = 1, .max = 99 });

  g_assert_cmpstr (before, ==, "one");
  g_assert_cmpstr (after, ==, "onetwo");
}

static void
test_offset_and_max_cut_anywhere (Fixture *fixture, gconstpointer data)
{
  write_log (fixture, 0, "abc");
  write_log (fixture, 1, "defg");

  for (guint offset = 0; offset <= 8; offset++)
    for (guint max = 1; max <= 8; max++)
      {
        Asked range = {
          .step = ALL,
          .is_over = TRUE,
          .offset = offset,
          .max = max,
        };
        g_autofree char *text = read_range (fixture, range);
        g_autofree char *expected = NULL;
        const char *rest = offset < 7 ? "abcdefg" + offset : "";

        expected = g_strdup_printf (
            "%.*s%s", (int) max, rest, strlen (rest) <= max ? "$" : "");
        g_assert_cmpstr (text, ==, expected);
      }
}

static void
test_one_step_counts_from_its_beginning (Fixture *fixture, gconstpointer data)
{
  Asked range = { .step = 1, .n_ended = 2, .offset = 1, .max = 99 };
  g_autofree char *text = NULL;

  write_log (fixture, 0, "one");
  write_log (fixture, 1, "two");
  text = read_range (fixture, range);

  g_assert_cmpstr (text, ==, "wo$");
}

static void
test_nothing_written_is_not_the_end (Fixture *fixture, gconstpointer data)
{
  g_autofree char *running = NULL;
  g_autofree char *over = NULL;

  running = read_range (fixture, (Asked){ .step = ALL, .max = 99 });
  over = read_range (fixture,
                     (Asked){ .step = ALL, .is_over = TRUE, .max = 99 });

  g_assert_cmpstr (running, ==, "");
  g_assert_cmpstr (over, ==, "$");
}

static void
test_jobs_follow_each_other (Fixture *fixture, gconstpointer data)
{
  g_autofree char *running = NULL;
  g_autofree char *over = NULL;
  g_autofree char *later = NULL;

  write_log (fixture, 0, "one");
  write_log (fixture, 1, "two");
  write_log_of (fixture, "j2", 0, "three");
  running = read_range (
      fixture,
      (Asked){ .step = ALL, .n_ended = 1, .max = 99, .with_next = TRUE });
  over = read_range (
      fixture,
      (Asked){ .step = ALL, .is_over = TRUE, .max = 99, .with_next = TRUE });
  later = read_range (fixture,
                      (Asked){ .step = ALL,
                               .is_over = TRUE,
                               .offset = 5,
                               .max = 4,
                               .with_next = TRUE });

  g_assert_cmpstr (running, ==, "onetwo");
  g_assert_cmpstr (over, ==, "onetwothree$");
  g_assert_cmpstr (later, ==, "othr");
}

static void
test_a_link_is_no_log (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = apm2_paths_get_log_file (&fixture->paths, "j1", 1, 0);
  g_autofree char *dir = g_path_get_dirname (file);
  g_autoptr (GFile) link = g_file_new_for_path (file);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_make_symbolic_link (link, "/etc/passwd", NULL, &error));

  g_assert_cmpint (
      apm2_job_log_open (&fixture->paths, "j1", 1, 0, &error), ==, -1);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/apm2/job-log/read/steps-follow-each-other",
       test_steps_follow_each_other);
  add ("/apm2/job-log/read/a-step-waits-for-the-one-before",
       test_a_step_waits_for_the_one_before);
  add ("/apm2/job-log/read/offset-and-max-cut-anywhere",
       test_offset_and_max_cut_anywhere);
  add ("/apm2/job-log/read/one-step-counts-from-its-beginning",
       test_one_step_counts_from_its_beginning);
  add ("/apm2/job-log/read/nothing-written-is-not-the-end",
       test_nothing_written_is_not_the_end);
  add ("/apm2/job-log/read/jobs-follow-each-other",
       test_jobs_follow_each_other);
  add ("/apm2/job-log/open/a-link-is-no-log", test_a_link_is_no_log);
  return g_test_run ();
}
