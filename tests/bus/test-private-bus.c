/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gio/gunixsocketaddress.h>

#include "apm2-error.h"
#include "apm2-message-bus.h"
#include "apm2-names.h"
#include "test-bus.h"
#include "test-loop.h"
#include "test-peer.h"
#include "test-recorder.h"

typedef struct
{
  Zoo *zoo;
  TestBus *daemon;
  Apm2MessageBus *bus;
  guint n_settled;
  guint n_changed;
  char *lost; /* (nullable) last message */
} Fixture;

static void
on_settled (Apm2MessageBus *bus, gpointer user_data)
{
  ((Fixture *) user_data)->n_settled++;
}

static void
on_changed (Apm2MessageBus *bus, gpointer user_data)
{
  ((Fixture *) user_data)->n_changed++;
}

static void
on_name_lost (Apm2MessageBus *bus, const char *message, gpointer user_data)
{
  Fixture *self = user_data;

  g_free (self->lost);
  self->lost = g_strdup (message);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->zoo = zoo_new ();
  self->daemon = test_bus_new ();
  self->bus = apm2_message_bus_new_for_address (
      self->zoo->tree, G_BUS_TYPE_SESSION, self->daemon->address);
  g_signal_connect (self->bus, "settled", G_CALLBACK (on_settled), self);
  g_signal_connect (self->bus, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->bus, "name-lost", G_CALLBACK (on_name_lost), self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  apm2_message_bus_stop (self->bus);
  g_object_unref (self->bus);
  test_bus_free (self->daemon);
  zoo_free (self->zoo);
  g_free (self->lost);
}

static gboolean
is_owned (gpointer data)
{
  return apm2_message_bus_is_owned (data);
}

static gboolean
is_not_owned (gpointer data)
{
  return !apm2_message_bus_is_owned (data);
}

static gboolean
is_settled (gpointer data)
{
  return apm2_message_bus_is_settled (data);
}

static gboolean
is_lost (gpointer data)
{
  return ((Fixture *) data)->lost != NULL;
}

static void
start (Fixture *self)
{
  test_bus_start (self->daemon, "");
  apm2_message_bus_start (self->bus);
  test_wait (is_owned, self->bus);
}

static void
test_name_is_owned_and_objects_answer (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) client = NULL;

  start (self);
  client = test_bus_connect (self->daemon);
  peer_assert_echoes (client, APM2_BUS_NAME);

  g_assert_true (self->zoo->caller.on_bus);
  g_assert_cmpuint (self->zoo->caller.uid, ==, (guint32) -1);
  g_assert_cmpuint (self->n_settled, ==, 1);
  g_assert_cmpuint (self->n_changed, ==, 1);
  g_assert_null (self->lost);
  test_close (client);
}

static void
test_what_is_for_peers_is_not_there (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) client = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  start (self);
  client = test_bus_connect (self->daemon);
  reply = test_call (client,
                     APM2_BUS_NAME,
                     APM2_OBJECT_BROKER,
                     ZOO_IFACE_KEEPER,
                     "Report",
                     NULL,
                     &error);

  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  test_close (client);
}

static void
test_subscriber_gets_each_signal_once (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) client = NULL;
  g_autoptr (Recorder) recorder = NULL;
  g_autofree char *seen = NULL;

  start (self);
  client = test_bus_connect (self->daemon);
  recorder = recorder_new (client);
  g_assert_true (peer_call_driver (
      client, "AddMatch", "sender='" APM2_BUS_NAME "'", NULL));

  apm2_tree_emit (self->zoo->tree,
                  APM2_OBJECT_QUEUE,
                  ZOO_IFACE_GATE,
                  "Opened",
                  g_variant_new ("(s)", "wide"));
  apm2_tree_emit (self->zoo->tree,
                  APM2_OBJECT_BROKER,
                  ZOO_IFACE_KEEPER,
                  "Shift",
                  g_variant_new ("(s)", "over"));
  /* A round trip through the broker, which the signals cannot overtake. */
  peer_assert_echoes (client, APM2_BUS_NAME);
  seen = recorder_take (recorder);

  g_assert_nonnull (strstr (seen, "queue Opened ('wide',)"));
  g_assert_null (strstr (seen, "Shift"));
  g_assert_null (strstr (strstr (seen, "Opened") + 1, "Opened"));
  test_close (client);
}

