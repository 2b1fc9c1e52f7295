/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The directories of a checkout that outlive its job.
 *
 * While a job runs they are where it expects them; between jobs of one project
 * they lie in `cache` of the workspace, each by the digest of its path. Each
 * line of the list there is such a digest, a space and the path below `work`.
 * All of it may have been written by the job that has just ended, and the next
 * one is of the same project: so a wrong line can spoil nothing but caches, but
 * whatever it says must lead nowhere else.
 */

#include "apm2-lane-caches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-remove.h"

typedef struct
{
  char id[APM2_LANE_CACHES_ID_SIZE + 1];
  char *path;
} Line;

static bool
is_id (const char *text)
{
  return strspn (text, "0123456789abcdef") == APM2_LANE_CACHES_ID_SIZE
         && text[APM2_LANE_CACHES_ID_SIZE] == '\0';
}

static int
open_directory (int parent, const char *name)
{
  int fd
      = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  return fd < 0 ? -errno : fd;
}

/* Returns: the list, with a NUL at its end; NULL if there is none. */
static char *
read_list (int caches)
{
  int fd = openat (caches,
                   APM2_LANE_CACHES_LIST,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st = { 0 };
  char *text = NULL;
  ssize_t n = -1;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode)
      && st.st_size <= APM2_LANE_CACHES_BYTES)
    text = calloc (1, APM2_LANE_CACHES_BYTES + 1);
  if (text != NULL)
    n = read (fd, text, APM2_LANE_CACHES_BYTES);
  (void) close (fd);
  if (n >= 0)
    return text;
  free (text);
  return NULL;
}

/* Returns: whether there was one more; @text is moved on. */
static bool
take_line (char **text, Line *ret_line)
{
  char *line = strsep (text, "\n");
  char *space = line != NULL ? strchr (line, ' ') : NULL;

  if (space == NULL)
    return false;
  *space = '\0';
  if (!is_id (line) || space[1] == '\0')
    return false;
  (void) memcpy (ret_line->id, line, sizeof ret_line->id);
  ret_line->path = space + 1;
  return true;
}

/* Returns: the directory that holds the last element of @path, which is left in
 * @path's place; a negative errno if the way leads elsewhere. */
static int
open_parent (int work, char **path)
{
  int fd = fcntl (work, F_DUPFD_CLOEXEC, 3);
  char *slash = NULL;

  while (fd >= 0 && (slash = strchr (*path, '/')) != NULL)
    {
      int next = -1;

      *slash = '\0';
      next = strcmp (*path, "..") == 0 ? -EINVAL : open_directory (fd, *path);
      (void) close (fd);
      fd = next;
      *path = slash + 1;
    }
  if (fd >= 0 && (strcmp (*path, "..") == 0 || strcmp (*path, ".") == 0))
    {
      (void) close (fd);
      return -EINVAL;
    }
  return fd;
}

static void
put_aside (int work, int caches, const Line *line)
{
  char *name = line->path;
  int parent = open_parent (work, &name);
  struct stat st = { 0 };

  if (parent < 0)
    return;
  /* What the job did not touch, or removed, is as it was. */
  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0
      && S_ISDIR (st.st_mode)
      && apm2_remove_tree (caches, line->id, NULL, NULL) == 0)
    (void) renameat (parent, name, caches, line->id);
  (void) close (parent);
}

/**
 * apm2_lane_caches_put_aside:
 * @workspace: a directory of ours
 *
 * Brings what the last job had as caches to where only the next one of the same
 * project finds them. All else may be removed then.
 *
 * Returns: 0, or a negative errno: what is there is not to be kept
 */
int
apm2_lane_caches_put_aside (int workspace)
{
  int caches = open_directory (workspace, APM2_LANE_CACHES);
  int work = -1;
  char *list = NULL;
  char *rest = NULL;
  Line line = { 0 };
  int r = 0;

  if (caches < 0)
    return caches == -ENOENT ? 0 : caches;
  work = open_directory (workspace, "work");
  list = read_list (caches);
  r = list == NULL ? -EBADMSG : work == -ENOENT ? 0 : work < 0 ? work : 0;
  rest = list;
  for (int i = 0; r == 0 && work >= 0 && i < APM2_LANE_CACHES_LINES
                  && take_line (&rest, &line);
       i++)
    put_aside (work, caches, &line);
  free (list);
  if (work >= 0)
    (void) close (work);
  (void) close (caches);
  return r;
}
