/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The limits of a lane unit, and which of them hold.
 *
 * A manager takes every limit and keeps those for which it was given the
 * controllers; a user's manager often has none. So what a receipt claims is
 * read from the control group of the unit, where a limit that holds is a file.
 */

#include "apm2-lane-limits.h"

#define USEC_PER_PERCENT (G_USEC_PER_SEC / 100)

static guint64
tighter (guint64 limit, guint64 other)
{
  return other != 0 ? MIN (limit, other) : limit;
}

/**
 * apm2_lane_limits_tighten:
 * @self: what the unit has
 * @memory_max_bytes: 0 is none, as in a lease
 * @tasks_max: the same
 * @cpu_quota_percent: the same; 100 is one processor
 *
 * Returns: the tighter of each
 */
Apm2LaneLimits
apm2_lane_limits_tighten (const Apm2LaneLimits *self,
                          guint64 memory_max_bytes,
                          guint64 tasks_max,
                          guint64 cpu_quota_percent)
{
  return (Apm2LaneLimits){
    tighter (self->memory_max_bytes, memory_max_bytes),
    tighter (self->tasks_max, tasks_max),
    tighter (self->cpu_quota_usec_per_sec,
             cpu_quota_percent * (guint64) USEC_PER_PERCENT),
  };
}

gboolean
apm2_lane_limits_equal (const Apm2LaneLimits *a, const Apm2LaneLimits *b)
{
  return a->memory_max_bytes == b->memory_max_bytes
         && a->tasks_max == b->tasks_max
         && a->cpu_quota_usec_per_sec == b->cpu_quota_usec_per_sec;
}

/**
 * apm2_lane_limits_to_properties:
 * @self: limits
 *
 * Returns: (transfer floating): a(sv) for SetUnitProperties
 */
GVariant *
apm2_lane_limits_to_properties (const Apm2LaneLimits *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sv)"));
  g_variant_builder_add (&builder,
                         "(sv)",
                         "MemoryMax",
                         g_variant_new_uint64 (self->memory_max_bytes));
  g_variant_builder_add (
      &builder, "(sv)", "TasksMax", g_variant_new_uint64 (self->tasks_max));
  g_variant_builder_add (&builder,
                         "(sv)",
                         "CPUQuotaPerSecUSec",
                         g_variant_new_uint64 (self->cpu_quota_usec_per_sec));
  return g_variant_builder_end (&builder);
}

/* In the unified hierarchy, or in that of one controller. */
static gboolean
has_file (const char *root,
          const char *control_group,
          const char *unified,
          const char *controller,
          const char *file)
{
  g_autofree char *here = g_strconcat (root, control_group, "/", unified, NULL);
  g_autofree char *there
      = g_strconcat (root, "/", controller, control_group, "/", file, NULL);

  return g_file_test (here, G_FILE_TEST_EXISTS)
         || g_file_test (there, G_FILE_TEST_EXISTS);
}

/**
 * apm2_lane_limits_find_enforced:
 * @root: where control groups are mounted: /sys/fs/cgroup
 * @control_group: of a unit that runs; "" if it has none
 *
 * Returns: the limits that hold for it
 */
Apm2LaneEnforces
apm2_lane_limits_find_enforced (const char *root, const char *control_group)
{
  Apm2LaneEnforces enforced = APM2_LANE_ENFORCES_NONE;

  if (control_group[0] != '/' || control_group[1] == '\0')
    return enforced;
  if (has_file (
          root, control_group, "memory.max", "memory", "memory.limit_in_bytes"))
    enforced |= APM2_LANE_ENFORCES_MEMORY;
  if (has_file (root, control_group, "pids.max", "pids", "pids.max"))
    enforced |= APM2_LANE_ENFORCES_TASKS;
  if (has_file (root, control_group, "cpu.max", "cpu", "cpu.cfs_quota_us"))
    enforced |= APM2_LANE_ENFORCES_CPU;
  return enforced;
}

static void
add_word (GString *text, gboolean wanted, const char *word)
{
  if (!wanted)
    return;
  if (text->len > 0)
    g_string_append_c (text, ',');
  g_string_append (text, word);
}

/**
 * apm2_lane_limits_describe:
 * @mode: whose manager
 * @enforced: the limits that hold
 * @pid_namespace: whether the job sees only its own processes
 * @net_namespace: whether it has no network
 *
 * Returns: (transfer full): what held a job, as its receipt says it
 */
char *
apm2_lane_limits_describe (Apm2Mode mode,
                           Apm2LaneEnforces enforced,
                           gboolean pid_namespace,
                           gboolean net_namespace)
{
  g_autoptr (GString) limits = g_string_new (NULL);
  g_autoptr (GString) namespaces = g_string_new (NULL);

  add_word (limits, (enforced & APM2_LANE_ENFORCES_MEMORY) != 0, "memory");
  add_word (limits, (enforced & APM2_LANE_ENFORCES_TASKS) != 0, "tasks");
  add_word (limits, (enforced & APM2_LANE_ENFORCES_CPU) != 0, "cpu");
  add_word (namespaces, TRUE, "mount");
  add_word (namespaces, pid_namespace, "pid");
  add_word (namespaces, net_namespace, "net");
  return g_strdup_printf ("systemd-%s limits=%s namespaces=%s",
                          mode == APM2_MODE_SYSTEM ? "system" : "user",
                          limits->len > 0 ? limits->str : "none",
                          namespaces->str);
}
