/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-paths.h"
#include "test-dir.h"

static void
test_program_of_libexecdir_comes_first (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *expected = g_build_filename (dir.path, "apm2-x", NULL);
  g_autofree char *found = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv (APM2_ENV_LIBEXECDIR, dir.path, TRUE);
  test_dir_write (&dir, "apm2-x", "#!/bin/sh\n");
  g_assert_null (apm2_paths_find_program ("apm2-x", NULL));
  g_assert_cmpint (fchmodat (dir.fd, "apm2-x", 0755, 0), ==, 0);
  found = apm2_paths_find_program ("apm2-x", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

static void
test_missing_program_tells_where_it_looked (void)
{
  g_autoptr (GError) error = NULL;

  g_setenv (APM2_ENV_LIBEXECDIR, "/nonexistent", TRUE);

  g_assert_null (apm2_paths_find_program ("apm2-none", &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/nonexistent/apm2-none"));
  g_assert_nonnull (strstr (error->message, "libexec/apm2/apm2-none"));
}

/* Copies itself to where a build has its programs, and runs there. */
static void
test_program_of_the_same_build_is_found (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *here = g_build_filename (dir.path, "src/cli/apm2", NULL);
  g_autofree char *worker
      = g_build_filename (dir.path, "src/worker/apm2-worker", NULL);
  g_autofree char *cli_dir = g_path_get_dirname (here);
  g_autofree char *worker_dir = g_path_get_dirname (worker);
  const char *argv[] = { here, "--find", "apm2-worker", NULL };
  g_autofree char *output = NULL;
  g_autofree char *self = NULL;
  gsize length = 0;
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_unsetenv (APM2_ENV_LIBEXECDIR);
  g_assert_cmpint (g_mkdir_with_parents (cli_dir, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (worker_dir, 0700), ==, 0);
  g_assert_true (
      g_file_get_contents ("/proc/self/exe", &self, &length, &error));
  g_assert_true (g_file_set_contents_full (
      here, self, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0755, &error));
  g_assert_true (g_file_set_contents_full (
      worker, "", 0, G_FILE_SET_CONTENTS_NONE, 0755, &error));
  g_assert_no_error (error);

  g_assert_true (g_spawn_sync (NULL,
                               (char **) argv,
                               NULL,
                               G_SPAWN_DEFAULT,
                               NULL,
                               NULL,
                               &output,
                               NULL,
                               &status,
                               &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (output, ==, worker);
}

static int
print_program (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = apm2_paths_find_program (name, &error);

  g_print ("%s", path != NULL ? path : error->message);
  return path != NULL ? 0 : 1;
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--find"))
    return print_program (argv[2]);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/paths/find-program/libexecdir-comes-first",
                   test_program_of_libexecdir_comes_first);
  g_test_add_func ("/apm2/paths/find-program/missing-tells-where-it-looked",
                   test_missing_program_tells_where_it_looked);
  g_test_add_func ("/apm2/paths/find-program/same-build-is-found",
                   test_program_of_the_same_build_is_found);
  return g_test_run ();
}
