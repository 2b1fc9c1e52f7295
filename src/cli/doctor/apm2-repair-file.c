/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The cures that are about files.
 *
 * Nothing is followed: what was a directory when it was looked at and is a link
 * now is refused. Root, whom the owner of a directory could mislead there,
 * takes no link anywhere in a path.
 */

#include "apm2-repair-file.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-facts-broker.h"
#include "apm2-fs.h"

/* @path: absolute. */
static int
open_without_links (const char *path, int flags)
{
  g_auto (GStrv) names = NULL;
  int fd = -1;

  flags |= O_NOFOLLOW | O_CLOEXEC;
  if (geteuid () != 0)
    return open (path, flags);
  names = g_strsplit (path + 1, "/", -1);
  fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (gsize i = 0; fd >= 0 && names[i] != NULL; i++)
    {
      apm2_autofd int above = fd;

      fd = openat (above,
                   names[i],
                   names[i + 1] == NULL
                       ? flags
                       : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
  return fd;
}

static int
open_parent (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);

  return open_without_links (parent, O_RDONLY | O_DIRECTORY);
}

static gboolean
fail (GError **error, const char *what, const char *path)
{
  apm2_error_set_errno (error, errno, "%s %s", what, path);
  return FALSE;
}

/* A descriptor of O_PATH cannot be changed, but its name in /proc can. */
static gboolean
set_mode (int fd, mode_t mode)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat st;

  if (fstat (fd, &st) < 0)
    return FALSE;
  if (!S_ISDIR (st.st_mode) && !S_ISSOCK (st.st_mode)
      && (!S_ISREG (st.st_mode) || st.st_nlink != 1))
    {
      errno = EINVAL;
      return FALSE;
    }
  return chmod (link, mode) == 0;
}

static gboolean
repair_mode (const Apm2Cure *cure, GError **error)
{
  apm2_autofd int fd = open_without_links (cure->path, O_PATH);

  if (fd < 0 || !set_mode (fd, cure->mode))
    return fail (error, _ ("Cannot set the mode of"), cure->path);
  return TRUE;
}

static gboolean
make_dir (const Apm2Cure *cure, GError **error)
{
  apm2_autofd int parent = open_parent (cure->path);
  g_autofree char *name = g_path_get_basename (cure->path);
  apm2_autofd int fd = -1;

  if (parent >= 0
      && (mkdirat (parent, name, cure->mode) == 0 || errno == EEXIST))
    fd = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || !set_mode (fd, cure->mode))
    return fail (error, _ ("Cannot make directory"), cure->path);
  return TRUE;
}

static gboolean
remove_one (const Apm2Cure *cure, GError **error)
{
  apm2_autofd int parent = open_parent (cure->path);
  g_autofree char *name = g_path_get_basename (cure->path);
  struct stat st;

  if (parent < 0 || fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || fail (error, _ ("Cannot remove"), cure->path);
  if (cure->act == APM2_CURE_REMOVE_SOCKET
          ? !S_ISSOCK (st.st_mode)
          : !S_ISREG (st.st_mode) && !S_ISFIFO (st.st_mode))
    {
      errno = EINVAL;
      return fail (error, _ ("Cannot remove"), cure->path);
    }
  if (cure->act == APM2_CURE_REMOVE_SOCKET
      && apm2_broker_is_listening (cure->path))
    {
      errno = EBUSY;
      return fail (error, _ ("Cannot remove"), cure->path);
    }
  return unlinkat (parent, name, 0) == 0
         || fail (error, _ ("Cannot remove"), cure->path);
}

static gboolean
is_swept (int fd, const char *name)
{
  const gint64 before = g_get_real_time () / G_USEC_PER_SEC
                        - (gint64) APM2_CURE_SWEEP_AFTER_MIN * 60;
  struct stat st;

  return fnmatch (APM2_CURE_SWEEP_PATTERN, name, 0) == 0
         && fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
         && S_ISREG (st.st_mode) && st.st_mtim.tv_sec < before;
}

static gboolean
sweep (const Apm2Cure *cure, GError **error)
{
  apm2_autofd int fd = open_without_links (cure->path, O_RDONLY | O_DIRECTORY);
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (GDir) dir = NULL;
  const char *name = NULL;

  if (fd < 0)
    return fail (error, _ ("Cannot open directory"), cure->path);
  dir = g_dir_open (link, 0, error);
  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL)
    if (is_swept (fd, name) && unlinkat (fd, name, 0) < 0)
      return fail (error, _ ("Cannot remove a file from"), cure->path);
  return TRUE;
}

/**
 * apm2_repair_file:
 * @cure: a cure that is about a file
 * @error: why it could not be done
 *
 * Returns: %TRUE if it is done
 */
gboolean
apm2_repair_file (const Apm2Cure *cure, GError **error)
{
  g_return_val_if_fail (cure != NULL && cure->path != NULL, FALSE);

  switch (cure->act)
    {
    case APM2_CURE_MAKE_DIR:
      return make_dir (cure, error);
    case APM2_CURE_SET_MODE:
      return repair_mode (cure, error);
    case APM2_CURE_REMOVE_SOCKET:
    case APM2_CURE_REMOVE_FILE:
      return remove_one (cure, error);
    case APM2_CURE_SWEEP:
      return sweep (cure, error);
    case APM2_CURE_TYPE:
    case APM2_CURE_RELOAD:
    case APM2_CURE_RESET_FAILED:
    case APM2_CURE_START:
    default:
      g_return_val_if_reached (FALSE);
    }
}
