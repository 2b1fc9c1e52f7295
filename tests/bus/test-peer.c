/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "apm2-names.h"
#include "test-loop.h"
#include "test-peer.h"

void
peer_fixture_set_up_with (PeerFixture *self,
                          guint connections_max,
                          guint auth_timeout_sec)
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

void
peer_fixture_set_up (PeerFixture *self, gconstpointer data)
{
  peer_fixture_set_up_with (self, 64, 30);
}

static gboolean
is_empty (gpointer data)
{
  return apm2_operator_socket_get_n_connections (data) == 0;
}

void
peer_fixture_tear_down (PeerFixture *self, gconstpointer data)
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

GDBusConnection *
peer_fixture_connect (PeerFixture *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = test_connect (self->address, 0, &error);

  g_assert_no_error (error);
  return connection;
}

GDBusConnection *
peer_fixture_connect_bus (PeerFixture *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = test_connect (
      self->address, G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, &error);

  g_assert_no_error (error);
  return connection;
}

GSocket *
peer_fixture_connect_raw (PeerFixture *self, const char *greeting, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                  G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_DEFAULT,
                                  &error);

  g_assert_no_error (error);
  (void) g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  if (length > 0)
    g_assert_cmpint (g_socket_send (socket, greeting, length, NULL, &error),
                     ==,
                     (gssize) length);
  g_assert_no_error (error);
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

GSocket *
peer_fixture_connect_mute (PeerFixture *self)
{
  g_autoptr (GString) greeting = g_string_new (NULL);
  g_autofree char *uid = g_strdup_printf ("%u", geteuid ());

  g_string_append_c (greeting, '\0');
  g_string_append (greeting, "AUTH EXTERNAL ");
  for (const char *p = uid; *p != '\0'; p++)
    g_string_append_printf (greeting, "%02x", (guint) *p);
  g_string_append (greeting, "\r\nBEGIN\r\n");
  return peer_fixture_connect_raw (self, greeting->str, greeting->len);
}

void
peer_assert_echoes (GDBusConnection *connection, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *text = NULL;

  reply = test_call (connection,
                     name,
                     APM2_OBJECT_ROOT,
                     ZOO_IFACE_GATE,
                     "Echo",
                     g_variant_new ("(sa{sv})", "hello", NULL),
                     &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &text);
  g_assert_cmpstr (text, ==, "hello");
}

gboolean
peer_call_driver (GDBusConnection *connection,
                  const char *method,
                  const char *argument,
                  GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = test_call (connection,
                     "org.freedesktop.DBus",
                     "/org/freedesktop/DBus",
                     "org.freedesktop.DBus",
                     method,
                     g_variant_new ("(s)", argument),
                     error);
  return reply != NULL;
}
