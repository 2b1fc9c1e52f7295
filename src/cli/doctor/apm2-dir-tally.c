/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Counting files in a directory by when they were last written.
 */

#include "apm2-dir-tally.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "apm2-fs.h"

/**
 * apm2_dir_tally_clear:
 * @self: a tally
 *
 * Frees what @self holds.
 */
void
apm2_dir_tally_clear (Apm2DirTally *self)
{
  g_clear_pointer (&self->oldest, g_free);
}

/**
 * apm2_dir_tally_count:
 * @self: a tally
 * @path: a directory
 * @pattern: of file names, as for fnmatch()
 * @before_sec: what was written at that second or later is not counted
 * @error: as apm2_fs_open_dir()
 *
 * Returns: %TRUE if @path could be read
 */
gboolean
apm2_dir_tally_count (Apm2DirTally *self,
                      const char *path,
                      const char *pattern,
                      gint64 before_sec,
                      GError **error)
{
  apm2_autofd int fd = apm2_fs_open_dir (path, error);
  g_autofree char *link = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name = NULL;

  if (fd < 0)
    return FALSE;
  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  dir = g_dir_open (link, 0, error);
  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      struct stat st;

      if (fnmatch (pattern, name, 0) != 0
          || fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0
          || !S_ISREG (st.st_mode) || st.st_mtim.tv_sec >= before_sec)
        continue;
      self->count++;
      if (self->oldest != NULL && st.st_mtim.tv_sec >= self->oldest_sec)
        continue;
      self->oldest_sec = st.st_mtim.tv_sec;
      g_free (self->oldest);
      self->oldest = g_strdup (name);
    }
  return TRUE;
}
