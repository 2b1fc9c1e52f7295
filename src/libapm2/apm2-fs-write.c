/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing one small file so that it is there in full, or not at all.
 *
 * The text goes to a file without the final name, is made durable, and only
 * then gets the name. An error of fsync() is final: the kernel has dropped the
 * pages it could not write, and a second try would report success for nothing.
 */

#include "apm2-fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "apm2-error.h"

/* The file under work; @temp is its name while it has one of its own. */
typedef struct
{
  int dirfd; /* borrowed */
  int fd;
  char temp[40];
} Draft;

static void
draft_clear (Draft *draft)
{
  int errsv = errno;

  apm2_fd_clear (&draft->fd);
  if (draft->temp[0] != '\0')
    (void) unlinkat (draft->dirfd, draft->temp, 0);
  errno = errsv;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Draft, draft_clear)

static gboolean
draft_open_named (Draft *draft)
{
  for (guint tries = 0; tries < 16; tries++)
    {
      g_snprintf (draft->temp,
                  sizeof draft->temp,
                  ".apm2-%08x%08x.tmp",
                  g_random_int (),
                  g_random_int ());
      draft->fd = openat (draft->dirfd,
                          draft->temp,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          0600);
      if (draft->fd >= 0)
        return TRUE;
      if (errno != EEXIST)
        break;
    }
  draft->temp[0] = '\0';
  return FALSE;
}

/* A file without any name leaves nothing behind when we die, but only a file
 * system that knows O_TMPFILE can do it, and it cannot replace. */
static gboolean
draft_open (Draft *draft, Apm2FsWriteFlags flags)
{
  if (flags & APM2_FS_WRITE_NOREPLACE)
    {
      draft->fd
          = openat (draft->dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
      if (draft->fd >= 0)
        return TRUE;
    }
  return draft_open_named (draft);
}

static gboolean
draft_fill (const Draft *draft, const char *data, gsize length, mode_t mode)
{
  while (length > 0)
    {
      ssize_t n = write (draft->fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      data += n;
      length -= (gsize) n;
    }
  return fchmod (draft->fd, mode) == 0 && fsync (draft->fd) == 0;
}

static gboolean
draft_publish (Draft *draft, const char *name, Apm2FsWriteFlags flags)
{
  g_autofree char *link = NULL;

  if (draft->temp[0] == '\0')
    {
      link = g_strdup_printf ("/proc/self/fd/%d", draft->fd);
      return linkat (AT_FDCWD, link, draft->dirfd, name, AT_SYMLINK_FOLLOW)
             == 0;
    }
  if (flags & APM2_FS_WRITE_NOREPLACE)
    return linkat (draft->dirfd, draft->temp, draft->dirfd, name, 0) == 0;
  if (renameat (draft->dirfd, draft->temp, draft->dirfd, name) < 0)
    return FALSE;
  draft->temp[0] = '\0';
  return TRUE;
}

static gboolean
write_in_dir (int dirfd,
              const char *name,
              const char *data,
              gsize length,
              mode_t mode,
              Apm2FsWriteFlags flags)
{
  g_auto (Draft) draft = { .dirfd = dirfd, .fd = -1 };
  int fd = -1;

  if (!draft_open (&draft, flags) || !draft_fill (&draft, data, length, mode)
      || !draft_publish (&draft, name, flags))
    return FALSE;
  fd = g_steal_fd (&draft.fd);
  /* After EINTR the descriptor is gone, and the data is already safe. */
  if (close (fd) < 0 && errno != EINTR)
    return FALSE;
  return fsync (dirfd) == 0;
}

/**
 * apm2_fs_write_file:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file in it; its directory must exist
 * @data: (array length=length): the content
 * @length: bytes
 * @mode: of the file, whatever the umask
 * @flags: whether an existing file may be replaced
 * @error: EXISTS with NOREPLACE if the name is taken; UNAVAILABLE for a full
 *   disk
 *
 * After an error the name is as before, except if the very last step failed:
 * the fsync() of the directory. Then the content is there, but a power cut may
 * undo it.
 *
 * Returns: %TRUE once the file is durable under its name
 */
gboolean
apm2_fs_write_file (int dirfd,
                    const char *name,
                    const void *data,
                    gsize length,
                    mode_t mode,
                    Apm2FsWriteFlags flags,
                    GError **error)
{
  g_autofree char *dir = NULL;
  g_autofree char *base = NULL;
  apm2_autofd int fd = -1;

  g_return_val_if_fail (name != NULL && name[0] != '\0', FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  dir = g_path_get_dirname (name);
  base = g_path_get_basename (name);
  fd = openat (dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || !write_in_dir (fd, base, data, length, mode, flags))
    {
      int errsv = errno;
      g_autofree char *path = apm2_fs_describe (dirfd, name);

      apm2_error_set_errno (error, errsv, _ ("Cannot write %s"), path);
      return FALSE;
    }
  return TRUE;
}
