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

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

static uint64_t
get_bytes (const struct stat *st)
{
  uint64_t bytes = (uint64_t) st->st_blocks * BLOCK;

  return S_ISDIR (st->st_mode) || st->st_nlink < 2
             ? bytes
             : bytes / (uint64_t) st->st_nlink;
}

static void
descend (Apm2DiskUsage *self, int parent, const char *name, int flags)
{
  int fd
      = self->depth < APM2_DISK_USAGE_LEVELS
            ? openat (parent,
                      name,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags)
            : -1;
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);

  if (dir != NULL)
    self->dirs[self->depth++] = dir;
  else if (fd >= 0)
    (void) close (fd);
}

static void
take (Apm2DiskUsage *self, const char *name)
{
  int parent = dirfd (self->dirs[self->depth - 1]);
  struct stat st = { 0 };

  /* A file may have another device than its directory, as in an overlay. */
  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0
      || (S_ISDIR (st.st_mode) && st.st_dev != self->device))
    return;
  self->bytes += get_bytes (&st);
  if (S_ISDIR (st.st_mode))
    descend (self, parent, name, O_NOFOLLOW);
}

static void
step (Apm2DiskUsage *self)
{
  const struct dirent *entry = readdir (self->dirs[self->depth - 1]);

  if (entry == NULL)
    (void) closedir (self->dirs[--self->depth]);
  else if (strcmp (entry->d_name, ".") != 0
           && strcmp (entry->d_name, "..") != 0)
    take (self, entry->d_name);
}

/**
 * apm2_disk_usage_enter:
 * @self: nothing that is being counted
 * @path: a directory, or a link to one
 *
 * What follows counts @path; if it cannot be read, there is nothing to count.
 */
void
apm2_disk_usage_enter (Apm2DiskUsage *self, const char *path)
{
  struct stat st = { 0 };

  if (self->dirs == NULL)
    self->dirs = calloc (APM2_DISK_USAGE_LEVELS, sizeof (DIR *));
  if (self->dirs == NULL || stat (path, &st) < 0)
    return;
  self->device = st.st_dev;
  self->bytes += get_bytes (&st);
  descend (self, AT_FDCWD, path, 0);
}

/**
 * apm2_disk_usage_go_on:
 * @self: what is being counted
 * @n_entries: how many more to count
 *
 * Returns: whether there are more
 */
bool
apm2_disk_usage_go_on (Apm2DiskUsage *self, unsigned n_entries)
{
  for (; self->depth > 0 && n_entries > 0; n_entries--)
    step (self);
  return self->depth > 0;
}

/**
 * apm2_disk_usage_clear:
 * @self: counted, or not
 *
 * Frees what it holds; it can be used anew.
 */
void
apm2_disk_usage_clear (Apm2DiskUsage *self)
{
  while (self->depth > 0)
    (void) closedir (self->dirs[--self->depth]);
  free (self->dirs);
  *self = (Apm2DiskUsage){ 0 };
}
