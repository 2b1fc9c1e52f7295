/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The broker on a message bus: there, gone, back; and the same objects as on
 * the operator socket, without the worker protocol.
 */

#include <string.h>

#include "rig-broker.h"
#include "rig-bus.h"
#include "rig-client.h"
#include "rig-recorder.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  RigHome *home;
  RigProcess *daemon; /* of the bus */
  RigProcess *broker;
  GDBusConnection *bus;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->home = rig_home_new (NULL);
  self->daemon = rig_bus_start (self->home);
  self->broker = rig_broker_start (self->home);
  self->bus = rig_bus_connect (self->home);
  rig_bus_wait_owned (self->bus);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (rig_process_stop (self->broker), ==, 0);
  rig_process_free (self->broker);
  g_object_unref (self->bus);
  rig_process_free (self->daemon);
  rig_home_free (self->home);
}

static void
test_same_objects_on_the_bus (Fixture *self, gconstpointer data)
{
  GDBusConnection *peer = rig_connect (self->home, RIG_PEER);
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->bus, spec);
  g_autofree char *state = rig_get_string (peer, id, "state");
  g_autofree char *path = rig_job_path (id);

  g_assert_cmpstr (state, ==, "pending");
  rig_wait_property (self->bus, path, "State", "'pending'");
  rig_disconnect (peer);
}

static void
test_worker_protocol_is_not_on_the_bus (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_call (self->bus,
                  APM2_OBJECT_BROKER,
                  APM2_IFACE_BROKER,
                  "RegisterWorker",
                  g_variant_new ("(sua(st)a{sv})", "w", 1, NULL, NULL),
                  &error);
  g_autoptr (GVariant) xml = NULL;
  const char *text = NULL;

  g_assert_null (reply);
  g_assert_true (g_dbus_error_is_remote_error (error));
  g_clear_error (&error);
  reply = rig_call (self->bus,
                    APM2_OBJECT_SLOTS,
                    APM2_IFACE_SLOTS,
                    "Attach",
                    g_variant_new ("(sa{sv})", "{}", NULL),
                    &error);
  g_assert_null (reply);
  g_assert_true (g_dbus_error_is_remote_error (error));
  xml = rig_call (self->bus,
                  "/org/apm2",
                  "org.freedesktop.DBus.Introspectable",
                  "Introspect",
                  NULL,
                  NULL);
  g_assert_nonnull (xml);
  g_variant_get (xml, "(&s)", &text);
  g_assert_null (strstr (text, "Broker"));
}

static void
test_signals_reach_the_bus (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->bus);
  g_autoptr (RigWorker) worker = rig_worker_new (self->home, "w", 1);
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->bus, spec);
  g_autofree char *path = rig_job_path (id);
  g_autofree char *finished = g_strconcat (path, " Finished ", NULL);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);

  rig_worker_pass (worker, lease);
  (void) rig_recorder_await (recorder, 0, finished, "'completed'");
}

static void
test_dead_bus_takes_nothing_along (Fixture *self, gconstpointer data)
{
  GDBusConnection *peer = rig_connect (self->home, RIG_PEER);
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *before = rig_submit (self->bus, spec);
  g_autofree char *during = NULL;
  g_autofree char *after = NULL;

  rig_process_kill (self->daemon);
  during = rig_submit (peer, spec);
  g_clear_pointer (&self->daemon, rig_process_free);
  g_clear_object (&self->bus);

  self->daemon = rig_bus_start (self->home);
  self->bus = rig_bus_connect (self->home);
  rig_bus_wait_owned (self->bus);
  rig_wait_state (self->bus, before, "pending");
  rig_wait_state (self->bus, during, "pending");
  after = rig_submit (self->bus, spec);
  rig_wait_state (peer, after, "pending");
  rig_disconnect (peer);
}

static void
test_signals_flow_again_after_the_bus (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = NULL;

  rig_process_kill (self->daemon);
  g_clear_pointer (&self->daemon, rig_process_free);
  g_clear_object (&self->bus);
  self->daemon = rig_bus_start (self->home);
  self->bus = rig_bus_connect (self->home);
  rig_bus_wait_owned (self->bus);

  recorder = rig_recorder_new (self->bus);
  g_variant_unref (rig_queue (self->bus, "Pause", "('', @a{sv} {})"));
  (void) rig_recorder_await (
      recorder, 0, APM2_OBJECT_QUEUE " Properties ", "Paused=true");
  g_assert_cmpuint (rig_recorder_count (recorder,
                                        APM2_OBJECT_QUEUE " Properties ",
                                        "Paused=true"),
                    ==,
                    1);
}

static void
test_bus_may_come_late (void)
{
  g_autoptr (RigHome) home = rig_home_new (NULL);
  g_autoptr (RigProcess) daemon = NULL;
  g_autoptr (RigProcess) broker = NULL;
  g_autoptr (GDBusConnection) bus = NULL;

  /* The address is known, but nobody is there yet. */
  home->bus_address = g_strdup_printf ("unix:path=%s/bus", home->dir);
  broker = rig_broker_start (home);
  daemon = rig_bus_start (home);
  bus = rig_bus_connect (home);
  rig_bus_wait_owned (bus);
  g_assert_cmpint (rig_process_stop (broker), ==, 0);
}

static void
test_name_is_free_after_the_end (Fixture *self, gconstpointer data)
{
  g_autofree char *owner = NULL;

  g_assert_cmpint (rig_process_stop (self->broker), ==, 0);
  owner = rig_bus_get_owner (self->bus);
  g_assert_null (owner);
  g_clear_pointer (&self->broker, rig_process_free);
  self->broker = rig_broker_start (self->home);
  rig_bus_wait_owned (self->bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/message-bus/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("same-objects", test_same_objects_on_the_bus);
  ADD ("worker-protocol-is-not-there", test_worker_protocol_is_not_on_the_bus);
  ADD ("signals-reach-it", test_signals_reach_the_bus);
  ADD ("dead-one-takes-nothing-along", test_dead_bus_takes_nothing_along);
  ADD ("signals-flow-again", test_signals_flow_again_after_the_bus);
  ADD ("name-is-free-after-the-end", test_name_is_free_after_the_end);
  g_test_add_func ("/apm2/message-bus/may-come-late", test_bus_may_come_late);
  return g_test_run ();
}
