/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removing what housekeeping has given up.
 *
 * A directory gets another name first and is taken apart under that: a crash
 * leaves it whole, or under a name that the next run removes, and nobody ever
 * sees a part of it. All by descriptor, so that no link leads out.
 *
 * A mirror may be in use although its time was over when it was looked at. So
 * it is given up only under the lock with which it is fetched into, and only if
 * its stamp is not newer.
 */

#include "apm2-sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apm2-error.h"
#include "apm2-fs-remove.h"
#include "apm2-fs.h"

#define REASON_SUFFIX ".reason"
#define LOCK_SUFFIX   ".lock"
/* In a mirror: touched whenever it is used. */
#define USED_FILE "apm2-used"

static const struct
{
  const char *name;
  const char *folder; /* below the fac directory; "" is that itself */
  gboolean of_worker;
} kinds[APM2_N_SWEEP_KINDS] = {
  [APM2_SWEEP_LOG] = { "log", "logs", TRUE },
  [APM2_SWEEP_WORKSPACE] = { "workspace", "work", TRUE },
  [APM2_SWEEP_MIRROR] = { "mirror", "mirrors", TRUE },
  [APM2_SWEEP_QUARANTINE] = { "quarantine", "quarantine", FALSE },
  [APM2_SWEEP_HANDOVER] = { "handover", "handover", FALSE },
  [APM2_SWEEP_TEMPORARY] = { "temporary", "", FALSE },
};

/**
 * apm2_sweep_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name
 */
const char *
apm2_sweep_kind_to_string (Apm2SweepKind kind)
{
  g_return_val_if_fail (kind < APM2_N_SWEEP_KINDS, "");

  return kinds[kind].name;
}

/**
 * apm2_sweep_kind_from_string:
 * @text: a name
 * @ret_kind: (out): the kind
 *
 * Returns: %FALSE if there is none with that name
 */
