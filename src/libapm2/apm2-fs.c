/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Small files and private directories, by descriptor.
 *
 * Nothing here follows a symbolic link in the last element, trusts an owner
 * other than us or root, or reads without a bound. A file that was written is
 * either there in full and durable, or its name is as before.
 */

#include "apm2-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "apm2-error.h"

/**
 * apm2_fd_clear:
 * @fd: (inout): a descriptor, or -1
 *
 * Closes @fd and makes it -1; errno is kept. Serves `apm2_autofd`.
 */
void
apm2_fd_clear (int *fd)
{
  int errsv = errno;

  if (*fd >= 0)
    (void) g_close (*fd, NULL);
  *fd = -1;
  errno = errsv;
}

/**
 * apm2_fs_describe:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a name in it
 *
 * Returns: (transfer full): the path for an error message, as full as it can be
 *   told
 */
char *
apm2_fs_describe (int dirfd, const char *name)
{
  g_autofree char *link = NULL;
  g_autofree char *dir = NULL;

  if (dirfd < 0 || g_path_is_absolute (name))
    return g_strdup (name);
  link = g_strdup_printf ("/proc/self/fd/%d", dirfd);
  dir = g_file_read_link (link, NULL);
  if (dir == NULL)
    return g_strdup (name);
  return g_build_filename (dir, name, NULL);
}

static void
set_errno_at (GError **error,
              int errsv,
              gboolean is_dir,
              int dirfd,
              const char *name)
{
  g_autofree char *path = apm2_fs_describe (dirfd, name);

  if (errsv == ELOOP)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_INVALID_ARGUMENT,
                 is_dir ? _ ("Cannot open directory %s: it is a symbolic link")
                        : _ ("Cannot open %s: it is a symbolic link"),
                 path);
  else
    apm2_error_set_errno (error,
                          errsv,
                          is_dir ? _ ("Cannot open directory %s")
                                 : _ ("Cannot open %s"),
                          path);
}

/**
 * apm2_fs_try_lock:
 * @dirfd: a directory, or %AT_FDCWD
 * @name: a file in it, which is made with @mode if there is none
 * @mode: of a new file
 *
 * Takes the lock of a file that is there for that. It is given back when the
 * descriptor is closed, also by the end of the process.
 *
 * Returns: a descriptor; -EWOULDBLOCK if somebody else has it, or another
 *   negative errno
 */
int
apm2_fs_try_lock (int dirfd, const char *name, mode_t mode)
{
  apm2_autofd int fd = openat (dirfd,
                               name,
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
                                   | O_NONBLOCK | O_NOCTTY,
                               mode);

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) != 0)
    return -errno;
  return g_steal_fd (&fd);
}

/**
 * apm2_fs_open_dir:
 * @path: a directory
 * @error: NOT_FOUND if it does not exist; INVALID_ARGUMENT for a symbolic link
 *
 * Returns: a descriptor, or -1
 */
int
apm2_fs_open_dir (const char *path, GError **error)
{
  struct stat st;
  int fd = -1;

  g_return_val_if_fail (path != NULL, -1);

  fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    {
      int errsv = errno;

      /* With O_DIRECTORY a link is told as "not a directory". */
      if (errsv == ENOTDIR && lstat (path, &st) == 0 && S_ISLNK (st.st_mode))
        errsv = ELOOP;
      set_errno_at (error, errsv, TRUE, AT_FDCWD, path);
    }
  return fd;
}

static gboolean
check_dir_owner (const struct stat *st, const char *path, GError **error)
{
  if (st->st_uid == geteuid ())
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_AUTHORIZED,
               _ ("Directory %s belongs to user %u, not to %u who runs this; "
                  "if it is yours, run: sudo chown %u '%s'"),
               path,
               st->st_uid,
               geteuid (),
               geteuid (),
               path);
  return FALSE;
}

/* As apm2_fs_open_dir(), but one that is closed to us because it belongs to
 * somebody else is told of as such. */
static int
open_own_dir (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  struct stat st;
  int fd = apm2_fs_open_dir (path, &local_error);

  if (fd < 0
      && (lstat (path, &st) != 0 || !S_ISDIR (st.st_mode)
          || check_dir_owner (&st, path, error)))
    g_propagate_error (error, g_steal_pointer (&local_error));
  return fd;
}

static gboolean
secure_dir (int fd, const char *path, mode_t mode, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot examine directory %s"), path);
      return FALSE;
    }
  if (!check_dir_owner (&st, path, error))
    return FALSE;
  if ((st.st_mode & 07777) != mode && fchmod (fd, mode) < 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot set mode %04o of directory %s"), mode, path);
      return FALSE;
    }
  return TRUE;
}

/* Makes @name in @parent if it is missing, and makes that durable: a store in a
 * directory that a power cut takes away is lost. */
