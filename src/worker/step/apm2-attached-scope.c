/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The scope that an attached command has to itself, and how to end what is in
 * it.
 *
 * The supervisor ends the processes below it. What is in its control group and
 * not below it has lost its supervisor, or got a parent by some trick; it ends
 * here. Only a scope with the name of the job counts: a job within another one
 * may sit in the scope of that one, where nothing is its own to kill.
 */

#include "apm2-attached-scope.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* Groups within groups; a command may make some. */
#define DEPTH_MAX 16

/**
 * apm2_attached_scope_open:
 * @ret_cgroup: (out caller-allocates): the control group of this process
 * @membership: what the kernel says about that: /proc/self/cgroup
 * @root: where the hierarchies are mounted: /sys/fs/cgroup
 * @job_id: (nullable): the job that is attached
 *
 * Returns: whether that is the scope of the job
 */
bool
apm2_attached_scope_open (Apm2LaneCgroup *ret_cgroup,
                          const char *membership,
                          const char *root,
                          const char *job_id)
{
  char name[256];
  const char *base = NULL;
  int n = 0;

  if (job_id == NULL || job_id[0] == '\0')
    return false;
  n = snprintf (name, sizeof name, "/apm2-run-%s.scope", job_id);
  if (n < 0 || n >= (int) sizeof name || strchr (name + 1, '/') != NULL)
    return false;
  apm2_lane_cgroup_open (ret_cgroup, membership, root);
  base = strrchr (ret_cgroup->unit, '/');
  return base != NULL && strcmp (base, name) == 0;
}

/* A number may belong to somebody else by the time that it is used, so hold the
 * process and look where it is. */
static void
kill_member (const Apm2LaneCgroup *cgroup, pid_t pid)
{
  int fd = pidfd_open (pid, 0);

  if (fd < 0)
    return;
  if (apm2_lane_cgroup_has (cgroup, pid))
    (void) pidfd_send_signal (fd, SIGKILL, NULL, 0);
  (void) close (fd);
}

static size_t
kill_members (const Apm2LaneCgroup *cgroup, int dir_fd)
{
  int fd = openat (dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *file = fd < 0 ? NULL : fdopen (fd, "re");
  size_t count = 0;
  long pid = 0;

  if (file == NULL)
    {
      if (fd >= 0)
        (void) close (fd);
      return 0;
    }
  /* 0: it is in a pid namespace from which we cannot see it. */
  while (fscanf (file, "%9ld", &pid) == 1)
    {
      if (pid == (long) getpid ())
        continue;
      count++;
      if (pid > 0)
        kill_member (cgroup, (pid_t) pid);
    }
  (void) fclose (file);
  return count;
}

static size_t
kill_below (const Apm2LaneCgroup *cgroup, int dir_fd, int depth)
{
  size_t count = kill_members (cgroup, dir_fd);
  DIR *dir = fdopendir (dir_fd);
  const struct dirent *entry = NULL;

  if (dir == NULL)
    {
      (void) close (dir_fd);
      return count;
    }
  while (depth < DEPTH_MAX && (entry = readdir (dir)) != NULL)
    {
      int fd = -1;

      if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
        continue;
      fd = openat (dirfd (dir),
                   entry->d_name,
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0)
        count += kill_below (cgroup, fd, depth + 1);
    }
  (void) closedir (dir);
  return count;
}

/**
 * apm2_attached_scope_kill:
 * @cgroup: a scope of ours
 *
 * Kills all that is in it but this process. Called again until there is nothing
 * left.
 *
 * Returns: how many processes were found
 */
size_t
apm2_attached_scope_kill (const Apm2LaneCgroup *cgroup)
{
  int fd
      = open (cgroup->members, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  return fd < 0 ? 0 : kill_below (cgroup, fd, 0);
}

/**
 * apm2_attached_scope_kill_with_us:
 * @cgroup: a scope of ours
 *
 * Has the kernel kill all that is in it, this process too, however fast it
 * forks. Returns only if the kernel cannot do that.
 */
void
apm2_attached_scope_kill_with_us (const Apm2LaneCgroup *cgroup)
{
  char path[PATH_MAX + 32];
  int fd = -1;

  (void) snprintf (path, sizeof path, "%s/cgroup.kill", cgroup->members);
  fd = open (path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return;
  (void) !write (fd, "1", 1);
  (void) close (fd);
}