gboolean
apm2_sweep_kind_from_string (const char *text, Apm2SweepKind *ret_kind)
{
  for (guint i = 0; i < APM2_N_SWEEP_KINDS; i++)
    if (g_str_equal (kinds[i].name, text))
      {
        *ret_kind = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * apm2_sweep_is_of_worker:
 * @kind: a kind
 *
 * Returns: whether such things belong to the user of the worker in system mode,
 *   who alone can remove them there
 */
gboolean
apm2_sweep_is_of_worker (Apm2SweepKind kind)
{
  g_return_val_if_fail (kind < APM2_N_SWEEP_KINDS, FALSE);

  return kinds[kind].of_worker;
}

/**
 * apm2_sweep_get_dir:
 * @paths: the paths
 * @kind: a kind
 *
 * Returns: (transfer full): the directory that holds things of @kind
 */
char *
apm2_sweep_get_dir (const Apm2Paths *paths, Apm2SweepKind kind)
{
  g_return_val_if_fail (kind < APM2_N_SWEEP_KINDS, NULL);

  return g_build_filename (paths->fac_dir, kinds[kind].folder, NULL);
}

static gint64
get_mtime (int dirfd, const char *name)
{
  struct stat info;

  if (fstatat (dirfd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return 0;
  return (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC
         + info.st_mtim.tv_nsec / 1000;
}

/**
 * apm2_sweep_get_stamp:
 * @dirfd: the directory of @kind
 * @kind: a kind
 * @name: a thing of it
 *
 * Returns: when it was last used or changed, usec UTC; 0 if it is not there
 */
gint64
apm2_sweep_get_stamp (int dirfd, Apm2SweepKind kind, const char *name)
{
  gint64 stamp = get_mtime (dirfd, name);
  g_autofree char *other = NULL;

  if (kind == APM2_SWEEP_MIRROR)
    other = g_build_filename (name, USED_FILE, NULL);
  /* A spec bears the time at which it was written, its reason that at which it
   * was refused. */
  else if (kind == APM2_SWEEP_QUARANTINE)
    other = g_strconcat (name, REASON_SUFFIX, NULL);
  if (other != NULL)
    stamp = MAX (stamp, get_mtime (dirfd, other));
  return stamp;
}

static gboolean
is_temporary (const char *name)
{
  return g_str_has_prefix (name, APM2_SWEEP_TEMP_PREFIX)
         && g_str_has_suffix (name, APM2_SWEEP_TEMP_SUFFIX);
}

static gboolean
check_name (Apm2SweepKind kind, const char *name, GError **error)
{
  gboolean is_ours
      = g_str_has_prefix (name, APM2_SWEEP_GONE_PREFIX) || is_temporary (name);

  if (name[0] != '\0' && strchr (name, '/') == NULL
      && (is_ours || (name[0] != '.' && kind != APM2_SWEEP_TEMPORARY)))
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "\"%.64s\" is no name of a %s that may be removed",
               name,
               kinds[kind].name);
  return FALSE;
}

/* Closing the descriptor gives the lock back. */
static int
lock_mirror (int dirfd, const char *name, GError **error)
{
  g_autofree char *lock = g_strconcat (name, LOCK_SUFFIX, NULL);
  int fd = apm2_fs_try_lock (dirfd, lock, 0644);

  if (fd >= 0)
    return fd;
  if (fd == -EWOULDBLOCK)
    g_set_error (
        error, APM2_ERROR, APM2_ERROR_BUSY, "Mirror %s is in use", name);
  else
    apm2_error_set_errno (error, -fd, "Cannot lock mirror %s", name);
  return -1;
}

/* Its new name, or itself if it has that already. */
static char *
put_aside (int dirfd, const char *name, GError **error)
{
  g_autofree char *gone = NULL;

  if (g_str_has_prefix (name, APM2_SWEEP_GONE_PREFIX))
    return g_strdup (name);
  gone = g_strconcat (APM2_SWEEP_GONE_PREFIX, name, NULL);
  if (!apm2_fs_remove_tree (dirfd, gone, error))
    return NULL;
  if (renameat (dirfd, name, dirfd, gone) == 0 || errno == ENOENT)
    return g_steal_pointer (&gone);
  apm2_error_set_errno (error, errno, "Cannot rename %s", name);
  return NULL;
}

static gboolean
remove_in (int dirfd,
           Apm2SweepKind kind,
           const char *name,
           gint64 stamp,
           GError **error)
{
  g_autofree char *gone = NULL;
  g_autofree char *reason = NULL;
  apm2_autofd int lock = -1;

  if (kind == APM2_SWEEP_MIRROR
      && !g_str_has_prefix (name, APM2_SWEEP_GONE_PREFIX))
    {
      lock = lock_mirror (dirfd, name, error);
      if (lock < 0)
        return FALSE;
    }
  if (apm2_sweep_get_stamp (dirfd, kind, name) > stamp)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BUSY,
                   "%s %s was used meanwhile",
                   kinds[kind].name,
                   name);
      return FALSE;
    }
  gone = put_aside (dirfd, name, error);
  if (gone == NULL)
    return FALSE;
  apm2_fd_clear (&lock);
  if (kind == APM2_SWEEP_QUARANTINE)
    {
      reason = g_strconcat (name, REASON_SUFFIX, NULL);
      if (!apm2_fs_remove_tree (dirfd, reason, error))
        return FALSE;
    }
  return apm2_fs_remove_tree (dirfd, gone, error);
}

/**
 * apm2_sweep_remove:
 * @paths: the paths
 * @kind: a kind
 * @name: a thing of it
 * @stamp: its apm2_sweep_get_stamp() when it was given up
 * @error: BUSY if it has been used since, or is; INVALID_ARGUMENT if @name is
 *   not one that may be removed
 *
 * Removes it with all below it, as a whole for everybody who looks. That it is
 * not there is success. Blocks: for a thread.
 *
 * Returns: %TRUE if it is gone
 */
gboolean
apm2_sweep_remove (const Apm2Paths *paths,
                   Apm2SweepKind kind,
                   const char *name,
                   gint64 stamp,
                   GError **error)
{
  g_autofree char *dir = NULL;
  apm2_autofd int dirfd = -1;

  g_return_val_if_fail (kind < APM2_N_SWEEP_KINDS, FALSE);

  if (!check_name (kind, name, error))
    return FALSE;
  dir = apm2_sweep_get_dir (paths, kind);
  dirfd = apm2_fs_open_dir (dir, error);
  return dirfd >= 0 && remove_in (dirfd, kind, name, stamp, error);
}
