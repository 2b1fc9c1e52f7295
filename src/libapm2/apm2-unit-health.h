/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-unit-state.h"

G_BEGIN_DECLS

/**
 * Apm2HealthLevel:
 * @APM2_HEALTH_LEVEL_HEALTHY: all is as it should be
 * @APM2_HEALTH_LEVEL_UNKNOWN: nobody can tell
 * @APM2_HEALTH_LEVEL_DEGRADED: it works in part, or not yet
 * @APM2_HEALTH_LEVEL_UNHEALTHY: it does not work
 *
 * How something is; the greater, the worse.
 */
typedef enum
{
  APM2_HEALTH_LEVEL_HEALTHY,
  APM2_HEALTH_LEVEL_UNKNOWN,
  APM2_HEALTH_LEVEL_DEGRADED,
  APM2_HEALTH_LEVEL_UNHEALTHY,
} Apm2HealthLevel;

const char *apm2_health_level_to_string (Apm2HealthLevel level);
gboolean apm2_health_level_from_string (const char *text,
                                        Apm2HealthLevel *ret_level);

Apm2HealthLevel apm2_unit_health_judge (const Apm2UnitState *unit,
                                        const char **ret_reason);
gboolean apm2_unit_health_is_enabled (const Apm2UnitState *unit);

G_END_DECLS
