/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a step used, by the account of its unit's control group.
 *
 * Read at the start and at the end; the difference is the step's. A group
 * counts only if it is the unit's own: with the old hierarchies a controller
 * that the manager did not hand out shows a group further up, with everybody
 * else in it, and then this knows nothing.
 */

#include "apm2-lane-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
read_file (const char *path, char *text, size_t room)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t n = -1;

  if (fd < 0)
    return false;
  n = read (fd, text, room - 1);
  (void) close (fd);
  if (n < 0)
    return false;
  text[n] = '\0';
  return true;
}

/* The number behind @key at the start of a line of a file, or the file's only
 * number. */
static uint64_t
read_number (const char *dir, const char *name, const char *key)
{
  char path[PATH_MAX + 64];
  char text[4096];
  const char *line = text;
  size_t length = key != NULL ? strlen (key) : 0;

  (void) snprintf (path, sizeof path, "%s/%s", dir, name);
  if (dir[0] == '\0' || !read_file (path, text, sizeof text))
    return 0;
  if (key == NULL)
    return strtoull (text, NULL, 10);
  while (line != NULL)
    {
      if (strncmp (line, key, length) == 0 && line[length] == ' ')
        return strtoull (line + length, NULL, 10);
      line = strchr (line, '\n');
      line = line != NULL ? line + 1 : NULL;
    }
  return 0;
}

static Apm2LaneFigures
read_figures (const Apm2LaneCgroup *self)
{
  Apm2LaneFigures figures = {
    /* The kernel has it since 5.19, tasks since 6.11. */
    .tasks_peak = read_number (self->pids, "pids.peak", NULL),
  };

  if (self->unified)
    {
      figures.cpu_usec = read_number (self->cpu, "cpu.stat", "usage_usec");
      figures.memory_peak_bytes
          = read_number (self->memory, "memory.peak", NULL);
      figures.oom_kills
          = read_number (self->memory, "memory.events", "oom_kill");
      return figures;
    }
  figures.cpu_usec = read_number (self->cpu, "cpuacct.usage", NULL) / 1000;
  figures.memory_peak_bytes
      = read_number (self->memory, "memory.max_usage_in_bytes", NULL);
  figures.oom_kills
      = read_number (self->memory, "memory.oom_control", "oom_kill");
  return figures;
}

/* Whether @name is one of a list with commas. */
static bool
has_controller (const char *list, size_t length, const char *name)
{
  size_t wanted = strlen (name);

  while (length >= wanted)
    {
      const char *comma = memchr (list, ',', length);
      size_t n = comma != NULL ? (size_t) (comma - list) : length;

      if (n == wanted && memcmp (list, name, n) == 0)
        return true;
      if (comma == NULL)
        return false;
      list += n + 1;
      length -= n + 1;
    }
  return false;
}

/* A line is "NUMBER:CONTROLLERS:PATH". Returns: the path of the group in the
 * hierarchy of @name, which the unified one has empty; NULL if there is none.
 */
static char *
find_path (const char *text, const char *name)
{
  const char *line = text;

  while (line != NULL && *line != '\0')
    {
      const char *list = strchr (line, ':');
      const char *path = list != NULL ? strchr (list + 1, ':') : NULL;

      if (path == NULL)
        return NULL;
      list++;
      if ((name[0] == '\0' && path == list)
          || has_controller (list, (size_t) (path - list), name))
        return strndup (path + 1, strcspn (path + 1, "\n"));
      line = strchr (path, '\n');
      line = line != NULL ? line + 1 : NULL;
    }
  return NULL;
}

static void
set_directory (char directory[PATH_MAX],
               const char *root,
               const char *hierarchy,
               const char *path)
{
  int n = snprintf (directory, PATH_MAX, "%s%s%s", root, hierarchy, path);

  if (n < 0 || n >= PATH_MAX)
    directory[0] = '\0';
}

static void
find_controller (char directory[PATH_MAX],
                 const char *root,
                 const char *text,
                 const char *name,
                 const char *unit)
{
  char *path = find_path (text, name);
  char hierarchy[32];

  (void) snprintf (hierarchy, sizeof hierarchy, "/%s", name);
  if (path != NULL && strcmp (path, unit) == 0)
    set_directory (directory, root, hierarchy, path);
  free (path);
}

