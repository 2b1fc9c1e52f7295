/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apm2-error.h"
#include "rig-bus.h"
#include "rig-wait.h"
#include "test-manager-fixture.h"

static void
test_absent_manager_is_told_once (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  apm2_manager_start (self->manager);
  rig_wait (manager_is_lost, self, "a word of absence");
  unit = manager_read (self, MANAGER_UNIT, &error);

  g_assert_null (unit);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_cmpuint (self->n_lost, ==, 1);
  g_assert_cmpuint (self->n_connected, ==, 0);
}

static void
test_unit_is_read_on_own_socket (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  unit = manager_read (self, MANAGER_UNIT, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (unit->name, ==, MANAGER_UNIT);
  g_assert_cmpstr (unit->active_state, ==, "active");
  g_assert_cmpuint (unit->main_pid, ==, 4711);
  g_assert_cmpuint (unit->watchdog_usec, ==, 300 * G_USEC_PER_SEC);
  g_assert_cmpuint (self->systemd->n_subscribed, ==, 1);
  g_assert_cmpuint (self->n_lost, ==, 0);
}

static void
test_unit_not_found_is_a_result (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  rig_systemd_set (self->systemd,
                   "apm2-none.service",
                   "{'LoadState': <'not-found'>, 'ActiveState': <'inactive'>}");
  manager_start (self);
  unit = manager_read (self, "apm2-none.service", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (unit->load_state, ==, "not-found");
}

static void
test_error_keeps_the_managers_name (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  unit = manager_read (self, "apm2-unknown.service", &error);

  g_assert_null (unit);
  g_assert_true (g_dbus_error_is_remote_error (error));
}

static void
test_manager_that_comes_back_is_found (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  rig_systemd_leave (self->systemd);
  rig_wait (manager_is_lost, self, "the loss");
  g_assert_false (apm2_manager_is_connected (self->manager));
  rig_systemd_listen (self->systemd, self->home->runtime);
  rig_wait (manager_is_connected, self, "the return");
  unit = manager_read (self, MANAGER_UNIT, &error);

  g_assert_no_error (error);
  g_assert_nonnull (unit);
  g_assert_cmpuint (self->n_connected, ==, 2);
  g_assert_cmpuint (self->n_lost, ==, 1);
  g_assert_cmpuint (self->systemd->n_subscribed, ==, 2);
}

static void
test_call_under_way_ends_with_the_connection (ManagerFixture *self,
                                              gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  self->systemd->is_mute = TRUE;
  apm2_manager_read_unit_async (
      self->manager, MANAGER_UNIT, NULL, manager_on_result, self);
  rig_systemd_leave (self->systemd);
  rig_wait (manager_has_result, self, "an answer");
  unit = apm2_manager_read_unit_finish (self->manager, self->result, &error);

  g_assert_null (unit);
  g_assert_nonnull (error);
  error = apm2_error_normalize (g_steal_pointer (&error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
}

/* What became of it nobody knows, so that everything is to be read anew. */
static void
test_call_without_an_answer_is_a_loss (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;

  manager_start (self);
  self->systemd->is_mute = TRUE;
  apm2_manager_read_unit_async (
      self->manager, MANAGER_UNIT, NULL, manager_on_result, self);
  rig_wait (manager_has_result, self, "the call to run out of time");
  unit = apm2_manager_read_unit_finish (self->manager, self->result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (self->n_lost, ==, 1);

  self->systemd->is_mute = FALSE;
  rig_wait (manager_is_connected, self, "the manager to be connected again");
  g_assert_cmpuint (self->n_connected, ==, 2);
}

static void
test_subscribed_already_is_connected (ManagerFixture *self, gconstpointer data)
{
  self->systemd->is_subscribed = TRUE;
  manager_start (self);

  g_assert_cmpuint (self->n_connected, ==, 1);
  g_assert_cmpuint (self->n_lost, ==, 0);
}

/* A socket that accepts, and nobody behind it. */
static int
listen_deaf (ManagerFixture *self)
{
  g_autofree char *dir
      = g_build_filename (self->home->runtime, "systemd", NULL);
  g_autofree char *path = g_build_filename (dir, "private", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  (void) g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (
      bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 8), ==, 0);
  return fd;
}

static void
test_deaf_socket_counts_as_lost (ManagerFixture *self, gconstpointer data)
{
  int fd = listen_deaf (self);

  apm2_manager_start (self->manager);
  rig_wait (manager_is_lost, self, "the end of patience");
  (void) close (fd);

  g_assert_cmpuint (self->n_connected, ==, 0);
}

static void
test_stop_while_connecting_is_quiet (ManagerFixture *self, gconstpointer data)
{
  int fd = listen_deaf (self);

  apm2_manager_start (self->manager);
  apm2_manager_stop (self->manager);
  (void) close (fd);
  while (g_main_context_pending (NULL))
    (void) g_main_context_iteration (NULL, FALSE);

  g_assert_cmpuint (self->n_connected + self->n_lost, ==, 0);
}

/* --- on a message bus --- */

static void
on_named (GDBusConnection *connection, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static guint
own (GDBusConnection *bus)
{
  gboolean is_named = FALSE;
  guint id = g_bus_own_name_on_connection (bus,
                                           "org.freedesktop.systemd1",
                                           G_BUS_NAME_OWNER_FLAGS_NONE,
                                           on_named,
                                           NULL,
                                           &is_named,
                                           NULL);

  rig_wait (is_true, &is_named, "the name");
  return id;
}

static void
test_on_a_bus_it_comes_and_goes (ManagerFixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) daemon = rig_bus_start (self->home);
  g_autoptr (GDBusConnection) bus = rig_bus_connect (self->home);
  g_autoptr (Apm2UnitState) unit = NULL;
  g_autoptr (GError) error = NULL;
  guint name = 0;

  (void) g_setenv ("DBUS_SESSION_BUS_ADDRESS", self->home->bus_address, TRUE);
  apm2_manager_start (self->manager);
  rig_wait (manager_is_lost, self, "a word of absence");
  rig_systemd_serve (self->systemd, bus);
  name = own (bus);
  rig_wait (manager_is_connected, self, "the manager");
  unit = manager_read (self, MANAGER_UNIT, &error);
  g_assert_no_error (error);
  rig_systemd_change (self->systemd, MANAGER_UNIT, MANAGER_ACTIVE);
  rig_wait (manager_is_changed, self, "a change");
  self->n_lost = 0;
  g_bus_unown_name (name);
  rig_wait (manager_is_lost, self, "the loss");

  g_assert_false (apm2_manager_is_connected (self->manager));
  g_assert_cmpuint (self->n_connected, ==, 1);
  g_assert_cmpuint (self->n_lost, ==, 1);
  rig_process_kill (daemon);
}

static void
test_paths_are_the_managers (void)
{
  static const char *const cases[][2] = {
    { "apm2-worker@a.service", "apm2_2dworker_40a_2eservice" },
    { "1.service", "_31_2eservice" },
    { "0", "_30" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = apm2_manager_get_unit_path (cases[i][0]);

      g_assert_true (
          g_str_has_prefix (path, "/org/freedesktop/systemd1/unit/"));
      g_assert_cmpstr (strrchr (path, '/') + 1, ==, cases[i][1]);
    }
}

#define ADD(name, func)                                                        \
  g_test_add ("/apm2/manager/" name,                                           \
              ManagerFixture,                                                  \
              NULL,                                                            \
              manager_set_up,                                                  \
              func,                                                            \
              manager_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("absent-manager-is-told-once", test_absent_manager_is_told_once);
  ADD ("unit-is-read-on-own-socket", test_unit_is_read_on_own_socket);
  ADD ("unit-not-found-is-a-result", test_unit_not_found_is_a_result);
  ADD ("error-keeps-the-managers-name", test_error_keeps_the_managers_name);
  ADD ("manager-that-comes-back-is-found",
       test_manager_that_comes_back_is_found);
  ADD ("call-under-way-ends-with-the-connection",
       test_call_under_way_ends_with_the_connection);
  ADD ("call-without-an-answer-is-a-loss",
       test_call_without_an_answer_is_a_loss);
  ADD ("subscribed-already-is-connected", test_subscribed_already_is_connected);
  ADD ("deaf-socket-counts-as-lost", test_deaf_socket_counts_as_lost);
  ADD ("stop-while-connecting-is-quiet", test_stop_while_connecting_is_quiet);
  ADD ("on-a-bus-it-comes-and-goes", test_on_a_bus_it_comes_and_goes);
  g_test_add_func ("/apm2/manager/paths-are-the-managers",
                   test_paths_are_the_managers);
  return g_test_run ();
}
