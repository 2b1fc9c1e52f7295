/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How much of the disk is taken by what lies below a directory.
 *
 * By descriptor from top to bottom, while a job may be changing all of it: no
 * symbolic link is followed and no other file system is entered. A file with
 * several names counts in parts, so that all of them together are the file.
 * What vanishes meanwhile is nothing.
 */

#include "apm2-disk-usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

typedef struct
{
  DIR **dirs;
  unsigned depth;
  dev_t device;
  uint64_t bytes;
} Walk;

static uint64_t
get_bytes (const struct stat *st)
{
  uint64_t bytes = (uint64_t) st->st_blocks * BLOCK;

  return S_ISDIR (st->st_mode) || st->st_nlink < 2
             ? bytes
             : bytes / (uint64_t) st->st_nlink;
}

static void
enter (Walk *walk, int parent, const char *name, int flags)
{
  int fd
      = walk->depth < APM2_DISK_USAGE_LEVELS
            ? openat (parent,
                      name,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags)
            : -1;
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);

  if (dir != NULL)
    walk->dirs[walk->depth++] = dir;
  else if (fd >= 0)
    (void) close (fd);
}

static void
take (Walk *walk, const char *name)
{
  int parent = dirfd (walk->dirs[walk->depth - 1]);
  struct stat st = { 0 };

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0
      || st.st_dev != walk->device)
    return;
  walk->bytes += get_bytes (&st);
  if (S_ISDIR (st.st_mode))
    enter (walk, parent, name, O_NOFOLLOW);
}

static void
step (Walk *walk)
{
  const struct dirent *entry = readdir (walk->dirs[walk->depth - 1]);

  if (entry == NULL)
    (void) closedir (walk->dirs[--walk->depth]);
  else if (strcmp (entry->d_name, ".") != 0
           && strcmp (entry->d_name, "..") != 0)
    take (walk, entry->d_name);
}

/**
 * apm2_disk_usage_measure:
 * @path: a directory, or a link to one
 * @enough: more than this need not be counted
 * @stop: becomes true if nobody wants to know any more
 *
 * Returns: bytes on the disk; 0 if @path cannot be read
 */
uint64_t
apm2_disk_usage_measure (const char *path,
                         uint64_t enough,
                         const atomic_bool *stop)
{
  Walk walk = { .dirs = calloc (APM2_DISK_USAGE_LEVELS, sizeof (DIR *)) };
  struct stat st = { 0 };

  if (walk.dirs == NULL)
    return 0;
  if (stat (path, &st) == 0)
    {
      walk.device = st.st_dev;
      walk.bytes = get_bytes (&st);
      enter (&walk, AT_FDCWD, path, 0);
    }
  while (walk.depth > 0 && walk.bytes <= enough && !atomic_load (stop))
    step (&walk);
  while (walk.depth > 0)
    (void) closedir (walk.dirs[--walk.depth]);
  free (walk.dirs);
  return walk.bytes;
}
