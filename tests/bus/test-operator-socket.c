/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-operator-socket.h"
#include "test-loop.h"
#include "test-peer.h"

/* More than a peer may be behind. */
#define FLOOD_BYTES (16 * 1024 * 1024)
#define FLOOD_CHUNK (64 * 1024)

static void
set_up_small (PeerFixture *self, gconstpointer data)
{
  peer_fixture_set_up_with (self, 2, 1);
}

static void
test_plain_peer_is_served (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);

  peer_assert_echoes (peer, NULL);

  g_assert_false (self->zoo->caller.on_bus);
  g_assert_cmpuint (self->zoo->caller.uid, ==, geteuid ());
  g_assert_cmpint (self->zoo->caller.pid, ==, getpid ());
  test_close (peer);
}

static void
test_bus_client_is_served (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect_bus (self);

  g_assert_true (
      g_str_has_prefix (g_dbus_connection_get_unique_name (peer), ":1."));
  peer_assert_echoes (peer, APM2_BUS_NAME);
  peer_assert_echoes (peer, ":1.0");
  test_close (peer);
}

static gboolean
is_set (gpointer data)
{
  return *(GDBusConnection **) data != NULL;
}

static void
on_peer (Apm2OperatorSocket *socket,
         GDBusConnection *connection,
         gpointer user_data)
{
  *(GDBusConnection **) user_data = connection;
}

static void
test_peers_are_told (PeerFixture *self, gconstpointer data)
{
  GDBusConnection *added = NULL;
  GDBusConnection *gone = NULL;
  g_autoptr (GDBusConnection) peer = NULL;

  g_signal_connect (self->socket, "peer-added", G_CALLBACK (on_peer), &added);
  g_signal_connect (self->socket, "peer-gone", G_CALLBACK (on_peer), &gone);

  peer = peer_fixture_connect (self);
  test_wait (is_set, &added);
  test_close (peer);
  test_wait (is_set, &gone);

  g_assert_true (added == gone);
  g_assert_cmpuint (
      apm2_operator_socket_get_n_connections (self->socket), ==, 0);
}

/* Whether the other side has closed; what it sent before is passed over. */
static gboolean
is_at_end (gpointer data)
{
  char buffer[4096];
  gssize got = 0;

  do
    got = g_socket_receive (data, buffer, sizeof buffer, NULL, NULL);
  while (got > 0);
  return got == 0 || (got < 0 && !g_socket_is_connected (data));
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for_end (GSocket *socket)
{
  g_autoptr (GSource) source = g_socket_create_source (socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), NULL, NULL);
  (void) g_source_attach (source, NULL);
  test_wait (is_at_end, socket);
  g_source_destroy (source);
}

static void
test_one_too_many_is_closed (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) first = peer_fixture_connect (self);
  g_autoptr (GDBusConnection) second = peer_fixture_connect (self);
  g_autoptr (GDBusConnection) fourth = NULL;
  g_autoptr (GSocket) third = NULL;

  peer_assert_echoes (first, NULL);
  peer_assert_echoes (second, NULL);

  third = peer_fixture_connect_raw (self, NULL, 0);
  wait_for_end (third);

  peer_assert_echoes (first, NULL);
  test_close (first);
  fourth = peer_fixture_connect (self);
  peer_assert_echoes (fourth, NULL);
  test_close (second);
  test_close (fourth);
}

static void
test_silent_peer_is_closed (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GSocket) silent = peer_fixture_connect_raw (self, NULL, 0);

  wait_for_end (silent);

  g_assert_cmpuint (
      apm2_operator_socket_get_n_connections (self->socket), ==, 0);
}

/* More of them than GTask has threads. */
static void
test_silent_peers_hold_nobody_up (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) silent
      = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GDBusConnection) peer = NULL;

  for (guint i = 0; i < 60; i++)
    g_ptr_array_add (silent, peer_fixture_connect_raw (self, "", 1));

  peer = peer_fixture_connect (self);
  peer_assert_echoes (peer, NULL);

  g_assert_cmpuint (
      apm2_operator_socket_get_n_connections (self->socket), ==, 61);
  test_close (peer);
}

static void
test_only_external_is_spoken (PeerFixture *self, gconstpointer data)
{
  static const char greeting[] = "\0AUTH ANONYMOUS\r\nBEGIN\r\n";
  g_autoptr (GSocket) raw
      = peer_fixture_connect_raw (self, greeting, sizeof greeting - 1);

  wait_for_end (raw);

  g_assert_cmpuint (
      apm2_operator_socket_get_n_connections (self->socket), ==, 0);
}

