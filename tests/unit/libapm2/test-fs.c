/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/stat.h>

#include "apm2-error.h"
#include "test-dir.h"

#define NOBODY 65534

static mode_t
mode_of (const TestDir *dir, const char *name)
{
  struct stat st;

  g_assert_cmpint (fstatat (dir->fd, name, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  return st.st_mode & 07777;
}

static void
assert_read_fails (const TestDir *dir,
                   const char *name,
                   gsize max,
                   Apm2Error code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_fs_read_file (dir->fd, name, max, NULL, &error));
  g_assert_error (error, APM2_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_nonnull (strstr (error->message, dir->path));
}

static void
test_read_takes_max_and_refuses_one_more (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  test_dir_write (&dir, "file", "12345");
  text = apm2_fs_read_file (dir.fd, "file", 5, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (text, length + 1, "12345", 6);
  assert_read_fails (&dir, "file", 4, APM2_ERROR_LIMIT_EXCEEDED);
}

static void
test_read_bounds_files_without_size (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  text = apm2_fs_read_file (
      AT_FDCWD, "/proc/self/status", 65536, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, >, 10);
  g_assert_cmpuint (strlen (text), ==, length);

  g_assert_null (
      apm2_fs_read_file (AT_FDCWD, "/proc/self/status", 10, NULL, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_LIMIT_EXCEEDED);
}

static void
test_read_takes_an_empty_file (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 1;

  test_dir_write (&dir, "file", "");
  text = apm2_fs_read_file (dir.fd, "file", 0, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "");
  g_assert_cmpuint (length, ==, 0);
}

static void
test_read_refuses_all_but_regular_files (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  test_dir_write (&dir, "file", "text");
  g_assert_cmpint (symlinkat ("file", dir.fd, "link"), ==, 0);
  g_assert_cmpint (mkfifoat (dir.fd, "fifo", 0600), ==, 0);
  g_assert_cmpint (mkdirat (dir.fd, "dir", 0700), ==, 0);

  assert_read_fails (&dir, "link", 100, APM2_ERROR_INVALID_ARGUMENT);
  assert_read_fails (&dir, "fifo", 100, APM2_ERROR_INVALID_ARGUMENT);
  assert_read_fails (&dir, "dir", 100, APM2_ERROR_INVALID_ARGUMENT);
  assert_read_fails (&dir, "none", 100, APM2_ERROR_NOT_FOUND);
}

static void
test_read_refuses_foreign_owners (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give files away");
      return;
    }
  test_dir_write (&dir, "file", "text");
  g_assert_cmpint (fchownat (dir.fd, "file", NOBODY, NOBODY, 0), ==, 0);

  assert_read_fails (&dir, "file", 100, APM2_ERROR_NOT_AUTHORIZED);
}

static void
test_read_takes_a_named_owner (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give files away");
      return;
    }
  test_dir_write (&dir, "file", "text");
  g_assert_cmpint (fchownat (dir.fd, "file", NOBODY, NOBODY, 0), ==, 0);

  text = apm2_fs_read_file_of (dir.fd, "file", NOBODY, 100, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "text");

  g_assert_null (
      apm2_fs_read_file_of (dir.fd, "file", NOBODY - 1, 100, NULL, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_AUTHORIZED);
}

static void
test_ensure_makes_parents_private (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *path = g_build_filename (dir.path, "a", "b", "c", NULL);
  g_autoptr (GError) error = NULL;
  mode_t mask = umask (0);

  g_assert_true (apm2_fs_ensure_dir (path, 0755, &error));
  (void) umask (mask);

  g_assert_no_error (error);
  g_assert_cmpuint (mode_of (&dir, "a"), ==, 0700);
  g_assert_cmpuint (mode_of (&dir, "a/b"), ==, 0700);
  g_assert_cmpuint (mode_of (&dir, "a/b/c"), ==, 0755);
}

static void
test_ensure_corrects_the_mode (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *path = g_build_filename (dir.path, "a", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkdirat (dir.fd, "a", 0755), ==, 0);
  g_assert_true (apm2_fs_ensure_dir (path, 0700, &error));
  g_assert_no_error (error);
  g_assert_true (apm2_fs_ensure_dir (path, 0700, &error));
  g_assert_no_error (error);

  g_assert_cmpuint (mode_of (&dir, "a"), ==, 0700);
}

static void
test_ensure_refuses_links_and_files (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *link = g_build_filename (dir.path, "link", NULL);
  g_autofree char *file = g_build_filename (dir.path, "file", NULL);
  g_autofree char *below = g_build_filename (dir.path, "file", "x", NULL);
  g_autoptr (GError) link_error = NULL;
  g_autoptr (GError) file_error = NULL;
  g_autoptr (GError) below_error = NULL;

  g_assert_cmpint (symlinkat ("/tmp", dir.fd, "link"), ==, 0);
  test_dir_write (&dir, "file", "text");

  g_assert_false (apm2_fs_ensure_dir (link, 0700, &link_error));
  g_assert_error (link_error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (link_error->message, "symbolic link"));
  g_assert_false (apm2_fs_ensure_dir (file, 0700, &file_error));
  g_assert_error (file_error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_false (apm2_fs_ensure_dir (below, 0700, &below_error));
  g_assert_error (below_error, APM2_ERROR, APM2_ERROR_FAILED);
}

static void
test_ensure_refuses_foreign_owners (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *path = g_build_filename (dir.path, "a", NULL);
  g_autofree char *command = g_strdup_printf ("chown 0 '%s'", path);
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give directories away");
      return;
    }
  g_assert_cmpint (mkdirat (dir.fd, "a", 0755), ==, 0);
  g_assert_cmpint (fchownat (dir.fd, "a", NOBODY, NOBODY, 0), ==, 0);

  g_assert_false (apm2_fs_ensure_dir (path, 0700, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, command));
  g_assert_cmpuint (mode_of (&dir, "a"), ==, 0755);
}

static void
test_descriptors_do_not_leak (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *path = g_build_filename (dir.path, "a", "b", NULL);
  int before = dup (dir.fd);
  int after = -1;

  (void) close (before);
  g_assert_true (apm2_fs_ensure_dir (path, 0700, NULL));
  g_assert_true (apm2_fs_write_file (
      dir.fd, "file", "x", 1, 0600, APM2_FS_WRITE_NONE, NULL));
  g_assert_false (apm2_fs_write_file (
      dir.fd, "file", "x", 1, 0600, APM2_FS_WRITE_NOREPLACE, NULL));
  g_free (apm2_fs_read_file (dir.fd, "file", 10, NULL, NULL));
  g_assert_null (apm2_fs_read_file (dir.fd, "a", 10, NULL, NULL));
  g_assert_true (apm2_fs_remove_tree (dir.fd, "a", NULL));
  after = dup (dir.fd);
  (void) close (after);

  g_assert_cmpint (after, ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/fs/read-file/takes-max-and-refuses-one-more",
                   test_read_takes_max_and_refuses_one_more);
  g_test_add_func ("/apm2/fs/read-file/bounds-files-without-size",
                   test_read_bounds_files_without_size);
  g_test_add_func ("/apm2/fs/read-file/takes-an-empty-file",
                   test_read_takes_an_empty_file);
  g_test_add_func ("/apm2/fs/read-file/refuses-all-but-regular-files",
                   test_read_refuses_all_but_regular_files);
  g_test_add_func ("/apm2/fs/read-file/refuses-foreign-owners",
                   test_read_refuses_foreign_owners);
  g_test_add_func ("/apm2/fs/read/takes-a-named-owner",
                   test_read_takes_a_named_owner);
  g_test_add_func ("/apm2/fs/ensure-dir/makes-parents-private",
                   test_ensure_makes_parents_private);
  g_test_add_func ("/apm2/fs/ensure-dir/corrects-the-mode",
                   test_ensure_corrects_the_mode);
  g_test_add_func ("/apm2/fs/ensure-dir/refuses-links-and-files",
                   test_ensure_refuses_links_and_files);
  g_test_add_func ("/apm2/fs/ensure-dir/refuses-foreign-owners",
                   test_ensure_refuses_foreign_owners);
  g_test_add_func ("/apm2/fs/descriptors/do-not-leak",
                   test_descriptors_do_not_leak);
  return g_test_run ();
}