static void
test_no_bus_settles (Fixture *self, gconstpointer data)
{
  apm2_message_bus_start (self->bus);
  test_wait (is_settled, self->bus);

  g_assert_false (apm2_message_bus_is_owned (self->bus));
  g_assert_cmpuint (self->n_settled, ==, 1);
}

static void
test_bus_that_comes_late_is_found (Fixture *self, gconstpointer data)
{
  apm2_message_bus_start (self->bus);
  test_wait (is_settled, self->bus);

  test_bus_start (self->daemon, "");
  test_wait (is_owned, self->bus);

  g_assert_cmpuint (self->n_settled, ==, 1);
}

static void
test_bus_that_dies_is_found_again (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) client = NULL;

  start (self);

  test_bus_kill (self->daemon);
  test_wait (is_not_owned, self->bus);
  test_bus_start (self->daemon, "");
  test_wait (is_owned, self->bus);

  client = test_bus_connect (self->daemon);
  peer_assert_echoes (client, APM2_BUS_NAME);
  g_assert_cmpuint (self->n_changed, ==, 3);
  test_close (client);
}

static void
test_taken_name_is_told_and_won_when_free (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) owner = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  test_bus_start (self->daemon, "");
  owner = test_bus_connect (self->daemon);
  reply = test_call (owner,
                     "org.freedesktop.DBus",
                     "/org/freedesktop/DBus",
                     "org.freedesktop.DBus",
                     "RequestName",
                     g_variant_new ("(su)", APM2_BUS_NAME, 0),
                     &error);
  g_assert_no_error (error);

  apm2_message_bus_start (self->bus);
  test_wait (is_lost, self);
  g_assert_nonnull (strstr (self->lost, "another process has it"));
  g_assert_nonnull (strstr (self->lost, "busctl --user status"));
  g_assert_true (apm2_message_bus_is_settled (self->bus));
  g_assert_false (apm2_message_bus_is_owned (self->bus));

  test_close (owner);
  test_wait (is_owned, self->bus);
}

static void
test_refused_name_is_told (Fixture *self, gconstpointer data)
{
  test_bus_start (self->daemon, "<deny own=\"" APM2_BUS_NAME "\"/>");

  apm2_message_bus_start (self->bus);
  test_wait (is_lost, self);

  g_assert_true (apm2_message_bus_is_settled (self->bus));
  g_assert_false (apm2_message_bus_is_owned (self->bus));
}

/* It accepts, by the kernel, and says nothing. */
static void
test_silent_bus_holds_nobody_up (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->daemon->dir, "bus", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (g_socket_listener_add_address (listener,
                                                address,
                                                G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL,
                                                NULL,
                                                &error));
  g_assert_no_error (error);

  apm2_message_bus_start (self->bus);
  test_wait (is_settled, self->bus);

  g_assert_false (apm2_message_bus_is_owned (self->bus));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  /* Some of what is tested here is worth a warning. */
  (void) g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/private-bus/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("serve/name-is-owned-and-objects-answer",
       test_name_is_owned_and_objects_answer);
  ADD ("serve/what-is-for-peers-is-not-there",
       test_what_is_for_peers_is_not_there);
  ADD ("serve/subscriber-gets-each-signal-once",
       test_subscriber_gets_each_signal_once);
  ADD ("absent/no-bus-settles", test_no_bus_settles);
  ADD ("absent/one-that-comes-late-is-found",
       test_bus_that_comes_late_is_found);
  ADD ("absent/one-that-dies-is-found-again",
       test_bus_that_dies_is_found_again);
  ADD ("absent/silent-one-holds-nobody-up", test_silent_bus_holds_nobody_up);
  ADD ("name/taken-one-is-told-and-won-when-free",
       test_taken_name_is_told_and_won_when_free);
  ADD ("name/refused-one-is-told", test_refused_name_is_told);
  return g_test_run ();
}
