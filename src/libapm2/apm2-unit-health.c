/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the state of a unit means, as the runbook defines it: healthy is loaded,
 * active and enabled; degraded is loaded and neither active nor failed, or
 * active and not enabled; everything else is unhealthy. A unit that is reloaded
 * is active for systemd and not for the runbook. The first reason that
 * applies is told.
 */

#include "apm2-unit-health.h"

static const char *const level_names[] = {
  [APM2_HEALTH_LEVEL_HEALTHY] = "healthy",
  [APM2_HEALTH_LEVEL_UNKNOWN] = "unknown",
  [APM2_HEALTH_LEVEL_DEGRADED] = "degraded",
  [APM2_HEALTH_LEVEL_UNHEALTHY] = "unhealthy",
};

/* What starts by itself, or cannot be enabled because something else starts
 * it. The instance of a template has the state of its own link. */
static const char *const enabled_states[] = {
  "enabled", "enabled-runtime", "linked",    "linked-runtime", "alias",
  "static",  "indirect",        "generated", "transient",      NULL,
};

static const struct
{
  const char *load_state;
  const char *reason;
} load_reasons[] = {
  { "not-found", "not_found" },
  { "masked", "masked" },
  { "bad-setting", "bad_setting" },
  { "error", "load_error" },
};

static const struct
{
  const char *active_state;
  const char *reason;
} active_reasons[] = {
  { "inactive", "inactive" },         { "activating", "activating" },
  { "deactivating", "deactivating" }, { "reloading", "reloading" },
  { "maintenance", "maintenance" },
};

/**
 * apm2_health_level_to_string:
 * @level: a level
 *
 * Returns: (transfer none): healthy, unknown, degraded or unhealthy
 */
const char *
apm2_health_level_to_string (Apm2HealthLevel level)
{
  g_return_val_if_fail ((guint) level < G_N_ELEMENTS (level_names), NULL);

  return level_names[level];
}

/**
 * apm2_health_level_from_string:
 * @text: (nullable): a word from anywhere
 * @ret_level: (out): what it means
 *
 * Returns: %TRUE if @text is the name of a level
 */
gboolean
apm2_health_level_from_string (const char *text, Apm2HealthLevel *ret_level)
{
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    {
      if (g_strcmp0 (text, level_names[i]) != 0)
        continue;
      *ret_level = (Apm2HealthLevel) i;
      return TRUE;
    }
  return FALSE;
}

/**
 * apm2_unit_health_is_enabled:
 * @unit: a unit
 *
 * Returns: whether it starts by itself or need not
 */
gboolean
apm2_unit_health_is_enabled (const Apm2UnitState *unit)
{
  g_return_val_if_fail (unit != NULL, FALSE);

  return g_strv_contains (enabled_states, unit->unit_file_state);
}

static const char *
why_not_loaded (const Apm2UnitState *unit)
{
  for (gsize i = 0; i < G_N_ELEMENTS (load_reasons); i++)
    {
      if (g_str_equal (unit->load_state, load_reasons[i].load_state))
        return load_reasons[i].reason;
    }
  return "not_loaded";
}

static const char *
why_not_active (const Apm2UnitState *unit)
{
  /* It has failed, and waits for its next try. */
  if (g_str_equal (unit->sub_state, "auto-restart"))
    return "auto_restart";
  for (gsize i = 0; i < G_N_ELEMENTS (active_reasons); i++)
    {
      if (g_str_equal (unit->active_state, active_reasons[i].active_state))
        return active_reasons[i].reason;
    }
  return "not_active";
}

/**
 * apm2_unit_health_judge:
 * @unit: a unit
 * @ret_reason: (out) (transfer none): static code of the reason, "" if healthy
 *
 * Returns: how the unit is; UNKNOWN only if nothing was read of it
 */
Apm2HealthLevel
apm2_unit_health_judge (const Apm2UnitState *unit, const char **ret_reason)
{
  g_return_val_if_fail (unit != NULL, APM2_HEALTH_LEVEL_UNKNOWN);
  g_return_val_if_fail (ret_reason != NULL, APM2_HEALTH_LEVEL_UNKNOWN);

  if (unit->load_state[0] == '\0')
    {
      *ret_reason = "not_read";
      return APM2_HEALTH_LEVEL_UNKNOWN;
    }
  if (!g_str_equal (unit->load_state, "loaded"))
    {
      *ret_reason = why_not_loaded (unit);
      return APM2_HEALTH_LEVEL_UNHEALTHY;
    }
  if (g_str_equal (unit->active_state, "failed"))
    {
      *ret_reason = "failed";
      return APM2_HEALTH_LEVEL_UNHEALTHY;
    }
  if (!g_str_equal (unit->active_state, "active"))
    {
      *ret_reason = why_not_active (unit);
      return APM2_HEALTH_LEVEL_DEGRADED;
    }
  if (!apm2_unit_health_is_enabled (unit))
    {
      *ret_reason = "not_enabled";
      return APM2_HEALTH_LEVEL_DEGRADED;
    }
  *ret_reason = "";
  return APM2_HEALTH_LEVEL_HEALTHY;
}
