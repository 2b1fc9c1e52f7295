/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How slots without a job are given up: not before their units have stopped,
 * and not for ever. */

#include "apm2-lane-retreat.h"

#include "apm2-lane-slot.h"
#include "rig-wait.h"
#include "test-manager-fixture.h"

#define UNIT "apm2-lane@bulk-1.service"

#define RUNNING                                                                \
  "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, 'SubState': "          \
  "<'running'>}"

#define PATIENCE_MSEC 60000

typedef struct
{
  ManagerFixture base;
  Apm2Paths *paths;
  Apm2LaneContext context;
  GPtrArray *slots;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  const Apm2LaneFound found = { .invocation_id = "" };
  g_autoptr (GError) error = NULL;
  Apm2LaneSlot *slot = NULL;

  manager_set_up (&self->base, data);
  (void) g_setenv ("APM2_HOME", self->base.home->home, TRUE);
  self->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  self->context.paths = self->paths;
  self->context.manager = self->base.manager;
  self->context.watch = apm2_lane_watch_new (&error);
  g_assert_no_error (error);
  g_assert_true (apm2_lane_files_ensure_dirs (self->paths, &error));
  rig_systemd_set (self->base.systemd, UNIT, RUNNING);
  manager_start (&self->base);
  slot = apm2_lane_slot_new (&self->context, "bulk-1");
  g_assert_true (g_file_set_contents (
      apm2_lane_slot_get_files (slot)->events, "", 0, &error));
  apm2_lane_slot_adopt (slot, &found);
  self->slots = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->slots, slot);
  g_ptr_array_add (self->slots, apm2_lane_slot_new (&self->context, "bulk-2"));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_ptr_array_unref (self->slots);
  manager_tear_down (&self->base, data);
  apm2_lane_watch_free (self->context.watch);
  apm2_paths_free (self->paths);
}

static gboolean
is_stop_asked (gpointer data)
{
  return ((Fixture *) data)->base.systemd->n_stopped > 0;
}

static gboolean
is_over (gpointer data)
{
  return manager_has_result (&((Fixture *) data)->base);
}

static void
retreat (Fixture *self, guint patience_msec)
{
  apm2_lane_retreat_async (
      self->slots, patience_msec, manager_on_result, &self->base);
}

static void
end_stop_job (Fixture *self)
{
  rig_systemd_emit (
      self->base.systemd,
      "JobRemoved",
      "(uint32 1, objectpath '/org/freedesktop/systemd1/job/1', %s, 'done')",
      UNIT);
}

static gboolean
is_read_again (gpointer data)
{
  return ((Fixture *) data)->base.systemd->n_read > 1;
}

static void
test_is_over_when_the_units_are (Fixture *self, gconstpointer data)
{
  retreat (self, PATIENCE_MSEC);
  rig_wait (is_stop_asked, self, "a stop");
  g_assert_false (is_over (self));

  /* What still stops has not stopped. */
  rig_systemd_set (self->base.systemd,
                   UNIT,
                   "{'ActiveState': <'deactivating'>, "
                   "'SubState': <'stop-sigterm'>}");
  self->base.systemd->n_read = 1;
  end_stop_job (self);
  rig_wait (is_read_again, self, "a look at the unit");
  g_assert_false (is_over (self));

  rig_systemd_set (self->base.systemd,
                   UNIT,
                   "{'ActiveState': <'inactive'>, 'SubState': <'dead'>}");
  end_stop_job (self);
  rig_wait (is_over, self, "the end");

  g_assert_true (apm2_lane_retreat_finish (self->base.result));
  g_assert_cmpuint (self->base.systemd->n_stopped, ==, 1);
  g_assert_cmpint (
      apm2_lane_slot_get_state (g_ptr_array_index (self->slots, 0)),
      ==,
      APM2_LANE_SLOT_IDLE);
}

static void
test_ends_without_an_answer (Fixture *self, gconstpointer data)
{
  retreat (self, 10);
  rig_wait (is_over, self, "the end");

  g_assert_false (apm2_lane_retreat_finish (self->base.result));
}

static void
test_nothing_to_stop (Fixture *self, gconstpointer data)
{
  g_ptr_array_set_size (self->slots, 0);
  retreat (self, PATIENCE_MSEC);
  rig_wait (is_over, self, "the end");

  g_assert_true (apm2_lane_retreat_finish (self->base.result));
  g_assert_cmpuint (self->base.systemd->n_stopped, ==, 0);
}

#define ADD(name, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lane/retreat/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("is-over-when-the-units-are", test_is_over_when_the_units_are);
  ADD ("ends-without-an-answer", test_ends_without_an_answer);
  ADD ("nothing-to-stop", test_nothing_to_stop);
  return g_test_run ();
}