static gboolean
has_nobody (gpointer data)
{
  return apm2_operator_socket_get_n_connections (data) == 0;
}

/* In one go with the handshake: the connection may end before or after it is
 * admitted, and its place must be free again either way. */
static void
test_garbage_ends_the_connection (PeerFixture *self, gconstpointer data)
{
  static const char garbage[64] = "this is no message of D-Bus at all";
  g_autoptr (GDBusConnection) peer = NULL;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GSocket) raw = peer_fixture_connect_mute (self);

      g_assert_cmpint (
          g_socket_send (raw, garbage, sizeof garbage, NULL, NULL), >, 0);
      wait_for_end (raw);
    }

  test_wait (has_nobody, self->socket);
  peer = peer_fixture_connect (self);
  peer_assert_echoes (peer, NULL);
  test_close (peer);
}

/* Each byte of a good call, replaced by each of these. */
static void
test_no_broken_call_ends_the_broker (PeerFixture *self, gconstpointer data)
{
  static const guchar bytes[] = { 0, 'x', 0xff };
  g_autoptr (GDBusMessage) call = g_dbus_message_new_method_call (
      APM2_BUS_NAME, APM2_OBJECT_ROOT, ZOO_IFACE_GATE, "Echo");
  g_autoptr (GDBusConnection) peer = NULL;
  g_autofree guchar *blob = NULL;
  GDBusConnection *added = NULL;
  gsize length = 0;

  g_signal_connect (self->socket, "peer-added", G_CALLBACK (on_peer), &added);
  g_dbus_message_set_serial (call, 1);
  g_dbus_message_set_body (
      call, g_variant_new_parsed ("('hello', {'loud': <true>})"));
  blob = g_dbus_message_to_blob (
      call, &length, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);

  for (gsize i = 0; i < length * G_N_ELEMENTS (bytes); i++)
    {
      g_autoptr (GSocket) raw = peer_fixture_connect_mute (self);
      g_autofree guchar *broken = g_memdup2 (blob, length);

      added = NULL;
      test_wait (is_set, &added);
      broken[i / G_N_ELEMENTS (bytes)] = bytes[i % G_N_ELEMENTS (bytes)];
      g_assert_cmpint (
          g_socket_send (raw, (const char *) broken, length, NULL, NULL),
          ==,
          (gssize) length);
      g_assert_true (g_socket_shutdown (raw, FALSE, TRUE, NULL));
      wait_for_end (raw);
    }

  test_wait (has_nobody, self->socket);
  peer = peer_fixture_connect (self);
  peer_assert_echoes (peer, NULL);
  test_close (peer);
}

static gboolean
has_parked (gpointer data)
{
  return g_queue_get_length (data) > 0;
}

static void
send_park (GSocket *socket)
{
  g_autoptr (GDBusMessage) call = g_dbus_message_new_method_call (
      NULL, APM2_OBJECT_ROOT, ZOO_IFACE_GATE, "Park");
  g_autofree guchar *blob = NULL;
  gsize length = 0;

  g_dbus_message_set_serial (call, 1);
  blob = g_dbus_message_to_blob (
      call, &length, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_cmpint (
      g_socket_send (socket, (const char *) blob, length, NULL, NULL),
      ==,
      (gssize) length);
}

/* It calls once and never reads: its signals must not pile up. */
static void
test_peer_that_does_not_read_is_cut (PeerFixture *self, gconstpointer data)
{
  g_autofree char *chunk = g_strnfill (FLOOD_CHUNK, 'x');
  g_autoptr (GSocket) mute = NULL;

  mute = peer_fixture_connect_mute (self);
  send_park (mute);
  test_wait (has_parked, &self->zoo->parked);

  for (gsize sent = 0; sent < FLOOD_BYTES; sent += FLOOD_CHUNK)
    apm2_tree_emit (self->zoo->tree,
                    APM2_OBJECT_ROOT,
                    ZOO_IFACE_GATE,
                    "Opened",
                    g_variant_new ("(s)", chunk));

  test_wait (has_nobody, self->socket);
  wait_for_end (mute);
}

/* What somebody else reads over the socket at @path, if they are let. */
static char *
ask_as_stranger (PeerFixture *self, const char *path, int status)
{
  g_autofree char *address = g_strconcat ("--address=unix:path=", path, NULL);
  const char *const argv[]
      = { "setpriv",         "--reuid=65534", "--regid=65534", "--clear-groups",
          "busctl",          address,         "get-property",  APM2_BUS_NAME,
          APM2_OBJECT_QUEUE, ZOO_IFACE_GATE,  "Motto",         NULL };

  g_assert_cmpint (g_chmod (self->dir, 0711), ==, 0);
  return test_run (status, argv);
}

static gboolean
may_be_stranger (void)
{
  if (geteuid () == 0)
    return TRUE;
  g_test_skip ("only root can become somebody else");
  return FALSE;
}

static void
test_foreign_user_is_refused (PeerFixture *self, gconstpointer data)
{
  g_autofree char *output = NULL;

  if (!may_be_stranger ())
    return;
  /* The kernel would refuse it otherwise, and we would not be tested. */
  g_assert_cmpint (g_chmod (self->path, 0666), ==, 0);

  output = ask_as_stranger (self, self->path, 1);

  g_assert_null (strstr (output, "do not feed"));
}

/* Listens at a second path, shared, on a socket that was passed. */
static Apm2OperatorSocket *
listen_shared (PeerFixture *self, const char *path, mode_t mode)
{
  Apm2OperatorSocket *shared = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;
  struct sockaddr_un place = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  (void) g_strlcpy (place.sun_path, path, sizeof place.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &place, sizeof place), ==, 0);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  g_assert_cmpint (chown (path, (uid_t) -1, 65534), ==, 0);
  g_assert_cmpint (listen (fd, 8), ==, 0);
  apm2_operator_socket_share (shared);
  g_assert_true (apm2_operator_socket_listen_fd (shared, fd, &error));
  g_assert_no_error (error);
  return shared;
}

