/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-names.h"
#include "test-loop.h"
#include "test-peer.h"
#include "test-recorder.h"

#define IFACE_PROPERTIES     "org.freedesktop.DBus.Properties"
#define IFACE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define RULE_PROPERTIES                                                        \
  "type='signal',sender='" APM2_BUS_NAME "',interface='" IFACE_PROPERTIES "'"

static const char *const visitors[] = { "Visitors", NULL };

static void
change_visitors (PeerFixture *self)
{
  self->zoo->visitors++;
  apm2_tree_changed (self->zoo->tree,
                     APM2_OBJECT_QUEUE,
                     &self->zoo->gate,
                     self->zoo,
                     visitors);
}

static void
open_gate (PeerFixture *self, const char *text)
{
  apm2_tree_emit (self->zoo->tree,
                  APM2_OBJECT_QUEUE,
                  ZOO_IFACE_GATE,
                  "Opened",
                  g_variant_new ("(s)", text));
}

static char *
get_error_name (GDBusConnection *peer,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = test_call (peer, NULL, path, interface, method, parameters, &error);

  g_assert_null (reply);
  return g_dbus_error_get_remote_error (error);
}

/* --- objects --- */

static void
test_object_carries_several_faces (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autofree char *text = NULL;
  g_autofree char *height = NULL;

  first = test_call (peer,
                     NULL,
                     APM2_OBJECT_QUEUE,
                     IFACE_PROPERTIES,
                     "GetAll",
                     g_variant_new ("(s)", ZOO_IFACE_GATE),
                     &error);
  g_assert_no_error (error);
  second = test_call (peer,
                      NULL,
                      APM2_OBJECT_QUEUE,
                      IFACE_PROPERTIES,
                      "Get",
                      g_variant_new ("(ss)", ZOO_IFACE_GATE "2", "Height"),
                      &error);
  g_assert_no_error (error);

  text = g_variant_print (first, FALSE);
  g_assert_cmpstr (
      text, ==, "({'Visitors': <uint32 0>, 'Motto': <'do not feed'>},)");
  height = g_variant_print (second, FALSE);
  g_assert_cmpstr (height, ==, "(<uint32 4>,)");
  test_close (peer);
}

static void
test_unlisted_object_answers (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autofree char *path = zoo_path_of ("a_b-c");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;

  (void) zoo_add_animal (self->zoo, "a_b-c", FALSE);

  g_assert_cmpstr (path, ==, APM2_OBJECT_JOBS "/a_5fb_2dc");
  reply = test_call (peer, NULL, path, ZOO_IFACE_ANIMAL, "Pat", NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, "('a_b-c',)");
  test_close (peer);
}

static void
test_absent_object_is_an_error (PeerFixture *self, gconstpointer data)
{
  static const char *const paths[] = {
    APM2_OBJECT_JOBS "/none",   APM2_OBJECT_JOBS "/_", APM2_OBJECT_JOBS "/_zz",
    APM2_OBJECT_JOBS "/a/b/c",  APM2_OBJECT_JOBS,      "/",
    APM2_OBJECT_ROOT "/nosuch",
  };
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *called
          = get_error_name (peer, paths[i], ZOO_IFACE_ANIMAL, "Pat", NULL);
      g_autofree char *got
          = get_error_name (peer,
                            paths[i],
                            IFACE_PROPERTIES,
                            "Get",
                            g_variant_new ("(ss)", ZOO_IFACE_ANIMAL, "Name"));
      g_autofree char *got_all
          = get_error_name (peer,
                            paths[i],
                            IFACE_PROPERTIES,
                            "GetAll",
                            g_variant_new ("(s)", ZOO_IFACE_ANIMAL));

      g_assert_cmpstr (called, ==, "org.freedesktop.DBus.Error.UnknownMethod");
      g_test_message ("%s: %s, %s", paths[i], got, got_all);
      g_assert_nonnull (got);
      g_assert_nonnull (got_all);
    }
  test_close (peer);
}

/* GDBus asks twice, and the object may go in between. */
static void
test_object_that_goes_meanwhile_is_an_error (PeerFixture *self,
                                             gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autofree char *name = NULL;

  (void) zoo_add_animal (self->zoo, "mayfly", TRUE);
  self->zoo->n_finds_left = 2;

  name = get_error_name (
      peer, APM2_OBJECT_JOBS "/mayfly", ZOO_IFACE_ANIMAL, "Pat", NULL);

  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.UnknownObject");
  test_close (peer);
}

static void
test_property_cannot_be_set (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autofree char *name = get_error_name (
      peer,
      APM2_OBJECT_QUEUE,
      IFACE_PROPERTIES,
      "Set",
      g_variant_new (
          "(ssv)", ZOO_IFACE_GATE, "Motto", g_variant_new_string ("x")));

  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.InvalidArgs");
  test_close (peer);
}

