/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "apm2-error.h"
#include "test-dir.h"

static guint
count_entries (const TestDir *dir)
{
  g_autoptr (GDir) entries = g_dir_open (dir->path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (entries) != NULL)
    n++;
  return n;
}

static mode_t
mode_of (const TestDir *dir, const char *name)
{
  struct stat st;

  g_assert_cmpint (fstatat (dir->fd, name, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  return st.st_mode & 07777;
}

static void
assert_content (const TestDir *dir, const char *name, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text
      = apm2_fs_read_file (dir->fd, name, 65536, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_write_replaces_and_sets_the_mode (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;
  mode_t mask = umask (0077);

  test_dir_write (&dir, "file", "a longer text than the next");
  g_assert_true (apm2_fs_write_file (
      dir.fd, "file", "new", 3, 0644, APM2_FS_WRITE_NONE, &error));
  (void) umask (mask);

  g_assert_no_error (error);
  assert_content (&dir, "file", "new");
  g_assert_cmpuint (mode_of (&dir, "file"), ==, 0644);
  g_assert_cmpuint (count_entries (&dir), ==, 1);
}

static void
test_write_replaces_a_link_not_its_target (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;

  test_dir_write (&dir, "target", "old");
  g_assert_cmpint (symlinkat ("target", dir.fd, "file"), ==, 0);
  g_assert_true (apm2_fs_write_file (
      dir.fd, "file", "new", 3, 0600, APM2_FS_WRITE_NONE, &error));

  g_assert_no_error (error);
  assert_content (&dir, "target", "old");
  assert_content (&dir, "file", "new");
}

static void
test_noreplace_keeps_what_is_there (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_write_file (
      dir.fd, "file", "one", 3, 0600, APM2_FS_WRITE_NOREPLACE, &error));
  g_assert_no_error (error);
  g_assert_false (apm2_fs_write_file (
      dir.fd, "file", "two", 3, 0600, APM2_FS_WRITE_NOREPLACE, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
  assert_content (&dir, "file", "one");
  g_assert_cmpuint (mode_of (&dir, "file"), ==, 0600);
  g_assert_cmpuint (count_entries (&dir), ==, 1);
}

/* A limit on the size of files stands in for the full disk: write() is cut
 * short, then fails. */
static void
test_a_failed_write_leaves_no_trace (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  struct rlimit saved;
  struct rlimit limit;
  g_autofree char *data = g_strnfill (8192, 'x');

  test_dir_write (&dir, "file", "old");
  (void) signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  limit = saved;
  limit.rlim_cur = 4096;

  for (int flags = APM2_FS_WRITE_NONE; flags <= APM2_FS_WRITE_NOREPLACE;
       flags++)
    {
      const char *name = flags ? "fresh" : "file";
      g_autoptr (GError) error = NULL;
      gboolean ok = FALSE;

      g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
      ok = apm2_fs_write_file (
          dir.fd, name, data, 8192, 0600, (Apm2FsWriteFlags) flags, &error);
      g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &saved), ==, 0);

      g_assert_false (ok);
      g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, g_strerror (EFBIG)));
    }
  (void) signal (SIGXFSZ, SIG_DFL);

  assert_content (&dir, "file", "old");
  g_assert_cmpuint (count_entries (&dir), ==, 1);
}

static void
test_a_failed_rename_leaves_no_trace (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkdirat (dir.fd, "taken", 0700), ==, 0);
  g_assert_false (apm2_fs_write_file (
      dir.fd, "taken", "new", 3, 0600, APM2_FS_WRITE_NONE, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_cmpuint (count_entries (&dir), ==, 1);
}

static void
test_write_needs_the_directory (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_fs_write_file (
      dir.fd, "none/file", "x", 1, 0600, APM2_FS_WRITE_NONE, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

static void
test_write_takes_a_path (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *path = g_build_filename (dir.path, "sub", "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkdirat (dir.fd, "sub", 0700), ==, 0);
  g_assert_true (apm2_fs_write_file (
      AT_FDCWD, path, "text", 4, 0600, APM2_FS_WRITE_NONE, &error));

  g_assert_no_error (error);
  assert_content (&dir, "sub/file", "text");
}

/* Makes the kernel answer @errsv to @call from now on; if @mask is not 0, only
 * where the third argument has all of its bits. */
static void
deny (guint call, guint mask, guint errsv)
{
  const guint third = offsetof (struct seccomp_data, args[2]);
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, third),
    BPF_STMT (BPF_ALU | BPF_AND | BPF_K, mask),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, mask, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errsv),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { G_N_ELEMENTS (code), code };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (
      prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
}

static gboolean
write_new (const TestDir *dir, Apm2FsWriteFlags flags, GError **error)
{
  return apm2_fs_write_file (dir->fd, "file", "new", 3, 0640, flags, error);
}

static void
test_a_failed_fsync_leaves_no_trace (void)
{
  if (g_test_subprocess ())
    {
      g_auto (TestDir) dir = test_dir_new ();

      test_dir_write (&dir, "file", "old");
      deny (SYS_fsync, 0, EIO);
      for (int flags = APM2_FS_WRITE_NONE; flags <= APM2_FS_WRITE_NOREPLACE;
           flags++)
        {
          g_autoptr (GError) error = NULL;

          g_assert_false (write_new (&dir, (Apm2FsWriteFlags) flags, &error));
          g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
          g_assert_nonnull (strstr (error->message, g_strerror (EIO)));
        }
      assert_content (&dir, "file", "old");
      g_assert_cmpuint (count_entries (&dir), ==, 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* As on a file system that has no files without a name. */
static void
test_noreplace_works_without_tmpfile (void)
{
  if (g_test_subprocess ())
    {
      g_auto (TestDir) dir = test_dir_new ();
      g_autoptr (GError) error = NULL;

      deny (SYS_openat, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
      g_assert_cmpint (
          openat (dir.fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), ==, -1);
      g_assert_true (write_new (&dir, APM2_FS_WRITE_NOREPLACE, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (mode_of (&dir, "file"), ==, 0640);
      g_assert_false (write_new (&dir, APM2_FS_WRITE_NOREPLACE, &error));

      g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
      assert_content (&dir, "file", "new");
      g_assert_cmpuint (count_entries (&dir), ==, 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/fs/write-file/replaces-and-sets-the-mode",
                   test_write_replaces_and_sets_the_mode);
  g_test_add_func ("/apm2/fs/write-file/replaces-a-link-not-its-target",
                   test_write_replaces_a_link_not_its_target);
  g_test_add_func ("/apm2/fs/write-file/noreplace-keeps-what-is-there",
                   test_noreplace_keeps_what_is_there);
  g_test_add_func ("/apm2/fs/write-file/a-failed-write-leaves-no-trace",
                   test_a_failed_write_leaves_no_trace);
  g_test_add_func ("/apm2/fs/write-file/a-failed-rename-leaves-no-trace",
                   test_a_failed_rename_leaves_no_trace);
  g_test_add_func ("/apm2/fs/write-file/needs-the-directory",
                   test_write_needs_the_directory);
  g_test_add_func ("/apm2/fs/write-file/takes-a-path", test_write_takes_a_path);
  g_test_add_func ("/apm2/fs/write-file/a-failed-fsync-leaves-no-trace",
                   test_a_failed_fsync_leaves_no_trace);
  g_test_add_func ("/apm2/fs/write-file/noreplace-works-without-tmpfile",
                   test_noreplace_works_without_tmpfile);
  return g_test_run ();
}
