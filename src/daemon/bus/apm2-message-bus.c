/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The message bus: where we own our name, if there is one.
 *
 * The service never depends on it. A bus that is not there, dies or is replaced
 * takes nothing along: we come back with a growing delay and serve the tree
 * anew. The connection is our own and not the shared one of g_bus_get(), which
 * ends the process when the bus goes.
 *
 * The name is asked for once everything is exported. If somebody else has it we
 * say so and wait until it is free.
 */

#include "apm2-message-bus.h"

#include "apm2-bus-name.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-names.h"

/* Between attempts; doubled each time. */
#define RETRY_MIN_MSEC 100
#define RETRY_MAX_MSEC 10000
/* A bus that accepts and says nothing must not hold up our start. */
#define SETTLE_TIMEOUT_SEC 3

struct _Apm2MessageBus
{
  GObject parent_instance;

  Apm2Tree *tree; /* (owned) */
  GBusType type;
  char *address;               /* (nullable) fixed one, for tests */
  GDBusConnection *connection; /* (owned) (nullable) */
  GCancellable *cancellable;   /* of everything that is under way */
  Apm2BusName *name;           /* (owned) (nullable) on the connection */
  guint retry;                 /* timer */
  guint retry_msec;
  guint settle; /* timer */
  gboolean is_owned;
  gboolean is_settled;
  gboolean has_told_failure; /* once per time that it went away */
};

G_DEFINE_FINAL_TYPE (Apm2MessageBus, apm2_message_bus, G_TYPE_OBJECT)

