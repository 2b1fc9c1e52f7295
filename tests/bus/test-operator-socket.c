/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-operator-socket.h"
#include "test-loop.h"
#include "test-zoo.h"

typedef struct
{
  Zoo *zoo;
  Apm2OperatorSocket *socket;
  char *dir;
  char *path;
  char *address;
} Fixture;

static void
set_up_with (Fixture *self, guint connections_max, guint auth_timeout_sec)
{
  g_autoptr (GError) error = NULL;

  self->zoo = zoo_new ();
  self->dir = g_dir_make_tmp ("apm2-socket-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->dir, "operator.sock", NULL);
  self->address = g_strdup_printf ("unix:path=%s", self->path);
  self->socket = apm2_operator_socket_new (
      self->zoo->tree, connections_max, auth_timeout_sec);
  g_assert_true (
      apm2_operator_socket_listen_path (self->socket, self->path, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  set_up_with (self, 64, 30);
}

static gboolean
is_empty (gpointer data)
{
  return apm2_operator_socket_get_n_connections (data) == 0;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  apm2_operator_socket_stop (self->socket);
  test_wait (is_empty, self->socket);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_finalize_object (g_steal_pointer (&self->socket));
  zoo_free (self->zoo);
  g_assert_cmpint (g_rmdir (self->dir), ==, 0);
  g_free (self->dir);
  g_free (self->path);
  g_free (self->address);
}

static GVariant *
echo (GDBusConnection *connection, const char *name, GError **error)
{
  return test_call (connection,
                    name,
                    APM2_OBJECT_ROOT,
                    ZOO_IFACE_GATE,
                    "Echo",
                    g_variant_new ("(sa{sv})", "hello", NULL),
                    error);
}

static void
assert_echoes (GDBusConnection *connection, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = echo (connection, name, &error);
  const char *text = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &text);
  g_assert_cmpstr (text, ==, "hello");
}

static void
test_plain_peer_is_served (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) peer = test_connect (self->address, 0, &error);

  g_assert_no_error (error);

  assert_echoes (peer, NULL);
  g_assert_false (self->zoo->caller.on_bus);
  g_assert_cmpuint (self->zoo->caller.uid, ==, geteuid ());
  g_assert_cmpint (self->zoo->caller.pid, ==, getpid ());
  test_close (peer);
}

static void
test_bus_client_is_served (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) peer = test_connect (
      self->address, G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, &error);

  g_assert_no_error (error);

  g_assert_true (
      g_str_has_prefix (g_dbus_connection_get_unique_name (peer), ":1."));
  assert_echoes (peer, APM2_BUS_NAME);
  assert_echoes (peer, ":1.0");
  test_close (peer);
}

static void
test_file_is_private (Fixture *self, gconstpointer data)
{
  struct stat st;

  g_assert_cmpint (g_lstat (self->path, &st), ==, 0);
  g_assert_true (S_ISSOCK (st.st_mode));
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
}

static void
test_gdbus_tool_calls (Fixture *self, gconstpointer data)
{
  const char *const argv[] = { "gdbus",
                               "call",
                               "--address",
                               self->address,
                               "--dest",
                               APM2_BUS_NAME,
                               "--object-path",
                               APM2_OBJECT_ROOT,
                               "--method",
                               ZOO_IFACE_GATE ".Echo",
                               "hello",
                               "{}",
                               NULL };
  g_autofree char *output = test_run (0, argv);

  g_assert_cmpstr (output, ==, "('hello',)\n");
}

static void
test_gdbus_tool_walks (Fixture *self, gconstpointer data)
{
  const char *const argv[]
      = { "gdbus",     "introspect",  "--address",     self->address,
          "--dest",    APM2_BUS_NAME, "--object-path", APM2_OBJECT_ROOT,
          "--recurse", NULL };
  g_autofree char *output = NULL;

  (void) zoo_add_animal (self->zoo, "lion-1", TRUE);

  output = test_run (0, argv);

  g_assert_nonnull (strstr (output, "node " APM2_OBJECT_QUEUE));
  g_assert_nonnull (strstr (output, "interface " ZOO_IFACE_GATE "2"));
  g_assert_nonnull (strstr (output, "node " APM2_OBJECT_JOBS "/lion_2d1"));
  g_assert_nonnull (strstr (output, "Mood = 'calm'"));
  g_assert_nonnull (strstr (output, "org.freedesktop.DBus.ObjectManager"));
}

static void
test_busctl_works (Fixture *self, gconstpointer data)
{
  g_autofree char *address = g_strconcat ("--address=", self->address, NULL);
  const char *const get[]
      = { "busctl",          address,        "get-property", APM2_BUS_NAME,
          APM2_OBJECT_QUEUE, ZOO_IFACE_GATE, "Motto",        NULL };
  const char *const call[] = { "busctl",
                               address,
                               "call",
                               APM2_BUS_NAME,
                               APM2_OBJECT_QUEUE,
                               ZOO_IFACE_GATE,
                               "Echo",
                               "sa{sv}",
                               "hi",
                               "0",
                               NULL };
  const char *const introspect[]
      = { "busctl",      address,           "introspect",
          APM2_BUS_NAME, APM2_OBJECT_QUEUE, NULL };
  const char *const tree[]
      = { "busctl", address, "tree", "--list", APM2_BUS_NAME, NULL };
  g_autofree char *got = test_run (0, get);
  g_autofree char *called = test_run (0, call);
  g_autofree char *shown = test_run (0, introspect);
  g_autofree char *walked = NULL;

  (void) zoo_add_animal (self->zoo, "lion-1", TRUE);
  walked = test_run (0, tree);

  g_assert_cmpstr (got, ==, "s \"do not feed\"\n");
  g_assert_cmpstr (called, ==, "s \"hi\"\n");
  g_assert_nonnull (strstr (shown, ".Height"));
  g_assert_nonnull (strstr (walked, APM2_OBJECT_JOBS "/lion_2d1\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  (void) APM2_ERROR;
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/operator-socket/" path,                                   \
              Fixture,                                                         \
              NULL,                                                            \
              set_up,                                                          \
              function,                                                        \
              tear_down)
  ADD ("serve/plain-peer", test_plain_peer_is_served);
  ADD ("serve/bus-client", test_bus_client_is_served);
  ADD ("listen/file-is-private", test_file_is_private);
  ADD ("tools/gdbus-call", test_gdbus_tool_calls);
  ADD ("tools/gdbus-introspect-recurse", test_gdbus_tool_walks);
  ADD ("tools/busctl", test_busctl_works);
  return g_test_run ();
}
