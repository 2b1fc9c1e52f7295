/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Removing a directory tree that a hostile job has left behind.
 *
 * By descriptor from top to bottom: no symbolic link is followed, no mount
 * point is entered, directories of ours that were made unreadable are opened
 * up. A tree deeper than LEVELS_MAX costs no more descriptors: what lies below
 * is moved up to the top and removed from there. What cannot be removed is
 * left, the rest goes all the same, and the first trouble is reported.
 *
 * Free of GLib, since apm2-step is.
 */

#include "apm2-remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Directories open at once. */
#define LEVELS_MAX 64
/* Directories found filled again while being removed: somebody still writes. */
#define REFILLS_MAX 100000

typedef struct
{
  DIR *dir;
  char *name;  /* in the directory above */
  bool failed; /* something in it stays */
} Level;

typedef struct
{
  int top; /* borrowed: holds the tree */
  Level levels[LEVELS_MAX];
  unsigned depth;
  unsigned refills;
  int error_number; /* the first one; 0: none */
  Apm2RemoveFailed failed;
  void *data;
} Walk;

static void
walk_pop (Walk *walk)
{
  Level *level = &walk->levels[--walk->depth];

  (void) closedir (level->dir);
  free (level->name);
  *level = (Level){ 0 };
}

static int
walk_parent (const Walk *walk, unsigned depth)
{
  return depth == 0 ? walk->top : dirfd (walk->levels[depth - 1].dir);
}

static void
walk_fail (Walk *walk, int error_number, const char *name)
{
  if (walk->depth > 0)
    walk->levels[walk->depth - 1].failed = true;
  if (walk->error_number != 0)
    return;
  walk->error_number = error_number;
  if (walk->failed != NULL)
    walk->failed (
        walk->data, walk_parent (walk, walk->depth), name, error_number);
}

/* Gives ourselves all rights on a directory of ours. Through a descriptor: by
 * name it could be a link by now. */
static void
open_up (int fd)
{
  char link[32];
  struct stat st;

  (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  if (fstat (fd, &st) == 0 && st.st_uid == geteuid ()
      && (st.st_mode & 0700) != 0700)
    (void) chmod (link, (st.st_mode & 07777) | 0700);
}

static bool
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
  int path
      = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int error_number = EXDEV;
  int fd = -1;

  if (path < 0)
    return -1;
  if (!is_mount_point (path))
    {
      open_up (path);
      fd = openat (path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      error_number = errno;
    }
  (void) close (path);
  errno = error_number;
  return fd;
}

static bool
move_to_top (Walk *walk, const char *name)
{
  uint64_t number = 0;
  char fresh[40];

  (void) !getrandom (&number, sizeof number, GRND_NONBLOCK);
  (void) snprintf (fresh, sizeof fresh, ".apm2-%016" PRIx64 ".deep", number);
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
  char *copy = strdup (name);

  if (dir != NULL && copy != NULL)
    {
      walk->levels[walk->depth++] = (Level){ .dir = dir, .name = copy };
      return;
    }
  if (dir != NULL)
    (void) closedir (dir);
  else
    (void) close (fd);
  free (copy);
  walk_fail (walk, ENOMEM, name);
}

/* Removes @name of the innermost directory, or enters it. */
static void
walk_take (Walk *walk, const char *name)
{
  int parent = walk_parent (walk, walk->depth);
  int fd = -1;
  int error_number = 0;

  if (unlinkat (parent, name, 0) == 0 || errno == ENOENT)
    return;
  error_number = errno;
  fd = open_child (parent, name);
  if (fd < 0)
    walk_fail (walk, errno == ENOTDIR ? error_number : errno, name);
  else if (walk->depth < LEVELS_MAX)
    walk_push (walk, fd, name);
  else
    {
      (void) close (fd);
      if (!move_to_top (walk, name))
        walk_fail (walk, errno, name);
    }
}

/* The innermost directory has been read to its end. */
static void
walk_leave (Walk *walk)
{
  Level *level = &walk->levels[walk->depth - 1];
  bool failed = level->failed;
  char *name = NULL;
  int error_number = 0;

  if (!failed
      && unlinkat (
             walk_parent (walk, walk->depth - 1), level->name, AT_REMOVEDIR)
             < 0)
    error_number = errno;
  if ((error_number == ENOTEMPTY || error_number == EEXIST)
      && walk->refills++ < REFILLS_MAX)
    {
      rewinddir (level->dir);
      return;
    }
  name = level->name;
  level->name = NULL;
  walk_pop (walk);
  if (error_number != 0 && error_number != ENOENT)
    walk_fail (walk, error_number, name);
  else if (failed && walk->depth > 0)
    walk->levels[walk->depth - 1].failed = true;
  free (name);
}

/**
 * apm2_remove_tree:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file or directory in it
 * @failed: (nullable): called for the first thing that could not be removed;
 *   its error is EXDEV for a mount point
 * @data: for @failed
 *
 * Removes @name and all below it. That it does not exist is success.
 *
 * Returns: 0 if nothing is left, else a negative errno
 */
int
apm2_remove_tree (int dirfd,
                  const char *name,
                  Apm2RemoveFailed failed,
                  void *data)
{
  Walk walk = { .top = dirfd, .failed = failed, .data = data };

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
  return -walk.error_number;
}
