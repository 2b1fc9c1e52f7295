/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Asking somebody over D-Bus who may not be well: never longer than
 * APM2_DIAL_TIMEOUT_MS, and never so that it starts anything.
 */

#include "apm2-dial.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>

#include "apm2-error.h"

typedef struct
{
  GCancellable *cancellable; /* (owned) */
  GAsyncResult *result;      /* (owned) (nullable) */
  guint timer;
} Dialing;

static void
dialing_clear (Dialing *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->result);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Dialing, dialing_clear)

static gboolean
on_timeout (gpointer user_data)
{
  Dialing *self = user_data;

  self->timer = 0;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Dialing *self = user_data;

  self->result = g_object_ref (result);
}

static void
dialing_begin (Dialing *self)
{
  self->cancellable = g_cancellable_new ();
  self->timer = g_timeout_add (APM2_DIAL_TIMEOUT_MS, on_timeout, self);
}

static void
dialing_wait (Dialing *self)
{
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* A deadline that passed is told as such, not as having been called off. */
static void
take_error (const Dialing *self, GError *reason, GError **error)
{
  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_error_free (reason);
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_TIMED_OUT,
                   _ ("no answer within %d s"),
                   APM2_DIAL_TIMEOUT_MS / 1000);
      return;
    }
  g_dbus_error_strip_remote_error (reason);
  g_propagate_error (error, reason);
}

static GSocketConnection *
connect_socket (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT,
                                             error);

  if (socket == NULL)
    return NULL;
  /* A connect() that blocks waits for room in the backlog, without an end. */
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_connect (socket, address, NULL, error))
    return NULL;
  return g_socket_connection_factory_create_connection (socket);
}

/**
 * apm2_dial_socket:
 * @path: a socket where somebody speaks D-Bus
 * @error: TIMED_OUT, or why there is no connection
 *
 * Returns: (transfer full): a connection without a bus
 */
GDBusConnection *
apm2_dial_socket (const char *path, GError **error)
{
  g_auto (Dialing) dialing = { 0 };
  g_autoptr (GSocketConnection) stream = connect_socket (path, error);
  GDBusConnection *connection = NULL;
  GError *reason = NULL;

  if (stream == NULL)
    return NULL;
  dialing_begin (&dialing);
  g_dbus_connection_new (G_IO_STREAM (stream),
                         NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
                         NULL,
                         dialing.cancellable,
                         on_open,
                         &dialing);
  dialing_wait (&dialing);
  connection = g_dbus_connection_new_finish (dialing.result, &reason);
  if (connection == NULL)
    take_error (&dialing, reason, error);
  return connection;
}

/**
 * apm2_dial_bus:
 * @address: of a message bus
 * @error: TIMED_OUT, or why there is no connection
 *
 * Returns: (transfer full): a connection of our own
 */
GDBusConnection *
apm2_dial_bus (const char *address, GError **error)
{
  g_auto (Dialing) dialing = { 0 };
  GDBusConnection *connection = NULL;
  GError *reason = NULL;

  dialing_begin (&dialing);
  g_dbus_connection_new_for_address (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      dialing.cancellable,
      on_open,
      &dialing);
  dialing_wait (&dialing);
  connection
      = g_dbus_connection_new_for_address_finish (dialing.result, &reason);
  if (connection == NULL)
    take_error (&dialing, reason, error);
  return connection;
}

/**
 * apm2_dial_call:
 * @connection: a connection
 * @destination: (nullable): a name on the bus; %NULL without a bus
 * @path: object path
 * @iface: interface
 * @method: method
 * @parameters: (nullable) (transfer floating): its arguments
 * @reply_type: type string of the reply
 * @error: what the other side says, or that it says nothing
 *
 * Returns: (transfer full): the reply
 */
GVariant *
apm2_dial_call (GDBusConnection *connection,
                const char *destination,
                const char *path,
                const char *iface,
                const char *method,
                GVariant *parameters,
                const char *reply_type,
                GError **error)
{
  g_autoptr (GError) reason = NULL;
  GVariant *reply
      = g_dbus_connection_call_sync (connection,
                                     destination,
                                     path,
                                     iface,
                                     method,
                                     parameters,
                                     G_VARIANT_TYPE (reply_type),
                                     G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                     APM2_DIAL_TIMEOUT_MS,
                                     NULL,
                                     &reason);

  if (reply != NULL)
    return reply;
  g_dbus_error_strip_remote_error (reason);
  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_TIMED_OUT,
                 _ ("no answer within %d s"),
                 APM2_DIAL_TIMEOUT_MS / 1000);
  else
    g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}