enum
{
  SIGNAL_SETTLED,
  SIGNAL_CHANGED,
  SIGNAL_NAME_LOST,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void attempt (Apm2MessageBus *self);

static char *
find_session_address (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *runtime_dir = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;
  g_autofree char *escaped = NULL;

  /* "autolaunch:" would start a bus that nobody else uses. */
  if (address != NULL && *address != '\0')
    return g_str_has_prefix (address, "autolaunch:") ? NULL
                                                     : g_strdup (address);
  if (runtime_dir == NULL || *runtime_dir == '\0')
    return NULL;
  path = g_build_filename (runtime_dir, "bus", NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  escaped = g_dbus_address_escape_value (path);
  return g_strconcat ("unix:path=", escaped, NULL);
}

static char *
find_address (Apm2MessageBus *self)
{
  const char *address = g_getenv ("DBUS_SYSTEM_BUS_ADDRESS");

  if (self->address != NULL)
    return g_strdup (self->address);
  if (self->type == G_BUS_TYPE_SESSION)
    return find_session_address ();
  if (address != NULL && *address != '\0')
    return g_strdup (address);
  return g_strdup ("unix:path=/run/dbus/system_bus_socket");
}

static const char *
describe (Apm2MessageBus *self)
{
  return self->type == G_BUS_TYPE_SYSTEM ? "system bus" : "session bus";
}

static void
settle (Apm2MessageBus *self)
{
  g_clear_handle_id (&self->settle, g_source_remove);
  if (self->is_settled)
    return;
  self->is_settled = TRUE;
  g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

static gboolean
on_settle_timeout (gpointer user_data)
{
  Apm2MessageBus *self = user_data;

  self->settle = 0;
  g_info ("The %s does not answer; going on without it", describe (self));
  settle (self);
  return G_SOURCE_REMOVE;
}

static void
set_owned (Apm2MessageBus *self, gboolean is_owned)
{
  if (self->is_owned == is_owned)
    return;
  self->is_owned = is_owned;
  if (is_owned)
    {
      self->retry_msec = RETRY_MIN_MSEC;
      self->has_told_failure = FALSE;
      g_info ("Own %s on the %s", APM2_BUS_NAME, describe (self));
    }
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2MessageBus *self = user_data;

  self->retry = 0;
  if (self->name != NULL)
    apm2_bus_name_request (self->name);
  else
    attempt (self);
  return G_SOURCE_REMOVE;
}

static void
retry_later (Apm2MessageBus *self)
{
  if (self->retry != 0 || self->cancellable == NULL)
    return;
  self->retry = g_timeout_add (self->retry_msec, on_retry, self);
  self->retry_msec = MIN (self->retry_msec * 2, RETRY_MAX_MSEC);
}

static void
report_name_lost (Apm2MessageBus *self, const char *reason)
{
  g_autofree char *message = NULL;

  message = g_strdup_printf (
      "%s on the %s is not ours: %s; see “busctl --%s status %s”",
      APM2_BUS_NAME,
      describe (self),
      reason,
      self->type == G_BUS_TYPE_SYSTEM ? "system" : "user",
      APM2_BUS_NAME);
  if (!self->has_told_failure)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.message_id = APM2_MSG_NAME_LOST),
              "%s",
              message);
  self->has_told_failure = TRUE;
  g_signal_emit (self, signals[SIGNAL_NAME_LOST], 0, message);
}

static void
on_name (Apm2BusNameState state, const char *reason, gpointer data)
{
  g_autoptr (Apm2MessageBus) self = g_object_ref (data);

  set_owned (self, state == APM2_BUS_NAME_OWNED);
  if (state != APM2_BUS_NAME_OWNED)
    report_name_lost (self, reason);
  if (state == APM2_BUS_NAME_REFUSED)
    retry_later (self);
  settle (self);
}

static void
drop_connection (Apm2MessageBus *self)
{
  if (self->connection == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_pointer (&self->name, apm2_bus_name_drop);
  g_clear_object (&self->connection);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  g_autoptr (Apm2MessageBus) self = g_object_ref (user_data);

  drop_connection (self);
  g_message ("Lost the %s: %s; trying to come back",
             describe (self),
             error != NULL ? error->message : "closed");
  set_owned (self, FALSE);
  retry_later (self);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2MessageBus) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = NULL;

  connection = g_dbus_connection_new_for_address_finish (result, &error);
  if (self->cancellable == NULL)
    return;
  if (connection == NULL
      || !apm2_tree_serve_bus (self->tree, connection, &error))
    {
      if (!self->has_told_failure)
        g_info (
            "No %s: %s; going on without it", describe (self), error->message);
      self->has_told_failure = TRUE;
      retry_later (self);
      settle (self);
      return;
    }

  self->connection = g_steal_pointer (&connection);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  self->name
      = apm2_bus_name_new (self->connection, APM2_BUS_NAME, on_name, self);
}

static void
attempt (Apm2MessageBus *self)
{
  g_autofree char *address = find_address (self);

  if (address == NULL)
    {
      g_info ("There is no %s; going on without it", describe (self));
      settle (self);
      return;
    }
  g_dbus_connection_new_for_address (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      self->cancellable,
      on_connected,
      g_object_ref (self));
}

static void
apm2_message_bus_dispose (GObject *object)
{
  Apm2MessageBus *self = APM2_MESSAGE_BUS (object);

  apm2_message_bus_stop (self);
  g_clear_object (&self->tree);
  g_clear_pointer (&self->address, g_free);

  G_OBJECT_CLASS (apm2_message_bus_parent_class)->dispose (object);
}

static void
apm2_message_bus_class_init (Apm2MessageBusClass *klass)
{
  GType type = G_OBJECT_CLASS_TYPE (klass);

  G_OBJECT_CLASS (klass)->dispose = apm2_message_bus_dispose;
  signals[SIGNAL_SETTLED] = g_signal_new (
      "settled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CHANGED] = g_signal_new (
      "changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_NAME_LOST] = g_signal_new ("name-lost",
                                            type,
                                            G_SIGNAL_RUN_LAST,
                                            0,
                                            NULL,
                                            NULL,
                                            NULL,
                                            G_TYPE_NONE,
                                            1,
                                            G_TYPE_STRING);
}

static void
apm2_message_bus_init (Apm2MessageBus *self)
{
  self->retry_msec = RETRY_MIN_MSEC;
}

/**
 * apm2_message_bus_new:
 * @tree: what is served
 * @type: %G_BUS_TYPE_SESSION or %G_BUS_TYPE_SYSTEM
 *
 * Returns: (transfer full): a bus that is not connected yet
 */
Apm2MessageBus *
apm2_message_bus_new (Apm2Tree *tree, GBusType type)
{
  return apm2_message_bus_new_for_address (tree, type, NULL);
}

/**
 * apm2_message_bus_new_for_address:
 * @tree: what is served
 * @type: %G_BUS_TYPE_SESSION or %G_BUS_TYPE_SYSTEM
 * @address: (nullable): D-Bus address; %NULL for that of @type
 *
 * Returns: (transfer full): a bus that is not connected yet
 */
Apm2MessageBus *
apm2_message_bus_new_for_address (Apm2Tree *tree,
                                  GBusType type,
                                  const char *address)
{
  Apm2MessageBus *self = NULL;

  g_return_val_if_fail (APM2_IS_TREE (tree), NULL);

  self = g_object_new (APM2_TYPE_MESSAGE_BUS, NULL);
  self->tree = g_object_ref (tree);
  self->type = type;
  self->address = g_strdup (address);
  return self;
}

/**
 * apm2_message_bus_start:
 * @self: a bus
 *
 * Connects and asks for the name; "settled" follows, perhaps before this
 * returns.
 */
void
apm2_message_bus_start (Apm2MessageBus *self)
{
  g_return_if_fail (APM2_IS_MESSAGE_BUS (self));
  g_return_if_fail (self->cancellable == NULL);

  self->cancellable = g_cancellable_new ();
  self->settle
      = g_timeout_add_seconds (SETTLE_TIMEOUT_SEC, on_settle_timeout, self);
  attempt (self);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusConnection *connection = G_DBUS_CONNECTION (source);

  (void) g_dbus_connection_flush_finish (connection, result, NULL);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
}

/**
 * apm2_message_bus_stop:
 * @self: a bus
 *
 * Gives the name up by leaving, once what was sent is written.
 */
void
apm2_message_bus_stop (Apm2MessageBus *self)
{
  g_return_if_fail (APM2_IS_MESSAGE_BUS (self));

  if (self->cancellable == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->settle, g_source_remove);
  if (self->connection != NULL)
    g_dbus_connection_flush (self->connection, NULL, on_flushed, NULL);
  drop_connection (self);
  self->is_owned = FALSE;
}

/**
 * apm2_message_bus_is_owned:
 * @self: a bus
 *
 * Returns: whether our name is ours now
 */
gboolean
apm2_message_bus_is_owned (Apm2MessageBus *self)
{
  g_return_val_if_fail (APM2_IS_MESSAGE_BUS (self), FALSE);

  return self->is_owned;
}

/**
 * apm2_message_bus_is_settled:
 * @self: a bus
 *
 * Returns: whether the first attempt is over
 */
gboolean
apm2_message_bus_is_settled (Apm2MessageBus *self)
{
  g_return_val_if_fail (APM2_IS_MESSAGE_BUS (self), FALSE);

  return self->is_settled;
}

/**
 * apm2_message_bus_get_connection:
 * @self: a bus
 *
 * Returns: (transfer none) (nullable): the connection, for as long as it lasts
 */
GDBusConnection *
apm2_message_bus_get_connection (Apm2MessageBus *self)
{
  g_return_val_if_fail (APM2_IS_MESSAGE_BUS (self), NULL);

  return self->connection;
}