static void
test_errors_bear_our_names (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autofree char *busy = get_error_name (
      peer, APM2_OBJECT_BROKER, ZOO_IFACE_KEEPER, "Report", NULL);
  g_autofree char *option
      = get_error_name (peer,
                        APM2_OBJECT_ROOT,
                        ZOO_IFACE_GATE,
                        "Echo",
                        g_variant_new_parsed ("('x', {'laud': <true>})"));

  g_assert_cmpstr (busy, ==, "org.apm2.Error.Busy");
  g_assert_cmpstr (option, ==, "org.apm2.Error.InvalidArgument");
  test_close (peer);
}

/* --- the object manager --- */

static void
test_manager_tells_of_all_objects (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) expected = NULL;

  (void) zoo_add_animal (self->zoo, "lion-1", TRUE);
  (void) zoo_add_animal (self->zoo, "shy", FALSE);
  expected = g_variant_ref_sink (g_variant_new_parsed (
      "({objectpath %o: {%s: {'Visitors': <uint32 0>, "
      "'Motto': <'do not feed'>}, %s: {'Height': <uint32 4>}}, "
      "%o: {%s: {'Name': <'lion-1'>, 'Mood': <'calm'>}}},)",
      APM2_OBJECT_QUEUE,
      ZOO_IFACE_GATE,
      ZOO_IFACE_GATE "2",
      APM2_OBJECT_JOBS "/lion_2d1",
      ZOO_IFACE_ANIMAL));

  reply = test_call (peer,
                     NULL,
                     APM2_OBJECT_ROOT,
                     IFACE_OBJECT_MANAGER,
                     "GetManagedObjects",
                     NULL,
                     &error);

  g_assert_no_error (error);
  g_assert_true (g_variant_equal (reply, expected));
  test_close (peer);
}

static void
test_manager_signals_come_and_go (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autoptr (Recorder) recorder = recorder_new (peer);
  g_autofree char *path = zoo_path_of ("lion");
  g_autofree char *seen = NULL;
  Animal *lion = zoo_add_animal (self->zoo, "lion", TRUE);

  g_free (recorder_take (recorder));
  apm2_tree_added (self->zoo->tree, path, &self->zoo->animal, lion);
  apm2_tree_removed (self->zoo->tree, path, &self->zoo->animal);
  seen = recorder_take (recorder);

  g_assert_cmpstr (seen,
                   ==,
                   "Services InterfacesAdded ('" APM2_OBJECT_JOBS "/lion', "
                   "{'" ZOO_IFACE_ANIMAL
                   "': {'Name': <'lion'>, 'Mood': <'calm'>}})\n"
                   "Services InterfacesRemoved ('" APM2_OBJECT_JOBS "/lion', "
                   "['" ZOO_IFACE_ANIMAL "'])");
  test_close (peer);
}

/* --- signals --- */

static void
test_plain_peer_gets_all_signals_in_order (PeerFixture *self,
                                           gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect (self);
  g_autoptr (Recorder) recorder = recorder_new (peer);
  g_autofree char *seen = NULL;

  g_free (recorder_take (recorder));
  change_visitors (self);
  open_gate (self, "wide");
  seen = recorder_take (recorder);

  g_assert_cmpstr (seen,
                   ==,
                   "queue PropertiesChanged ('" ZOO_IFACE_GATE "', "
                   "{'Visitors': <uint32 1>}, [])\n"
                   "queue Opened ('wide',)");
  test_close (peer);
}

static void
test_bus_client_gets_what_it_asked_for (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) asks = peer_fixture_connect_bus (self);
  g_autoptr (GDBusConnection) silent = peer_fixture_connect_bus (self);
  g_autoptr (Recorder) asked = recorder_new (asks);
  g_autoptr (Recorder) unasked = recorder_new (silent);
  g_autoptr (GError) error = NULL;
  g_autofree char *seen = NULL;
  g_autofree char *unseen = NULL;

  g_assert_true (peer_call_driver (asks, "AddMatch", RULE_PROPERTIES, &error));
  g_assert_no_error (error);

  change_visitors (self);
  open_gate (self, "wide");
  seen = recorder_take (asked);
  unseen = recorder_take (unasked);

  g_assert_true (g_str_has_prefix (seen, "queue PropertiesChanged"));
  g_assert_null (strstr (seen, "Opened"));
  g_assert_cmpstr (unseen, ==, "");
  test_close (asks);
  test_close (silent);
}