/* Returns: the path of the group that the manager of units has made */
static char *
find_unit (const char *text, bool *ret_unified)
{
  char *unit = find_path (text, "name=systemd");

  *ret_unified = unit == NULL;
  return unit != NULL ? unit : find_path (text, "");
}

static void
find_directories (Apm2LaneCgroup *self, const char *root, const char *text)
{
  char *unit = find_unit (text, &self->unified);

  /* At the top there is no unit. */
  if (unit != NULL && strcmp (unit, "/") != 0)
    {
      set_directory (self->unit, "", "", unit);
      set_directory (
          self->members, root, self->unified ? "" : "/systemd", unit);
      if (self->unified)
        {
          set_directory (self->cpu, root, "", unit);
          set_directory (self->memory, root, "", unit);
          set_directory (self->pids, root, "", unit);
        }
      else
        {
          find_controller (self->cpu, root, text, "cpuacct", unit);
          find_controller (self->memory, root, text, "memory", unit);
          find_controller (self->pids, root, text, "pids", unit);
        }
    }
  free (unit);
}

/**
 * apm2_lane_cgroup_open:
 * @self: (out caller-allocates): the control group of a process
 * @membership: what the kernel says about that: /proc/self/cgroup
 * @root: where the hierarchies are mounted: /sys/fs/cgroup
 */
void
apm2_lane_cgroup_open (Apm2LaneCgroup *self,
                       const char *membership,
                       const char *root)
{
  char text[16 * 1024];

  memset (self, 0, sizeof *self);
  if (!read_file (membership, text, sizeof text))
    return;
  find_directories (self, root, text);
  self->before = read_figures (self);
}

/**
 * apm2_lane_cgroup_has:
 * @self: a control group
 * @pid: a process
 *
 * Returns: whether it is in the group, or in one below
 */
bool
apm2_lane_cgroup_has (const Apm2LaneCgroup *self, pid_t pid)
{
  char path[32];
  char text[16 * 1024];
  size_t length = strlen (self->unit);
  char *unit = NULL;
  bool unified = false;
  bool found = false;

  (void) snprintf (path, sizeof path, "/proc/%d/cgroup", (int) pid);
  if (length == 0 || !read_file (path, text, sizeof text))
    return false;
  unit = find_unit (text, &unified);
  found = unit != NULL && strncmp (unit, self->unit, length) == 0
          && (unit[length] == '\0' || unit[length] == '/');
  free (unit);
  return found;
}

static uint64_t
get_difference (uint64_t before, uint64_t after)
{
  return after > before ? after - before : 0;
}

static void
take_kills (const Apm2LaneCgroup *self,
            const Apm2LaneFigures *now,
            Apm2StepExit *exit)
{
  exit->oom_kills = get_difference (self->before.oom_kills, now->oom_kills);
  if (exit->oom_kills > 0
      && (exit->cause == APM2_STEP_CAUSE_EXITED
          || exit->cause == APM2_STEP_CAUSE_TERMINATED))
    exit->cause = APM2_STEP_CAUSE_OOM;
}

/**
 * apm2_lane_cgroup_take_kills:
 * @self: a control group that the step shares with others
 * @exit: an end
 *
 * As apm2_lane_cgroup_take(), but for the figures, which are of all together.
 * Which of them had to do without memory is not known.
 */
void
apm2_lane_cgroup_take_kills (const Apm2LaneCgroup *self, Apm2StepExit *exit)
{
  Apm2LaneFigures now = read_figures (self);

  take_kills (self, &now, exit);
}

/**
 * apm2_lane_cgroup_take:
 * @self: a control group
 * @exit: an end whose figures are replaced by those that are known here
 *
 * Sets the cause too if the kernel had to kill something for want of memory:
 * whatever the command made of that, it is why the step did not get what it
 * needed.
 */
void
apm2_lane_cgroup_take (const Apm2LaneCgroup *self, Apm2StepExit *exit)
{
  Apm2LaneFigures now = read_figures (self);

  if (now.cpu_usec > 0)
    exit->cpu_usec = get_difference (self->before.cpu_usec, now.cpu_usec);
  if (now.memory_peak_bytes > 0)
    {
      exit->memory_peak_bytes = now.memory_peak_bytes;
      exit->from_cgroup = true;
    }
  exit->tasks_peak = now.tasks_peak;
  take_kills (self, &now, exit);
}
