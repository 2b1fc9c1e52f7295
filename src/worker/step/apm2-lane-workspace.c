/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The workspace of a lane slot, before a job or its next step.
 *
 * The directory itself is made by whoever set up the sandbox, and may be a
 * mount point; what is in it belongs to the jobs. After a preparation that
 * succeeded `home`, `tmp` and `work` are directories of ours in it, whatever an
 * earlier step put there.
 */

#include "apm2-lane-workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-lane-caches.h"
#include "apm2-remove.h"

static const char *const names[] = { "home", "tmp", "work" };

/* A job may have taken the rights away. No job runs now, so that @name is still
 * what @path is. */
static int
open_up (int path, int parent, const char *name)
{
  struct stat st = { 0 };

  if (fstat (path, &st) < 0)
    return -errno;
  if (st.st_uid != geteuid ())
    return -EPERM;
  if ((st.st_mode & 0700) == 0700)
    return 0;
  return fchmodat (parent, name, (st.st_mode & 07777) | 0700, 0) < 0 ? -errno
                                                                     : 0;
}

/* Opens a directory of ours; @flags may say O_NOFOLLOW. Returns: a descriptor,
 * or a negative errno */
static int
open_directory (int parent, const char *name, int flags)
{
  int path = openat (parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
  int r = 0;

  if (path < 0)
    return -errno;
  r = open_up (path, parent, name);
  if (r == 0)
    {
      r = openat (path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      r = r < 0 ? -errno : r;
    }
  (void) close (path);
  return r;
}

/* But for @spared, which may be NULL. */
static int
remove_all (int fd, const char *spared)
{
  int copy = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir (copy);
  const struct dirent *entry = NULL;
  int r = 0;

  if (dir == NULL)
    {
      r = -errno;
      if (copy >= 0)
        (void) close (copy);
      return r;
    }
  errno = 0;
  while ((entry = readdir (dir)) != NULL)
    {
      int error = 0;

      if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0
          && (spared == NULL || strcmp (entry->d_name, spared) != 0))
        error = apm2_remove_tree (fd, entry->d_name, NULL, NULL);
      if (r == 0)
        r = error;
      errno = 0;
    }
  if (r == 0)
    r = -errno;
  (void) closedir (dir);
  return r;
}

/* A job that was here may have put a link in its place. */
static int
make_directory (int parent, const char *name)
{
  int fd = open_directory (parent, name, O_NOFOLLOW);

  if (fd == -ENOTDIR || fd == -ELOOP)
    {
      if (unlinkat (parent, name, 0) < 0)
        return -errno;
      fd = -ENOENT;
    }
  if (fd == -ENOENT)
    {
      if (mkdirat (parent, name, 0700) < 0)
        return -errno;
      fd = open_directory (parent, name, O_NOFOLLOW);
    }
  if (fd < 0)
    return fd;
  if (fchmod (fd, 0700) < 0)
    {
      int r = -errno;

      (void) close (fd);
      return r;
    }
  (void) close (fd);
  return 0;
}

/**
 * apm2_lane_workspace_prepare:
 * @path: a directory of ours; may be a link, as that of a dynamic user is: no
 * job can change it
 * @prepare: what is to become of what is in it
 *
 * Returns: 0, or a negative errno: something cannot be removed or made, and no
 *   job should run here
 */
int
apm2_lane_workspace_prepare (const char *path, Apm2StepPrepare prepare)
{
  int fd = open_directory (AT_FDCWD, path, 0);
  int r = fd < 0 ? fd : 0;
  const char *caches = NULL;

  if (r == 0 && prepare == APM2_STEP_PREPARE_CACHED)
    caches = apm2_lane_caches_put_aside (fd) == 0 ? APM2_LANE_CACHES : NULL;
  if (r == 0 && prepare != APM2_STEP_PREPARE_KEEP)
    r = remove_all (fd, caches);
  for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++)
    r = make_directory (fd, names[i]);
  if (fd >= 0)
    (void) close (fd);
  return r;
}
