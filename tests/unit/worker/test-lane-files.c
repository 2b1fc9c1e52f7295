/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the log of a slot becomes the log of a step. */

#include "apm2-lane-files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-fs-remove.h"
#include "apm2-fs.h"
#include "apm2-lane-log-part.h"
#include "apm2-step-prepare.h"
#include "wait.h"

typedef struct
{
  char *top;
  char *logs; /* of all jobs */
  char *log_file;
  Apm2LaneFiles *files;
  int unit_fd; /* the unit's way to its log */
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  Apm2Paths paths = { .mode = APM2_MODE_USER };
  g_autofree char *lanes = NULL;

  place->top = g_dir_make_tmp ("apm2-lane-XXXXXX", NULL);
  g_assert_nonnull (place->top);
  lanes = g_build_filename (place->top, "lanes", NULL);
  place->logs = g_build_filename (place->top, "logs", NULL);
  place->log_file = g_build_filename (place->logs, "j", "1", "000.log", NULL);
  g_assert_cmpint (g_mkdir (lanes, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (place->logs, 0700), ==, 0);
  paths.runtime_dir = paths.fac_dir = paths.work_dir = place->top;
  place->files = apm2_lane_files_new (&paths, "bulk-1");
  place->unit_fd = open (place->files->log,
                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
                         0600);
  g_assert_cmpint (place->unit_fd, >=, 0);
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_assert_true (g_close (place->unit_fd, NULL));
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, place->top, NULL));
  apm2_lane_files_unref (place->files);
  g_free (place->log_file);
  g_free (place->logs);
  g_free (place->top);
}

static void
say (Place *place, const char *text)
{
  gsize length = strlen (text);

  g_assert_cmpint (write (place->unit_fd, text, length), ==, (gssize) length);
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static gboolean
is_there (gpointer data)
{
  return *(GAsyncResult **) data != NULL;
}

static gboolean
take (Place *place, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_lane_files_take_log_async (
      place->files, place->log_file, on_taken, &result);
  wait_until (is_there, &result);
  return apm2_lane_files_take_log_finish (result, error);
}

static void
assert_log (const Place *place, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (place->log_file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_false (g_file_test (place->files->log, G_FILE_TEST_EXISTS));
}

/* The command may have written before, and writes on. */
static void
test_log_gets_its_name (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  say (place, "early ");
  g_assert_true (take (place, &error));
  g_assert_no_error (error);
  say (place, "late");
  assert_log (place, "early late");
}

static void
test_log_is_taken_once (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  say (place, "text");
  g_assert_true (take (place, &error));
  g_assert_true (take (place, &error));
  g_assert_no_error (error);
  assert_log (place, "text");
}

static void
test_log_of_a_try_that_was_not_begun_gives_way (Place *place,
                                                gconstpointer data)
{
  g_autofree char *dir = g_path_get_dirname (place->log_file);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (place->log_file, "old", -1, NULL));
  say (place, "new");
  g_assert_true (take (place, NULL));
  assert_log (place, "new");
}

static void
test_log_that_cannot_be_named_is_an_error (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_rmdir (place->logs), ==, 0);
  g_assert_false (take (place, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_true (g_file_test (place->files->log, G_FILE_TEST_EXISTS));
}

static void
say_in_part (Place *place, guint seat, guint64 at, const char *text)
{
  gsize length = strlen (text);
  apm2_autofd int fd = open (place->files->log, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (
      pwrite (
          fd, text, length, (off_t) (seat * APM2_STEP_WAVE_LOG_STRIDE + at)),
      ==,
      (gssize) length);
}

static guint64
copy (Place *place, const Apm2LaneLogPart *part)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint64 bytes = 0;

  apm2_lane_log_part_copy_async (
      part, place->files, place->log_file, on_taken, &result);
  wait_until (is_there, &result);
  g_assert_true (apm2_lane_log_part_copy_finish (result, &bytes, &error));
  g_assert_no_error (error);
  return bytes;
}

static void
assert_copy (const Place *place, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (place->log_file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* As it grows, and no more than was told. */
static void
test_parts_are_copied (Place *place, gconstpointer data)
{
  Apm2LaneLogPart part = { .seat = 1, .bytes = 3, .anew = TRUE };

  say_in_part (place, 0, 0, "of another");
  say_in_part (place, 1, 0, "one two");
  say_in_part (place, 2, 0, "of a third");
  g_assert_cmpuint (copy (place, &part), ==, 3);
  assert_copy (place, "one");
  part = (Apm2LaneLogPart){ .seat = 1, .bytes = 7 };
  g_assert_cmpuint (copy (place, &part), ==, 7);
  assert_copy (place, "one two");
  g_assert_cmpuint (copy (place, &part), ==, 7);
  assert_copy (place, "one two");
}

static void
test_part_begins_anew (Place *place, gconstpointer data)
{
  const Apm2LaneLogPart part = { .seat = 0, .bytes = 3, .anew = TRUE };
  g_autofree char *dir = g_path_get_dirname (place->log_file);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (place->log_file, "old text", -1, NULL));
  say_in_part (place, 0, 0, "new");
  g_assert_cmpuint (copy (place, &part), ==, 3);
  assert_copy (place, "new");
}

/* What was written after the last word of its supervisor, and no hole. */
static void
test_part_that_was_cut_off (Place *place, gconstpointer data)
{
  const Apm2LaneLogPart first = { .seat = 0, .bytes = 2, .more = 1000 };
  const Apm2LaneLogPart bounded = { .seat = 0, .bytes = 2, .more = 3 };

  say_in_part (place, 0, 0, "ab and more");
  say_in_part (place, 1, 0, "of another");
  g_assert_cmpuint (copy (place, &bounded), ==, 5);
  assert_copy (place, "ab an");
  g_assert_cmpuint (copy (place, &first), ==, 11);
  assert_copy (place, "ab and more");
}

#define ADD(path, func) g_test_add (path, Place, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/apm2/lane-files/log/gets-its-name", test_log_gets_its_name);
  ADD ("/apm2/lane-files/log/is-taken-once", test_log_is_taken_once);
  ADD ("/apm2/lane-files/log/of-a-try-that-was-not-begun-gives-way",
       test_log_of_a_try_that_was_not_begun_gives_way);
  ADD ("/apm2/lane-files/log/that-cannot-be-named-is-an-error",
       test_log_that_cannot_be_named_is_an_error);
  ADD ("/apm2/lane-files/part/is-copied-as-it-grows", test_parts_are_copied);
  ADD ("/apm2/lane-files/part/begins-anew", test_part_begins_anew);
  ADD ("/apm2/lane-files/part/may-be-cut-off", test_part_that_was_cut_off);
  return g_test_run ();
}
