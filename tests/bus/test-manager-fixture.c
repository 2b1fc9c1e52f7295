/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-manager-fixture.h"

#include "rig-wait.h"

static void
on_connected (ManagerFixture *self)
{
  self->n_connected++;
}

static void
on_lost (ManagerFixture *self, const char *reason)
{
  g_test_message ("lost: %s", reason);
  self->n_lost++;
}

static void
on_reloaded (ManagerFixture *self)
{
  self->n_reloaded++;
}

static void
on_unit_changed (ManagerFixture *self, const char *name)
{
  g_ptr_array_add (self->changed, g_strdup (name));
}

static void
on_unit_listed (ManagerFixture *self, const char *name)
{
  g_ptr_array_add (self->listed, g_strdup (name));
}

static void
on_job_removed (ManagerFixture *self,
                const char *path,
                const char *unit,
                const char *result)
{
  g_free (self->removed);
  self->removed = g_strdup_printf ("%s %s %s", path, unit, result);
}

void
manager_set_up (ManagerFixture *self, gconstpointer data)
{
  static const struct
  {
    const char *name;
    GCallback func;
  } handlers[] = {
    { "connected", G_CALLBACK (on_connected) },
    { "lost", G_CALLBACK (on_lost) },
    { "reloaded", G_CALLBACK (on_reloaded) },
    { "unit-changed", G_CALLBACK (on_unit_changed) },
    { "unit-listed", G_CALLBACK (on_unit_listed) },
    { "job-removed", G_CALLBACK (on_job_removed) },
  };

  self->home = rig_home_new (NULL);
  (void) g_setenv ("XDG_RUNTIME_DIR", self->home->runtime, TRUE);
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  self->systemd = rig_systemd_new ();
  rig_systemd_set (self->systemd, MANAGER_UNIT, MANAGER_ACTIVE);
  self->changed = g_ptr_array_new_with_free_func (g_free);
  self->listed = g_ptr_array_new_with_free_func (g_free);
  self->manager = apm2_manager_new (APM2_MODE_USER);
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect_swapped (
        self->manager, handlers[i].name, handlers[i].func, self);
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

void
manager_tear_down (ManagerFixture *self, gconstpointer data)
{
  Apm2Manager *manager = g_steal_pointer (&self->manager);
  gpointer weak = manager;

  g_object_add_weak_pointer (G_OBJECT (manager), &weak);
  apm2_manager_stop (manager);
  g_object_unref (manager);
  g_clear_object (&self->result);
  /* What was under way holds it a little longer. */
  rig_wait (is_gone, &weak, "the manager's end");
  rig_systemd_free (self->systemd);
  g_ptr_array_unref (self->changed);
  g_ptr_array_unref (self->listed);
  g_free (self->removed);
  rig_home_free (self->home);
}

gboolean
manager_is_connected (gpointer data)
{
  return apm2_manager_is_connected (((ManagerFixture *) data)->manager);
}

gboolean
manager_is_lost (gpointer data)
{
  return ((ManagerFixture *) data)->n_lost > 0;
}

gboolean
manager_is_changed (gpointer data)
{
  return ((ManagerFixture *) data)->changed->len > 0;
}

gboolean
manager_is_reloaded (gpointer data)
{
  return ((ManagerFixture *) data)->n_reloaded > 0;
}

gboolean
manager_has_result (gpointer data)
{
  return ((ManagerFixture *) data)->result != NULL;
}

void
manager_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((ManagerFixture *) user_data)->result = g_object_ref (result);
}

Apm2UnitState *
manager_read (ManagerFixture *self, const char *name, GError **error)
{
  g_clear_object (&self->result);
  apm2_manager_read_unit_async (
      self->manager, name, NULL, manager_on_result, self);
  rig_wait (manager_has_result, self, "an answer");
  return apm2_manager_read_unit_finish (self->manager, self->result, error);
}

void
manager_start (ManagerFixture *self)
{
  rig_systemd_listen (self->systemd, self->home->runtime);
  apm2_manager_start (self->manager);
  rig_wait (manager_is_connected, self, "a connection");
}
