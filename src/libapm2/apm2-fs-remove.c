/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removing a directory tree that a hostile job has left behind.
 *
 * By descriptor from top to bottom: no symbolic link is followed, no mount
 * point is entered, directories of ours that were made unreadable are opened
 * up. A tree deeper than LEVELS_MAX costs no more descriptors: what lies below
 * is moved up to the top and removed from there. What cannot be removed is
 * left, the rest goes all the same, and the first trouble is reported.
 */

#include "apm2-fs-remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"

/* Directories open at once. */
#define LEVELS_MAX 64
/* Directories found filled again while being removed: somebody still writes. */
#define REFILLS_MAX 100000

typedef struct
{
  DIR *dir;
  char *name;      /* in the directory above */
  gboolean failed; /* something in it stays */
} Level;

typedef struct
{
  int top; /* borrowed: holds the tree */
  Level levels[LEVELS_MAX];
  guint depth;
  guint refills;
  GError *error; /* the first one */
} Walk;

static void
walk_pop (Walk *walk)
{
  Level *level = &walk->levels[--walk->depth];

  (void) closedir (level->dir);
  g_free (level->name);
  *level = (Level){ 0 };
}

static void
walk_clear (Walk *walk)
{
  while (walk->depth > 0)
    walk_pop (walk);
  g_clear_error (&walk->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static int
walk_parent (const Walk *walk, guint depth)
{
  return depth == 0 ? walk->top : dirfd (walk->levels[depth - 1].dir);
}

static void
walk_fail (Walk *walk, int errsv, const char *name)
{
  g_autofree char *path = NULL;

  if (walk->depth > 0)
    walk->levels[walk->depth - 1].failed = TRUE;
  if (walk->error != NULL)
    return;
  path = apm2_fs_describe (walk_parent (walk, walk->depth), name);
  if (errsv == EXDEV)
    g_set_error (&walk->error,
                 APM2_ERROR,
                 APM2_ERROR_BUSY,
                 "Cannot remove %s: something is mounted there",
                 path);
  else
    apm2_error_set_errno (&walk->error, errsv, "Cannot remove %s", path);
}

/* Gives ourselves all rights on a directory of ours. Through a descriptor: by
 * name it could be a link by now. */
static void
open_up (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat st;

  if (fstat (fd, &st) == 0 && st.st_uid == geteuid ()
      && (st.st_mode & 0700) != 0700)
    (void) chmod (link, (st.st_mode & 07777) | 0700);
}

static gboolean
is_mount_point (int fd)
{
  struct statx stx = { 0 };

  return statx (fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx) == 0
         && (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Returns: a descriptor for reading; -1 with errno, ENOTDIR for all but
 * directories. */
static int
open_child (int parent, const char *name)
{
  apm2_autofd int path
      = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (path < 0)
    return -1;
  if (is_mount_point (path))
    {
      errno = EXDEV;
      return -1;
    }
  open_up (path);
  return openat (path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
move_to_top (Walk *walk, const char *name)
{
  char fresh[40];

  g_snprintf (fresh,
              sizeof fresh,
              ".apm2-%08x%08x.deep",
              g_random_int (),
              g_random_int ());
  return renameat (walk_parent (walk, walk->depth),
                   name,
                   walk_parent (walk, 1),
                   fresh)
         == 0;
}

static void
walk_push (Walk *walk, int fd, const char *name)
{
  DIR *dir = fdopendir (fd);

  if (dir == NULL)
    {
      int errsv = errno;

      apm2_fd_clear (&fd);
      walk_fail (walk, errsv, name);
      return;
    }
  walk->levels[walk->depth++] = (Level){ .dir = dir, .name = g_strdup (name) };
}

/* Removes @name of the innermost directory, or enters it. */
static void
walk_take (Walk *walk, const char *name)
{
  int parent = walk_parent (walk, walk->depth);
  int fd = -1;
  int errsv = 0;

  if (unlinkat (parent, name, 0) == 0 || errno == ENOENT)
    return;
  errsv = errno;
  fd = open_child (parent, name);
  if (fd < 0)
    walk_fail (walk, errno == ENOTDIR ? errsv : errno, name);
  else if (walk->depth < LEVELS_MAX)
    walk_push (walk, fd, name);
  else
    {
      apm2_fd_clear (&fd);
      if (!move_to_top (walk, name))
        walk_fail (walk, errno, name);
    }
}

/* The innermost directory has been read to its end. */
static void
walk_leave (Walk *walk)
{
  Level *level = &walk->levels[walk->depth - 1];
  g_autofree char *name = NULL;
  gboolean failed = level->failed;
  int errsv = 0;

  if (!failed
      && unlinkat (
             walk_parent (walk, walk->depth - 1), level->name, AT_REMOVEDIR)
             < 0)
    errsv = errno;
  if ((errsv == ENOTEMPTY || errsv == EEXIST) && walk->refills++ < REFILLS_MAX)
    {
      rewinddir (level->dir);
      return;
    }
  name = g_steal_pointer (&level->name);
  walk_pop (walk);
  if (errsv != 0 && errsv != ENOENT)
    walk_fail (walk, errsv, name);
  else if (failed && walk->depth > 0)
    walk->levels[walk->depth - 1].failed = TRUE;
}

/**
 * apm2_fs_remove_tree:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file or directory in it
 * @error: the first thing that could not be removed; BUSY for a mount point
 *
 * Removes @name and all below it. That it does not exist is success.
 *
 * Returns: %TRUE if nothing is left
 */
gboolean
apm2_fs_remove_tree (int dirfd, const char *name, GError **error)
{
  g_auto (Walk) walk = { .top = dirfd };

  g_return_val_if_fail (name != NULL && name[0] != '\0', FALSE);

  walk_take (&walk, name);
  while (walk.depth > 0)
    {
      DIR *dir = walk.levels[walk.depth - 1].dir;
      const struct dirent *entry = NULL;

      errno = 0;
      entry = readdir (dir);
      if (entry == NULL && errno != 0)
        walk_fail (&walk, errno, ".");
      if (entry == NULL)
        walk_leave (&walk);
      else if (strcmp (entry->d_name, ".") != 0
               && strcmp (entry->d_name, "..") != 0)
        walk_take (&walk, entry->d_name);
    }
  if (walk.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&walk.error));
      return FALSE;
    }
  return TRUE;
}
