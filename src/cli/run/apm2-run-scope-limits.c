/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The limits of a scope, as they are asked for and as they are in force.
 */

#include "apm2-run-scope-private.h"

#include <unistd.h>

#define USEC_PER_CPU G_USEC_PER_SEC

/* As the manager says that there is none. */
static guint64
or_none (guint64 limit)
{
  return limit > 0 ? limit : G_MAXUINT64;
}

/**
 * apm2_run_scope_limits_equal:
 * @self: limits
 * @other: others
 *
 * Returns: whether they are the same
 */
gboolean
apm2_run_scope_limits_equal (const Apm2RunScopeLimits *self,
                             const Apm2RunScopeLimits *other)
{
  return self->memory_max_bytes == other->memory_max_bytes
         && self->tasks_max == other->tasks_max
         && self->cpu_quota_percent == other->cpu_quota_percent;
}

/**
 * apm2_run_scope_limits_append:
 * @self: the limits that a scope shall have
 * @known: those that it has
 * @m: a message, in the array of properties
 *
 * Appends what differs.
 *
 * Returns: 0 or more, or a negative errno
 */
int
apm2_run_scope_limits_append (const Apm2RunScopeLimits *self,
                              const Apm2RunScopeLimits *known,
                              sd_bus_message *m)
{
  int r = 0;

  if (self->memory_max_bytes != known->memory_max_bytes)
    r = sd_bus_message_append (m,
                               "(sv)(sv)",
                               "MemoryMax",
                               "t",
                               or_none (self->memory_max_bytes),
                               "MemorySwapMax",
                               "t",
                               self->memory_max_bytes > 0 ? (guint64) 0
                                                          : G_MAXUINT64);
  if (r >= 0 && self->tasks_max != known->tasks_max)
    r = sd_bus_message_append (
        m, "(sv)", "TasksMax", "t", or_none (self->tasks_max));
  if (r >= 0 && self->cpu_quota_percent != known->cpu_quota_percent)
    r = sd_bus_message_append (m,
                               "(sv)",
                               "CPUQuotaPerSecUSec",
                               "t",
                               self->cpu_quota_percent > 0
                                   ? self->cpu_quota_percent * USEC_PER_CPU
                                         / 100
                                   : G_MAXUINT64);
  return r;
}

/* A manager takes every limit and keeps those for which it was given the
 * controllers; the kernel has a file for each that counts, in the one hierarchy
 * or in that of the controller. */
static void
add_limit (const Apm2RunScope *self,
           GString *limits,
           const char *file,
           const char *old_file,
           const char *word)
{
  g_autofree char *path
      = g_strconcat ("/sys/fs/cgroup", self->cgroup, "/", file, NULL);
  g_auto (GStrv) old = g_strsplit (old_file, "/", 2);
  g_autofree char *old_path = g_strconcat (
      "/sys/fs/cgroup/", old[0], self->cgroup, "/", old[1], NULL);

  if (access (path, F_OK) == 0 || access (old_path, F_OK) == 0)
    g_string_append_printf (limits, "%s%s", limits->len > 0 ? "," : "", word);
}

/**
 * apm2_run_scope_describe:
 * @self: a scope whose processes live
 *
 * Returns: (transfer full): what holds the command, as its receipt says it
 */
char *
apm2_run_scope_describe (const Apm2RunScope *self)
{
  g_autoptr (GString) limits = g_string_new (NULL);

  if (self->state != SCOPE_THERE)
    return g_strdup ("none");
  if (self->cgroup != NULL)
    {
      add_limit (
          self, limits, "memory.max", "memory/memory.limit_in_bytes", "memory");
      add_limit (self, limits, "pids.max", "pids/pids.max", "tasks");
      add_limit (self, limits, "cpu.max", "cpu/cpu.cfs_quota_us", "cpu");
    }
  return g_strdup_printf ("systemd-%s limits=%s scope",
                          apm2_mode_to_string (self->mode),
                          limits->len > 0 ? limits->str : "none");
}
