/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-unit-health.h"

static Apm2UnitState *
make_unit (const char *load,
           const char *active,
           const char *sub,
           const char *file)
{
  Apm2UnitState *unit = apm2_unit_state_new ("apm2-worker.service");

  g_free (unit->load_state);
  g_free (unit->active_state);
  g_free (unit->sub_state);
  g_free (unit->unit_file_state);
  unit->load_state = g_strdup (load);
  unit->active_state = g_strdup (active);
  unit->sub_state = g_strdup (sub);
  unit->unit_file_state = g_strdup (file);
  return unit;
}

static void
check (const char *load,
       const char *active,
       const char *sub,
       const char *file,
       const char *level,
       const char *reason)
{
  g_autoptr (Apm2UnitState) unit = make_unit (load, active, sub, file);
  const char *found = NULL;
  const Apm2HealthLevel result = apm2_unit_health_judge (unit, &found);

  g_test_message ("%s %s %s %s", load, active, sub, file);
  g_assert_cmpstr (apm2_health_level_to_string (result), ==, level);
  g_assert_cmpstr (found, ==, reason);
}

static const char *const all_active[]
    = { "active",       "reloading",   "inactive", "failed", "activating",
        "deactivating", "maintenance", "new-word", NULL };
static const char *const enabled[]
    = { "enabled", "enabled-runtime", "linked",    "linked-runtime", "alias",
        "static",  "indirect",        "generated", "transient",      NULL };
static const char *const not_enabled[]
    = { "disabled", "masked", "masked-runtime", "bad", "", "new-word", NULL };

static void
test_not_loaded_is_unhealthy_whatever_else (void)
{
  static const char *const cases[][2] = {
    { "not-found", "not_found" },     { "masked", "masked" },
    { "bad-setting", "bad_setting" }, { "error", "load_error" },
    { "stub", "not_loaded" },         { "merged", "not_loaded" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize k = 0; all_active[k] != NULL; k++)
      for (gsize n = 0; enabled[n] != NULL; n++)
        check (cases[i][0],
               all_active[k],
               "running",
               enabled[n],
               "unhealthy",
               cases[i][1]);
}

static void
test_active_and_enabled_is_healthy (void)
{
  for (gsize i = 0; enabled[i] != NULL; i++)
    {
      check ("loaded", "active", "running", enabled[i], "healthy", "");
      check ("loaded", "active", "listening", enabled[i], "healthy", "");
    }
}

static void
test_active_and_not_enabled_is_degraded (void)
{
  for (gsize i = 0; not_enabled[i] != NULL; i++)
    check ("loaded",
           "active",
           "running",
           not_enabled[i],
           "degraded",
           "not_enabled");
}

static void
test_neither_active_nor_failed_is_degraded (void)
{
  static const char *const cases[][3] = {
    { "inactive", "dead", "inactive" },
    { "activating", "start", "activating" },
    { "activating", "auto-restart", "auto_restart" },
    { "deactivating", "stop-sigterm", "deactivating" },
    { "reloading", "reload", "reloading" },
    { "maintenance", "cleaning", "maintenance" },
    { "new-word", "x", "not_active" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (gsize k = 0; enabled[k] != NULL; k++)
        check ("loaded",
               cases[i][0],
               cases[i][1],
               enabled[k],
               "degraded",
               cases[i][2]);
      for (gsize k = 0; not_enabled[k] != NULL; k++)
        check ("loaded",
               cases[i][0],
               cases[i][1],
               not_enabled[k],
               "degraded",
               cases[i][2]);
    }
}

static void
test_failed_is_unhealthy (void)
{
  for (gsize i = 0; enabled[i] != NULL; i++)
    check ("loaded", "failed", "failed", enabled[i], "unhealthy", "failed");
  for (gsize i = 0; not_enabled[i] != NULL; i++)
    check ("loaded", "failed", "failed", not_enabled[i], "unhealthy", "failed");
}

static void
test_unit_that_was_not_read_is_unknown (void)
{
  check ("", "", "", "", "unknown", "not_read");
}

static void
test_levels_have_names_both_ways (void)
{
  static const Apm2HealthLevel levels[] = {
    APM2_HEALTH_LEVEL_HEALTHY,
    APM2_HEALTH_LEVEL_UNKNOWN,
    APM2_HEALTH_LEVEL_DEGRADED,
    APM2_HEALTH_LEVEL_UNHEALTHY,
  };
  Apm2HealthLevel found = APM2_HEALTH_LEVEL_HEALTHY;

  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      g_assert_true (apm2_health_level_from_string (
          apm2_health_level_to_string (levels[i]), &found));
      g_assert_cmpint (found, ==, levels[i]);
      g_assert_true (i == 0 || levels[i] > levels[i - 1]);
    }
  g_assert_false (apm2_health_level_from_string ("well", &found));
  g_assert_false (apm2_health_level_from_string (NULL, &found));
}

#define ADD(name, func) g_test_add_func ("/apm2/unit-health/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("not-loaded-is-unhealthy-whatever-else",
       test_not_loaded_is_unhealthy_whatever_else);
  ADD ("active-and-enabled-is-healthy", test_active_and_enabled_is_healthy);
  ADD ("active-and-not-enabled-is-degraded",
       test_active_and_not_enabled_is_degraded);
  ADD ("neither-active-nor-failed-is-degraded",
       test_neither_active_nor_failed_is_degraded);
  ADD ("failed-is-unhealthy", test_failed_is_unhealthy);
  ADD ("unit-that-was-not-read-is-unknown",
       test_unit_that_was_not_read_is_unknown);
  ADD ("levels-have-names-both-ways", test_levels_have_names_both_ways);
  return g_test_run ();
}
