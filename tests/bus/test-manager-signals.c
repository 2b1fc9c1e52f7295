/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rig-wait.h"
#include "test-manager-fixture.h"

static void
test_change_of_a_read_unit_is_told (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) before = NULL;
  g_autoptr (Apm2UnitState) after = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  before = manager_read (self, MANAGER_UNIT, &error);
  rig_systemd_change (
      self->systemd, MANAGER_UNIT, "{'ActiveState': <'failed'>}");
  rig_wait (manager_is_changed, self, "a change");
  after = manager_read (self, MANAGER_UNIT, &error);

  g_assert_cmpstr (g_ptr_array_index (self->changed, 0), ==, MANAGER_UNIT);
  g_assert_cmpstr (after->active_state, ==, "failed");
  g_assert_false (apm2_unit_state_equal (before, after));
}

static void
test_only_units_of_interest_are_told (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  rig_systemd_set (self->systemd, "other.service", MANAGER_ACTIVE);
  rig_systemd_set (self->systemd, "apm2-daemon.service", MANAGER_ACTIVE);
  manager_start (self);
  unit = manager_read (self, MANAGER_UNIT, &error);
  g_clear_pointer (&unit, apm2_unit_state_free);
  unit = manager_read (self, "apm2-daemon.service", &error);
  apm2_manager_forget_unit (self->manager, "apm2-daemon.service");
  rig_systemd_change (self->systemd, "other.service", MANAGER_ACTIVE);
  rig_systemd_change (self->systemd, "apm2-daemon.service", MANAGER_ACTIVE);
  rig_systemd_change (self->systemd, MANAGER_UNIT, MANAGER_ACTIVE);
  rig_wait (manager_is_changed, self, "a change");

  g_assert_cmpuint (self->changed->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (self->changed, 0), ==, MANAGER_UNIT);
}

static void
test_jobs_lists_and_reloads_are_told (ManagerFixture *self, gconstpointer data)
{
  manager_start (self);
  rig_systemd_emit (
      self->systemd, "UnitNew", "('apm2-worker@a.service', objectpath '/x')");
  rig_systemd_emit (self->systemd,
                    "JobRemoved",
                    "(uint32 5, objectpath '/job/5', %s, 'done')",
                    MANAGER_UNIT);
  rig_systemd_emit (self->systemd, "Reloading", "(true,)");
  rig_systemd_emit (self->systemd, "Reloading", "(false,)");
  rig_wait (manager_is_reloaded, self, "a reload");

  g_assert_cmpstr (self->removed, ==, "/job/5 " MANAGER_UNIT " done");
  g_assert_cmpuint (self->changed->len, ==, 1);
  g_assert_cmpuint (self->listed->len, ==, 1);
  g_assert_cmpstr (
      g_ptr_array_index (self->listed, 0), ==, "apm2-worker@a.service");
  g_assert_cmpuint (self->n_reloaded, ==, 1);
}

#define ADD(name, func)                                                        \
  g_test_add ("/apm2/manager/signals/" name,                                   \
              ManagerFixture,                                                  \
              NULL,                                                            \
              manager_set_up,                                                  \
              func,                                                            \
              manager_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("change-of-a-read-unit-is-told", test_change_of_a_read_unit_is_told);
  ADD ("only-units-of-interest-are-told", test_only_units_of_interest_are_told);
  ADD ("jobs-lists-and-reloads-are-told", test_jobs_lists_and_reloads_are_told);
  return g_test_run ();
}