static void
test_removed_rule_ends_signals (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect_bus (self);
  g_autoptr (Recorder) recorder = recorder_new (peer);
  g_autoptr (GError) error = NULL;
  g_autofree char *seen = NULL;

  g_assert_true (peer_call_driver (peer, "AddMatch", RULE_PROPERTIES, NULL));
  g_assert_true (peer_call_driver (peer, "RemoveMatch", RULE_PROPERTIES, NULL));

  change_visitors (self);
  seen = recorder_take (recorder);

  g_assert_cmpstr (seen, ==, "");
  g_assert_false (
      peer_call_driver (peer, "RemoveMatch", RULE_PROPERTIES, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_MATCH_RULE_NOT_FOUND);
  test_close (peer);
}

static void
test_rules_are_limited (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect_bus (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) malformed = NULL;

  for (guint i = 0; i < 64; i++)
    g_assert_true (peer_call_driver (peer, "AddMatch", "member='A'", NULL));

  g_assert_false (peer_call_driver (peer, "AddMatch", "member='A'", &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED);
  g_assert_false (peer_call_driver (peer, "AddMatch", "colour=1", &malformed));
  g_assert_error (malformed, G_DBUS_ERROR, G_DBUS_ERROR_MATCH_RULE_INVALID);
  test_close (peer);
}

static void
test_nothing_is_built_for_nobody (PeerFixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) peer = peer_fixture_connect_bus (self);
  Animal *lion = zoo_add_animal (self->zoo, "lion", TRUE);

  g_assert_true (peer_call_driver (peer, "AddMatch", "member='Opened'", NULL));

  change_visitors (self);
  apm2_tree_added (
      self->zoo->tree, APM2_OBJECT_JOBS "/lion", &self->zoo->animal, lion);

  g_assert_cmpuint (self->zoo->n_reads, ==, 0);
  test_close (peer);
}

static void
on_peer_added (Apm2OperatorSocket *socket,
               GDBusConnection *connection,
               gpointer user_data)
{
  *(GDBusConnection **) user_data = connection;
}

static void
test_signal_to_one_peer_needs_no_rule (PeerFixture *self, gconstpointer data)
{
  GDBusConnection *served = NULL;
  g_autoptr (GDBusConnection) other = peer_fixture_connect (self);
  g_autoptr (GDBusConnection) peer = NULL;
  g_autoptr (Recorder) overheard = recorder_new (other);
  g_autoptr (Recorder) recorder = NULL;
  g_autofree char *seen = NULL;
  g_autofree char *unseen = NULL;

  /* A connection is there for its client before it is for the broker. */
  g_free (recorder_take (overheard));
  g_signal_connect (
      self->socket, "peer-added", G_CALLBACK (on_peer_added), &served);
  peer = peer_fixture_connect_bus (self);
  recorder = recorder_new (peer);

  apm2_tree_emit_to (self->zoo->tree,
                     served,
                     APM2_OBJECT_BROKER,
                     ZOO_IFACE_KEEPER,
                     "Shift",
                     g_variant_new ("(s)", "over"));
  seen = recorder_take (recorder);
  unseen = recorder_take (overheard);

  g_assert_cmpstr (seen, ==, "Broker Shift ('over',)");
  g_assert_cmpstr (unseen, ==, "");
  test_close (peer);
  test_close (other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/tree/" path,                                              \
              PeerFixture,                                                     \
              NULL,                                                            \
              peer_fixture_set_up,                                             \
              function,                                                        \
              peer_fixture_tear_down)
  ADD ("object/carries-several-faces", test_object_carries_several_faces);
  ADD ("object/unlisted-one-answers", test_unlisted_object_answers);
  ADD ("object/absent-one-is-an-error", test_absent_object_is_an_error);
  ADD ("object/one-that-goes-meanwhile-is-an-error",
       test_object_that_goes_meanwhile_is_an_error);
  ADD ("object/property-cannot-be-set", test_property_cannot_be_set);
  ADD ("object/errors-bear-our-names", test_errors_bear_our_names);
  ADD ("manager/tells-of-all-objects", test_manager_tells_of_all_objects);
  ADD ("manager/signals-come-and-go", test_manager_signals_come_and_go);
  ADD ("signal/plain-peer-gets-all-in-order",
       test_plain_peer_gets_all_signals_in_order);
  ADD ("signal/bus-client-gets-what-it-asked-for",
       test_bus_client_gets_what_it_asked_for);
  ADD ("signal/removed-rule-ends-them", test_removed_rule_ends_signals);
  ADD ("signal/rules-are-limited", test_rules_are_limited);
  ADD ("signal/nothing-is-built-for-nobody", test_nothing_is_built_for_nobody);
  ADD ("signal/to-one-peer-needs-no-rule",
       test_signal_to_one_peer_needs_no_rule);
  return g_test_run ();
}
