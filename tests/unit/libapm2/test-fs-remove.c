/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "apm2-error.h"
#include "test-dir.h"

static gboolean
exists (const TestDir *dir, const char *name)
{
  struct stat st;

  return fstatat (dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
assert_removed (const TestDir *dir, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_remove_tree (dir->fd, name, &error));
  g_assert_no_error (error);
  g_assert_false (exists (dir, name));
}

static void
make_dir (const TestDir *dir, const char *name)
{
  g_assert_cmpint (mkdirat (dir->fd, name, 0700), ==, 0);
}

static void
test_removes_all_kinds (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  make_dir (&dir, "tree");
  make_dir (&dir, "tree/empty");
  make_dir (&dir, "tree/full");
  test_dir_write (&dir, "tree/full/file", "text");
  test_dir_write (&dir, "tree/.hidden", "text");
  g_assert_cmpint (mkfifoat (dir.fd, "tree/fifo", 0600), ==, 0);
  g_assert_cmpint (symlinkat ("nowhere", dir.fd, "tree/link"), ==, 0);

  assert_removed (&dir, "tree");
}

static void
test_removes_a_single_file (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  test_dir_write (&dir, "file", "text");

  assert_removed (&dir, "file");
}

static void
test_absent_is_success (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  assert_removed (&dir, "none");
}

static void
test_links_are_not_followed (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  make_dir (&dir, "other");
  test_dir_write (&dir, "other/file", "text");
  make_dir (&dir, "tree");
  g_assert_cmpint (symlinkat ("../other", dir.fd, "tree/link"), ==, 0);
  g_assert_cmpint (symlinkat ("other", dir.fd, "link"), ==, 0);

  assert_removed (&dir, "tree");
  assert_removed (&dir, "link");
  g_assert_true (exists (&dir, "other/file"));
}

/* Root passes every mode, so run as root this shows less. */
static void
test_unreadable_directories_are_opened (void)
{
  static const mode_t modes[] = { 0, 0100, 0200, 0300, 0400, 0500, 0600 };
  g_auto (TestDir) dir = test_dir_new ();

  make_dir (&dir, "tree");
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *sub = g_strdup_printf ("tree/%" G_GSIZE_FORMAT, i);
      g_autofree char *deep = g_strconcat (sub, "/deep", NULL);

      make_dir (&dir, sub);
      make_dir (&dir, deep);
      g_assert_cmpint (fchmodat (dir.fd, deep, modes[i], 0), ==, 0);
      g_assert_cmpint (fchmodat (dir.fd, sub, modes[i], 0), ==, 0);
    }
  g_assert_cmpint (fchmodat (dir.fd, "tree", 0, 0), ==, 0);

  assert_removed (&dir, "tree");
}

