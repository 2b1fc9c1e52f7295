/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The template of all lane units, as one of its instances shows it.
 */

#include "apm2-lane-template.h"

#include "apm2-error.h"
#include "apm2-lane-files.h"
#include "apm2-lane-name.h"

/**
 * apm2_lane_template_check:
 * @sample: the unit of %APM2_LANE_SAMPLE
 * @paths: of a worker
 * @error: UNAVAILABLE, with what helps
 *
 * Returns: whether the template is there, and for a worker with these paths
 */
gboolean
apm2_lane_template_check (const Apm2UnitState *sample,
                          const Apm2Paths *paths,
                          GError **error)
{
  g_autoptr (Apm2LaneFiles) files
      = apm2_lane_files_new (paths, APM2_LANE_SAMPLE);
  const char *flag = paths->mode == APM2_MODE_SYSTEM ? " --system" : "";

  if (!g_str_equal (sample->load_state, "loaded"))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "the unit apm2-lane@.service is %s: run "
                   "'apm2 daemon install%s'",
                   sample->load_state,
                   flag);
      return FALSE;
    }
  if (g_str_equal (sample->last_argument, files->workspace))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               "apm2-lane@.service works in %s, and this worker in %s: unset "
               "APM2_HOME, or run 'apm2 daemon install%s'",
               sample->last_argument,
               files->workspace,
               flag);
  return FALSE;
}

static guint64
limit_of (guint64 value)
{
  return value != 0 ? value : G_MAXUINT64;
}

/**
 * apm2_lane_template_get_limits:
 * @sample: the unit of %APM2_LANE_SAMPLE
 *
 * Returns: the limits that a lane unit has by itself
 */
Apm2LaneLimits
apm2_lane_template_get_limits (const Apm2UnitState *sample)
{
  const Apm2LaneLimits limits = {
    limit_of (sample->memory_max),
    limit_of (sample->tasks_max),
    limit_of (sample->cpu_quota_usec),
  };

  return limits;
}
