/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files by name: there in full or not at all, and nothing else is replaced.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-out-file.h"

typedef struct
{
  char *dir;
  char *file;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  g_assert_nonnull (self->dir);
  self->file = g_build_filename (self->dir, "out", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void) g_unlink (self->file);
  g_assert_cmpint (g_rmdir (self->dir), ==, 0); /* no draft is left */
  g_free (self->file);
  g_free (self->dir);
}

static void
assert_content (Fixture *self, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (self->file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_replaces_in_one_step (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2OutFile) out = NULL;
  g_autoptr (GError) error = NULL;
  struct stat info;

  g_assert_true (g_file_set_contents (self->file, "old", -1, NULL));
  out = apm2_out_file_open (self->file, 0644, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_out_file_write (out, "new ", &error));
  g_assert_true (apm2_out_file_write (out, "text", &error));
  assert_content (self, "old");
  g_assert_true (apm2_out_file_commit (out, &error));
  g_assert_no_error (error);
  assert_content (self, "new text");
  g_assert_cmpint (g_stat (self->file, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0644);
}

static void
test_without_commit_nothing_happens (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2OutFile) out = apm2_out_file_open (self->file, 0644, NULL);

  g_assert_true (apm2_out_file_write (out, "half", NULL));
  g_clear_pointer (&out, apm2_out_file_free);
  g_assert_false (g_file_test (self->file, G_FILE_TEST_EXISTS));
}

static void
test_only_regular_files_are_replaced (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifo (self->file, 0600), ==, 0);
  g_assert_null (apm2_out_file_open (self->file, 0644, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (self->file), ==, 0);
  g_assert_cmpint (symlink ("/dev/null", self->file), ==, 0);
  g_assert_null (apm2_out_file_open (self->file, 0644, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

static void
test_a_missing_directory_is_told (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_out_file_open ("/nonexistent/x", 0644, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/nonexistent/x"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/cli/out-file/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("replaces-in-one-step", test_replaces_in_one_step);
  ADD ("without-commit-nothing-happens", test_without_commit_nothing_happens);
  ADD ("only-regular-files-are-replaced", test_only_regular_files_are_replaced);
  g_test_add_func ("/apm2/cli/out-file/a-missing-directory-is-told",
                   test_a_missing_directory_is_told);
  return g_test_run ();
}