static gboolean
make_dir (int parent, const char *name)
{
  apm2_autofd int fd = -1;

  if (mkdirat (parent, name, 0700) < 0)
    return errno == EEXIST;
  fd = openat (parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 || fsync (fd) == 0;
}

/**
 * apm2_fs_ensure_dir:
 * @path: a directory to be
 * @mode: its mode
 * @error: NOT_AUTHORIZED if it belongs to somebody else, with the command that
 *   helps; INVALID_ARGUMENT for a symbolic link
 *
 * Makes @path, and missing parents with mode 0700. An existing directory of
 * ours is given @mode. Parents that exist may be anybody's and may be links.
 *
 * Returns: %TRUE if @path is now a directory of ours with @mode
 */
gboolean
apm2_fs_ensure_dir (const char *path, mode_t mode, GError **error)
{
  g_auto (GStrv) parts = NULL;
  apm2_autofd int parent = -1;
  apm2_autofd int fd = -1;
  guint last = 0;

  g_return_val_if_fail (path != NULL && path[0] != '\0', FALSE);

  parts = g_strsplit (path, "/", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (parts[i][0] != '\0')
        last = i;
    }
  parent = open (path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (guint i = 0; parent >= 0 && i < last; i++)
    {
      int next = -1;

      if (parts[i][0] == '\0')
        continue;
      next = openat (parent, parts[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (next < 0 && errno == ENOENT && make_dir (parent, parts[i]))
        next = openat (
            parent, parts[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      apm2_fd_clear (&parent);
      parent = next;
    }
  if (parent < 0 || (parts[last][0] != '\0' && !make_dir (parent, parts[last])))
    {
      apm2_error_set_errno (error, errno, _ ("Cannot make directory %s"), path);
      return FALSE;
    }
  fd = open_own_dir (path, error);
  return fd >= 0 && secure_dir (fd, path, mode, error);
}

static gboolean
check_regular (int fd, const char *path, uid_t owner, gsize max, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    {
      apm2_error_set_errno (error, errno, _ ("Cannot examine %s"), path);
      return FALSE;
    }
  if (!S_ISREG (st.st_mode))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("Cannot read %s: it is not a regular file"),
                   path);
      return FALSE;
    }
  if (st.st_uid != geteuid () && st.st_uid != 0 && st.st_uid != owner)
    {
      g_set_error (
          error,
          APM2_ERROR,
          APM2_ERROR_NOT_AUTHORIZED,
          _ ("Cannot read %s: it belongs to user %u, not to %u or root"),
          path,
          st.st_uid,
          geteuid ());
      return FALSE;
    }
  if (st.st_size < 0 || (guint64) st.st_size > max)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_LIMIT_EXCEEDED,
                   _ ("Cannot read %s: it is larger than %zu bytes"),
                   path,
                   max);
      return FALSE;
    }
  return TRUE;
}

/* The size told by fstat() is a hint: the file may grow, and files of /proc
 * tell 0. */
static char *
read_bounded (int fd,
              const char *path,
              gsize max,
              gsize *ret_length,
              GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  char buffer[8192];

  while (bytes->len <= max)
    {
      gsize want = MIN (sizeof buffer, max + 1 - bytes->len);
      ssize_t n = read (fd, buffer, want);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          apm2_error_set_errno (error, errno, _ ("Cannot read %s"), path);
          return NULL;
        }
      if (n == 0)
        break;
      g_byte_array_append (bytes, (const guint8 *) buffer, (guint) n);
    }
  if (bytes->len > max)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_LIMIT_EXCEEDED,
                   _ ("Cannot read %s: it is larger than %zu bytes"),
                   path,
                   max);
      return NULL;
    }
  if (ret_length != NULL)
    *ret_length = bytes->len;
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&bytes), FALSE);
}

/**
 * apm2_fs_read_file_of:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file in it
 * @owner: whose file it may be, beside ours and root's
 * @max: bytes; below 1 GiB
 * @ret_length: (out) (optional): bytes read
 * @error: NOT_FOUND; INVALID_ARGUMENT for a link or anything but a regular
 *   file; NOT_AUTHORIZED for a foreign owner; LIMIT_EXCEEDED beyond @max
 *
 * Never blocks on a FIFO and never opens a device for good.
 *
 * Returns: (transfer full): the content with a NUL after it, or %NULL
 */
char *
apm2_fs_read_file_of (int dirfd,
                      const char *name,
                      uid_t owner,
                      gsize max,
                      gsize *ret_length,
                      GError **error)
{
  g_autofree char *path = NULL;
  apm2_autofd int fd = -1;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (max < 1024 * 1024 * 1024, NULL);

  fd = openat (
      dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    {
      set_errno_at (error, errno, FALSE, dirfd, name);
      return NULL;
    }
  path = apm2_fs_describe (dirfd, name);
  if (!check_regular (fd, path, owner, max, error))
    return NULL;
  return read_bounded (fd, path, max, ret_length, error);
}

/**
 * apm2_fs_read_file:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file in it
 * @max: bytes; below 1 GiB
 * @ret_length: (out) (optional): bytes read
 * @error: as apm2_fs_read_file_of()
 *
 * Reads a file of ours or root's.
 *
 * Returns: (transfer full): the content with a NUL after it, or %NULL
 */
char *
apm2_fs_read_file (int dirfd,
                   const char *name,
                   gsize max,
                   gsize *ret_length,
                   GError **error)
{
  return apm2_fs_read_file_of (dirfd, name, geteuid (), max, ret_length, error);
}