static void
make_chain (const TestDir *dir, const char *name, guint depth)
{
  apm2_autofd int fd = -1;

  make_dir (dir, name);
  fd = openat (dir->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (guint i = 0; i < depth; i++)
    {
      int next = -1;

      g_assert_cmpint (mkdirat (fd, "d", 0700), ==, 0);
      next = openat (fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_assert_cmpint (next, >=, 0);
      apm2_fd_clear (&fd);
      fd = next;
    }
}

static void
test_depth_has_no_limit (void)
{
  static const guint depths[] = { 62, 63, 64, 65, 128, 1000 };
  g_auto (TestDir) dir = test_dir_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      make_chain (&dir, "tree", depths[i]);
      assert_removed (&dir, "tree");
    }
}

static void
test_many_entries_go (void)
{
  g_auto (TestDir) dir = test_dir_new ();

  make_dir (&dir, "tree");
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("tree/file-%u", i);
      apm2_autofd int fd
          = openat (dir.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      g_assert_cmpint (fd, >=, 0);
    }

  assert_removed (&dir, "tree");
}

/* Enters namespaces of its own, in a child: the mounts are gone with it. */
static int
remove_with_mount (const char *path)
{
  g_autofree char *mount_point = g_build_filename (path, "tree", "mnt", NULL);
  g_autofree char *kept = g_build_filename (path, "tree", "mnt", "x", NULL);
  g_autofree char *other = g_build_filename (path, "tree", "other", NULL);
  g_autofree char *tree = g_build_filename (path, "tree", NULL);
  g_autoptr (GError) error = NULL;

  if (unshare (geteuid () == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0
      || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
      /* The same file system, so that a device number would not tell. */
      mount (path, mount_point, "none", MS_BIND, NULL) < 0)
    return 77;
  if (apm2_fs_remove_tree (AT_FDCWD, tree, &error)
      || !g_error_matches (error, APM2_ERROR, APM2_ERROR_BUSY)
      || strstr (error->message, mount_point) == NULL)
    return 1;
  if (g_access (kept, F_OK) != 0)
    return 2;
  return g_access (other, F_OK) == 0 ? 3 : 0;
}

static void
test_mount_points_are_not_entered (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  pid_t pid = -1;
  int status = 0;

  make_dir (&dir, "tree");
  make_dir (&dir, "tree/mnt");
  test_dir_write (&dir, "tree/other", "text");
  test_dir_write (&dir, "x", "text");

  pid = fork ();
  if (pid == 0)
    _exit (remove_with_mount (dir.path));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 77)
    {
      g_test_skip ("no mount namespaces here");
      return;
    }
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (exists (&dir, "x"));
}

/* A directory that we may not change: as another user in a directory of root.
 */
static int
remove_as_nobody (const TestDir *dir)
{
  g_autoptr (GError) error = NULL;

  if (setuid (65534) < 0)
    return 77;
  if (apm2_fs_remove_tree (dir->fd, "tree", &error)
      || !g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_AUTHORIZED)
      || strstr (error->message, "locked") == NULL)
    return 1;
  return faccessat (dir->fd, "tree/free", F_OK, 0) == 0 ? 2 : 0;
}

static void
test_the_rest_goes_when_something_stays (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  pid_t pid = -1;
  int status = 0;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give directories away");
      return;
    }
  g_assert_cmpint (fchmod (dir.fd, 0755), ==, 0);
  make_dir (&dir, "tree");
  make_dir (&dir, "tree/locked");
  test_dir_write (&dir, "tree/locked/file", "text");
  make_dir (&dir, "tree/free");
  g_assert_cmpint (fchownat (dir.fd, "tree", 65534, 65534, 0), ==, 0);
  g_assert_cmpint (fchownat (dir.fd, "tree/free", 65534, 65534, 0), ==, 0);

  pid = fork ();
  if (pid == 0)
    _exit (remove_as_nobody (&dir));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (exists (&dir, "tree/locked/file"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/fs-remove/tree/removes-all-kinds",
                   test_removes_all_kinds);
  g_test_add_func ("/apm2/fs-remove/tree/removes-a-single-file",
                   test_removes_a_single_file);
  g_test_add_func ("/apm2/fs-remove/tree/absent-is-success",
                   test_absent_is_success);
  g_test_add_func ("/apm2/fs-remove/tree/links-are-not-followed",
                   test_links_are_not_followed);
  g_test_add_func ("/apm2/fs-remove/tree/unreadable-directories-are-opened",
                   test_unreadable_directories_are_opened);
  g_test_add_func ("/apm2/fs-remove/tree/depth-has-no-limit",
                   test_depth_has_no_limit);
  g_test_add_func ("/apm2/fs-remove/tree/many-entries-go",
                   test_many_entries_go);
  g_test_add_func ("/apm2/fs-remove/tree/mount-points-are-not-entered",
                   test_mount_points_are_not_entered);
  g_test_add_func ("/apm2/fs-remove/tree/the-rest-goes-when-something-stays",
                   test_the_rest_goes_when_something_stays);
  return g_test_run ();
}
