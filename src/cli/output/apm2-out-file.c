/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files that the caller asked for by name.
 *
 * Whoever reads such a file at any moment sees the old one or the new one. Only
 * a regular file is replaced: a device or a pipe of that name stays.
 */

#include "apm2-out-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"

struct _Apm2OutFile
{
  FILE *stream; /* borrowed if it is stdout */
  char *path;   /* (nullable) */
  char *draft;  /* (nullable) name of the temporary file */
  int dirfd;
  mode_t mode;
};

static void
set_error (const Apm2OutFile *self, GError **error)
{
  apm2_error_set_errno (error,
                        errno,
                        _ ("cannot write %s"),
                        self->path != NULL ? self->path : _ ("stdout"));
}

static gboolean
open_draft (Apm2OutFile *self, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (self->path);
  g_autofree char *base = g_path_get_basename (self->path);
  struct stat info;
  int fd = -1;

  if (lstat (self->path, &info) == 0 && !S_ISREG (info.st_mode))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("cannot write %s: it is there and no regular file"),
                   self->path);
      return FALSE;
    }
  self->dirfd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->dirfd >= 0)
    {
      /* The dot keeps node_exporter and the like from reading it. */
      self->draft
          = g_strdup_printf (".%.200s.%08x.tmp", base, (guint) g_random_int ());
      fd = openat (self->dirfd,
                   self->draft,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   0600);
    }
  if (fd >= 0)
    self->stream = fdopen (fd, "w");
  if (self->stream != NULL)
    return TRUE;
  set_error (self, error);
  if (fd < 0)
    g_clear_pointer (&self->draft, g_free);
  else
    (void) close (fd);
  return FALSE;
}

/**
 * apm2_out_file_open:
 * @path: (nullable): a file; %NULL or "-" for stdout
 * @mode: of the file, whatever the umask
 * @error: INVALID_ARGUMENT if something else than a regular file is there
 *
 * Returns: (transfer full): a file to write to
 */
Apm2OutFile *
apm2_out_file_open (const char *path, mode_t mode, GError **error)
{
  g_autoptr (Apm2OutFile) self = g_new0 (Apm2OutFile, 1);

  self->dirfd = -1;
  self->mode = mode;
  if (path == NULL || g_str_equal (path, "-"))
    self->stream = stdout;
  else
    {
      self->path = g_strdup (path);
      if (!open_draft (self, error))
        return NULL;
    }
  return g_steal_pointer (&self);
}

/**
 * apm2_out_file_write:
 * @self: a file
 * @text: what comes next
 * @error: UNAVAILABLE if the disk is full
 *
 * Returns: %TRUE if it was taken
 */
gboolean
apm2_out_file_write (Apm2OutFile *self, const char *text, GError **error)
{
  if (fputs (text, self->stream) != EOF)
    return TRUE;
  set_error (self, error);
  return FALSE;
}

/**
 * apm2_out_file_commit:
 * @self: a file with all that is to be in it
 * @error: UNAVAILABLE if the disk is full
 *
 * Returns: %TRUE once it is durable under its name
 */
gboolean
apm2_out_file_commit (Apm2OutFile *self, GError **error)
{
  g_autofree char *base = NULL;
  const int fd = fileno (self->stream);

  if (fflush (self->stream) != 0
      || (self->draft != NULL
          && (fchmod (fd, self->mode) != 0 || fsync (fd) != 0)))
    {
      set_error (self, error);
      return FALSE;
    }
  if (self->draft == NULL)
    return TRUE;

  base = g_path_get_basename (self->path);
  if (renameat (self->dirfd, self->draft, self->dirfd, base) != 0)
    {
      set_error (self, error);
      return FALSE;
    }
  g_clear_pointer (&self->draft, g_free);
  (void) fsync (self->dirfd);
  return TRUE;
}

/**
 * apm2_out_file_free:
 * @self: (transfer full): a file; without a commit nothing is left of it
 */
void
apm2_out_file_free (Apm2OutFile *self)
{
  if (self->stream != NULL && self->stream != stdout)
    (void) fclose (self->stream);
  if (self->draft != NULL)
    (void) unlinkat (self->dirfd, self->draft, 0);
  apm2_fd_clear (&self->dirfd);
  g_free (self->draft);
  g_free (self->path);
  g_free (self);
}
