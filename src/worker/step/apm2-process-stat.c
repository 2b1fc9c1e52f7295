/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All processes there are, as /proc has them.
 */

#include "apm2-process-stat.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * apm2_process_stat_read:
 * @ret_stat: (out caller-allocates): the process
 * @pid: its number
 *
 * Returns: whether there is such a process; one that nobody has waited for is
 */
bool
apm2_process_stat_read (Apm2ProcessStat *ret_stat, pid_t pid)
{
  char path[32];
  char text[1024];
  const char *end = NULL;
  FILE *file = NULL;
  size_t n = 0;
  int parent = 0;

  (void) snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  file = fopen (path, "re");
  if (file == NULL)
    return false;
  n = fread (text, 1, sizeof text - 1, file);
  (void) fclose (file);
  text[n] = '\0';
  *ret_stat = (Apm2ProcessStat){ .pid = pid };
  /* A name may hold anything, so look behind the last bracket. */
  end = strrchr (text, ')');
  if (end == NULL
      || sscanf (end + 1,
                 " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
                 "%*d %*d %*d %*d %" SCNu64,
                 &ret_stat->state,
                 &parent,
                 &ret_stat->start_time)
             != 3)
    return false;
  ret_stat->parent = (pid_t) parent;
  return true;
}

bool
apm2_process_stat_is_over (const Apm2ProcessStat *stat)
{
  return strchr ("ZXx", stat->state) != NULL;
}

bool
apm2_process_stat_is_stopped (const Apm2ProcessStat *stat)
{
  return stat->state == 'T' || stat->state == 't';
}

/**
 * apm2_process_stat_list:
 * @ret_pids: (out): the numbers of all processes, to be freed with free() also
 *   after an error
 *
 * Returns: how many there are, or a negative errno
 */
ssize_t
apm2_process_stat_list (pid_t **ret_pids)
{
  DIR *dir = opendir ("/proc");
  const struct dirent *entry = NULL;
  size_t length = 0;
  size_t room = 0;
  ssize_t r = 0;

  *ret_pids = NULL;
  if (dir == NULL)
    return -errno;
  while (r == 0 && (entry = readdir (dir)) != NULL)
    {
      if (!isdigit ((unsigned char) entry->d_name[0]))
        continue;
      if (length == room)
        {
          pid_t *more = NULL;

          room = room == 0 ? 1024 : room * 2;
          more = reallocarray (*ret_pids, room, sizeof *more);
          if (more == NULL)
            {
              r = -ENOMEM;
              continue;
            }
          *ret_pids = more;
        }
      (*ret_pids)[length++] = (pid_t) strtol (entry->d_name, NULL, 10);
    }
  (void) closedir (dir);
  return r < 0 ? r : (ssize_t) length;
}