static void
test_group_is_admitted_to_a_shared_one (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "shared.sock", NULL);
  g_autoptr (Apm2OperatorSocket) shared = NULL;
  g_autofree char *output = NULL;

  if (!may_be_stranger ())
    return;
  shared = listen_shared (self, path, 0660);

  output = ask_as_stranger (self, path, 0);

  g_assert_nonnull (strstr (output, "do not feed"));
  apm2_operator_socket_stop (shared);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_nobody_else_if_it_is_open_to_all (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "shared.sock", NULL);
  g_autoptr (Apm2OperatorSocket) shared = NULL;
  g_autofree char *output = NULL;

  if (!may_be_stranger ())
    return;
  shared = listen_shared (self, path, 0666);

  output = ask_as_stranger (self, path, 1);

  g_assert_null (strstr (output, "do not feed"));
  apm2_operator_socket_stop (shared);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* GDBus warns in a thread of its own and would write into our test report. */
static void
on_gio_warning (const char *domain,
                GLogLevelFlags level,
                const char *message,
                gpointer user_data)
{
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  /* Some of what is tested here is worth a warning. */
  (void) g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  (void) g_log_set_handler (
      "GLib-GIO", G_LOG_LEVEL_WARNING, on_gio_warning, NULL);
  apm2_error_register ();
#define ADD_WITH(path, set_up, function)                                       \
  g_test_add ("/apm2/operator-socket/" path,                                   \
              PeerFixture,                                                     \
              NULL,                                                            \
              set_up,                                                          \
              function,                                                        \
              peer_fixture_tear_down)
#define ADD(path, function) ADD_WITH (path, peer_fixture_set_up, function)
  ADD ("serve/plain-peer", test_plain_peer_is_served);
  ADD ("serve/bus-client", test_bus_client_is_served);
  ADD ("serve/peers-are-told", test_peers_are_told);
  ADD_WITH ("limit/one-too-many-is-closed",
            set_up_small,
            test_one_too_many_is_closed);
  ADD_WITH (
      "limit/silent-peer-is-closed", set_up_small, test_silent_peer_is_closed);
  ADD ("limit/silent-peers-hold-nobody-up", test_silent_peers_hold_nobody_up);
  ADD ("limit/peer-that-does-not-read-is-cut",
       test_peer_that_does_not_read_is_cut);
  ADD ("admit/only-external-is-spoken", test_only_external_is_spoken);
  ADD ("admit/garbage-ends-the-connection", test_garbage_ends_the_connection);
  ADD ("admit/no-broken-call-ends-the-broker",
       test_no_broken_call_ends_the_broker);
  ADD ("admit/foreign-user-is-refused", test_foreign_user_is_refused);
  ADD ("admit/group-is-admitted-to-a-shared-one",
       test_group_is_admitted_to_a_shared_one);
  ADD ("admit/nobody-else-if-it-is-open-to-all",
       test_nobody_else_if_it_is_open_to_all);
  return g_test_run ();
}
