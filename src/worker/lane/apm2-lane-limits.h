/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"
#include "apm2-step-run.h"

G_BEGIN_DECLS

/* In the unit of the manager; G_MAXUINT64 is none. */
typedef struct
{
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_usec_per_sec;
} Apm2LaneLimits;

#define APM2_LANE_LIMITS_NONE                                                  \
  ((Apm2LaneLimits){ G_MAXUINT64, G_MAXUINT64, G_MAXUINT64 })

/* Which limits hold, and not only stand in a property. */
typedef enum
{
  APM2_LANE_ENFORCES_NONE = 0,
  APM2_LANE_ENFORCES_MEMORY = 1 << 0,
  APM2_LANE_ENFORCES_TASKS = 1 << 1,
  APM2_LANE_ENFORCES_CPU = 1 << 2,
} Apm2LaneEnforces;

Apm2LaneLimits apm2_lane_limits_tighten (const Apm2LaneLimits *self,
                                         guint64 memory_max_bytes,
                                         guint64 tasks_max,
                                         guint64 cpu_quota_percent);
gboolean apm2_lane_limits_equal (const Apm2LaneLimits *a,
                                 const Apm2LaneLimits *b);
GVariant *apm2_lane_limits_to_properties (const Apm2LaneLimits *self);
Apm2LaneEnforces apm2_lane_limits_find_enforced (const char *root,
                                                 const char *control_group);
char *apm2_lane_limits_describe (Apm2Mode mode,
                                 Apm2LaneEnforces enforced,
                                 gboolean pid_namespace,
                                 gboolean net_namespace);

G_END_DECLS
