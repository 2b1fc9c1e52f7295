/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The programs under test as processes, and connections to the broker.
 */

#include "rig-broker.h"

#include "apm2-names.h"
#include "rig-wait.h"

/**
 * rig_try_connect:
 * @home: the broker's home
 * @how: with or without Hello
 *
 * Returns: (transfer full) (nullable): a connection, %NULL if nobody listens
 */
GDBusConnection *
rig_try_connect (RigHome *home, RigConnect how)
{
  GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT;

  if (how == RIG_BUS)
    flags |= G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  return g_dbus_connection_new_for_address_sync (
      home->address, flags, NULL, NULL, NULL);
}

/**
 * rig_connect:
 * @home: the home of a broker that is ready
 * @how: with or without Hello
 *
 * Returns: (transfer full): a connection
 */
GDBusConnection *
rig_connect (RigHome *home, RigConnect how)
{
  GDBusConnection *connection = rig_try_connect (home, how);

  if (connection == NULL)
    rig_fail ("cannot connect to the broker at %s", home->address);
  return connection;
}

/**
 * rig_disconnect:
 * @connection: (transfer full): a connection, which is closed
 */
void
rig_disconnect (GDBusConnection *connection)
{
  (void) g_dbus_connection_close_sync (connection, NULL, NULL);
  g_object_unref (connection);
}

typedef struct
{
  RigHome *home;
  RigProcess *broker;
} Start;

static gboolean
is_ready (gpointer data)
{
  Start *start = data;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!rig_process_is_running (start->broker))
    rig_fail ("the broker ended instead of starting");
  connection = rig_try_connect (start->home, RIG_PEER);
  if (connection == NULL)
    return FALSE;
  reply = g_dbus_connection_call_sync (
      connection,
      NULL,
      APM2_OBJECT_ROOT,
      "org.freedesktop.DBus.Properties",
      "Get",
      g_variant_new ("(ss)", APM2_IFACE_SERVICES, "ApiVersion"),
      NULL,
      G_DBUS_CALL_FLAGS_NONE,
      (int) rig_deadline_ms (),
      NULL,
      NULL);
  (void) g_dbus_connection_close_sync (connection, NULL, NULL);
  return reply != NULL;
}

/**
 * rig_broker_start:
 * @home: where it runs
 *
 * Returns: (transfer full): a broker that answers
 */
RigProcess *
rig_broker_start (RigHome *home)
{
  g_autofree char *program = rig_program ("daemon/apm2-daemon");
  const char *argv[] = { program, "--user", NULL };
  RigProcess *broker = rig_process_start (home, "broker", argv);
  Start start = { home, broker };

  rig_wait (is_ready, &start, "the broker answers");
  return broker;
}

/**
 * rig_worker_start:
 * @home: where it runs; a broker need not run yet
 * @options: (array zero-terminated=1) (nullable): more arguments
 *
 * Returns: (transfer full): a worker with the direct executor
 */
RigProcess *
rig_worker_start (RigHome *home, const char *const *options)
{
  g_autofree char *program = rig_program ("worker/apm2-worker");
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  RigProcess *worker = NULL;

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (gpointer) "--user");
  g_ptr_array_add (argv, (gpointer) "--executor=direct");
  for (gsize i = 0; options != NULL && options[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) options[i]);
  g_ptr_array_add (argv, NULL);
  worker
      = rig_process_start (home, "worker", (const char *const *) argv->pdata);
  rig_process_await_handler (worker);
  return worker;
}

/**
 * rig_new:
 * @config: (nullable): text of apm2.conf
 *
 * Returns: (transfer full): a broker in a fresh home, and a client
 */
Rig *
rig_new (const char *config)
{
  Rig *self = g_new0 (Rig, 1);

  self->home = rig_home_new (config);
  self->broker = rig_broker_start (self->home);
  self->client = rig_connect (self->home, RIG_PEER);
  return self;
}

/**
 * rig_free:
 * @self: (transfer full) (nullable): a rig; its broker must still run, and end
 *   well
 */
void
rig_free (Rig *self)
{
  if (self == NULL)
    return;
  rig_disconnect (self->client);
  if (rig_process_is_running (self->broker))
    g_assert_cmpint (rig_process_stop (self->broker), ==, 0);
  else
    rig_fail ("the broker ended during the test");
  rig_process_free (self->broker);
  rig_home_free (self->home);
  g_free (self);
}

static void
start_again (Rig *self)
{
  g_clear_object (&self->client);
  g_clear_pointer (&self->broker, rig_process_free);
  self->broker = rig_broker_start (self->home);
  self->client = rig_connect (self->home, RIG_PEER);
}

void
rig_crash (Rig *self)
{
  rig_process_kill (self->broker);
  start_again (self);
}

void
rig_restart (Rig *self)
{
  g_assert_cmpint (rig_process_stop (self->broker), ==, 0);
  start_again (self);
}
