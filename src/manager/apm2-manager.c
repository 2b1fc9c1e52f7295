/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The connection to the service manager: made, kept, made again.
 *
 * It is our own and ends nothing when it goes. A manager that executes itself
 * anew closes its socket, or leaves the bus and comes back; either way "lost"
 * and "connected" follow each other and whoever listens reads anew. Where there
 * is nothing to connect to, as in a container, we say so once and do not try
 * again.
 */

#include "apm2-manager.h"

#include "apm2-manager-dial.h"
#include "apm2-manager-place.h"
#include "apm2-manager-private.h"

/* Between attempts; doubled each time. */
#define RETRY_MIN_MSEC 100
#define RETRY_MAX_MSEC 10000
/* For who accepts a connection and says nothing. */
#define CONNECT_TIMEOUT_SEC 5
#define NO_ANSWER           "it does not answer"

G_DEFINE_FINAL_TYPE (Apm2Manager, apm2_manager, G_TYPE_OBJECT)

static void attempt (Apm2Manager *self);

void
apm2_manager_tell_loss (Apm2Manager *self, const char *reason)
{
  self->is_connected = FALSE;
  if (self->has_told_loss)
    return;
  self->has_told_loss = TRUE;
  g_info (
      "No service manager (%s): %s", apm2_mode_to_string (self->mode), reason);
  g_signal_emit_by_name (self, "lost", reason);
}

static void
drop_connection (Apm2Manager *self)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->is_connected = FALSE;
  if (self->connection == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->connection, self);
  apm2_manager_unhear (self);
  g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2Manager *self = user_data;

  self->retry = 0;
  attempt (self);
  return G_SOURCE_REMOVE;
}

static void
retry_later (Apm2Manager *self)
{
  if (self->retry != 0 || self->cancellable == NULL)
    return;
  self->retry = g_timeout_add (self->retry_msec, on_retry, self);
  self->retry_msec = MIN (self->retry_msec * 2, RETRY_MAX_MSEC);
}

static void
fail (Apm2Manager *self, const char *reason)
{
  drop_connection (self);
  apm2_manager_tell_loss (self, reason);
  retry_later (self);
}

/**
 * apm2_manager_note_failure:
 * @self: a manager
 * @connection: of a call that has ended
 * @error: how
 *
 * One that lets a call run out of time has not told what became of it, and may
 * never: it counts as lost, so that everything is read anew when it answers.
 */
void
apm2_manager_note_failure (Apm2Manager *self,
                           GDBusConnection *connection,
                           const GError *error)
{
  if (connection == self->connection && self->is_connected
      && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
          || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)))
    fail (self, NO_ANSWER);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  g_autoptr (Apm2Manager) self = g_object_ref (user_data);

  fail (self, error != NULL ? error->message : "it closed the connection");
}

static void
become_connected (Apm2Manager *self)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->is_connected = TRUE;
  self->was_connected = TRUE;
  self->has_told_loss = FALSE;
  self->retry_msec = RETRY_MIN_MSEC;
  g_info ("Connected to the service manager (%s)",
          apm2_mode_to_string (self->mode));
  g_signal_emit_by_name (self, "connected");
}

/* Over an execution of itself it keeps what we asked of it. */
static gboolean
is_subscribed_already (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return g_strcmp0 (name, APM2_MANAGER_NAME ".AlreadySubscribed") == 0;
}

static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (
             error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
}

static void
on_subscribed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Manager) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  if (source != (GObject *) self->connection)
    return;
  if (reply != NULL || is_subscribed_already (error))
    become_connected (self);
  else if (self->is_bus && is_absent (error))
    {
      /* The bus will tell when it comes. */
      g_clear_handle_id (&self->deadline, g_source_remove);
      apm2_manager_tell_loss (self, "it is not on the bus");
    }
  else
    fail (self, error->message);
}

void
apm2_manager_subscribe (Apm2Manager *self)
{
  g_dbus_connection_call (self->connection,
                          apm2_manager_get_destination (self),
                          APM2_MANAGER_PATH,
                          APM2_MANAGER_IFACE,
                          "Subscribe",
                          NULL,
                          NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          -1,
                          self->cancellable,
                          on_subscribed,
                          g_object_ref (self));
}

/* @connection: (transfer full) (nullable) */
static void
take_connection (Apm2Manager *self,
                 GDBusConnection *connection,
                 const GError *error)
{
  if (self->cancellable == NULL)
    {
      if (connection != NULL)
        g_dbus_connection_close (connection, NULL, NULL, NULL);
      g_clear_object (&connection);
      return;
    }
  if (connection == NULL)
    {
      fail (self,
            g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
                ? NO_ANSWER
                : error->message);
      return;
    }
  self->connection = connection;
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  apm2_manager_hear (self);
  apm2_manager_subscribe (self);
}

static void
on_bus_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Manager) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection
      = g_dbus_connection_new_for_address_finish (result, &error);

  take_connection (self, connection, error);
}

static void
on_socket_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Manager) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = apm2_manager_dial_finish (result, &error);

  take_connection (self, connection, error);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (Apm2Manager) self = g_object_ref (user_data);
  g_autoptr (GCancellable) expired = g_steal_pointer (&self->cancellable);

  self->deadline = 0;
  self->cancellable = g_cancellable_new ();
  g_cancellable_cancel (expired);
  if (self->connection != NULL)
    fail (self, NO_ANSWER);
  return G_SOURCE_REMOVE;
}

static void
attempt (Apm2Manager *self)
{
  g_autoptr (Apm2ManagerPlace) place = apm2_manager_place_find (self->mode);

  if (place == NULL)
    {
      self->is_absent = !self->was_connected;
      apm2_manager_tell_loss (self, "there is no socket to reach it");
      if (self->was_connected)
        retry_later (self);
      return;
    }
  self->is_bus = place->bus_address != NULL;
  self->deadline
      = g_timeout_add_seconds (CONNECT_TIMEOUT_SEC, on_deadline, self);
  if (self->is_bus)
    g_dbus_connection_new_for_address (
        place->bus_address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL,
        self->cancellable,
        on_bus_opened,
        g_object_ref (self));
  else
    apm2_manager_dial_async (place->socket_path,
                             self->cancellable,
                             on_socket_opened,
                             g_object_ref (self));
}

static void
apm2_manager_dispose (GObject *object)
{
  apm2_manager_stop (APM2_MANAGER (object));
  G_OBJECT_CLASS (apm2_manager_parent_class)->dispose (object);
}

static void
apm2_manager_finalize (GObject *object)
{
  Apm2Manager *self = APM2_MANAGER (object);

  g_array_unref (self->subscriptions);
  g_hash_table_unref (self->watches);
  G_OBJECT_CLASS (apm2_manager_parent_class)->finalize (object);
}

static void
apm2_manager_class_init (Apm2ManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_manager_dispose;
  G_OBJECT_CLASS (klass)->finalize = apm2_manager_finalize;
  apm2_manager_add_signals (G_OBJECT_CLASS_TYPE (klass));
}

static void
apm2_manager_init (Apm2Manager *self)
{
  self->retry_msec = RETRY_MIN_MSEC;
  self->subscriptions = g_array_new (FALSE, FALSE, sizeof (guint));
  self->watches = apm2_manager_new_watches ();
}

/**
 * apm2_manager_new:
 * @mode: USER or SYSTEM: whose manager
 *
 * Returns: (transfer full): a manager that is not connected yet
 */
Apm2Manager *
apm2_manager_new (Apm2Mode mode)
{
  Apm2Manager *self = NULL;

  g_return_val_if_fail (mode == APM2_MODE_USER || mode == APM2_MODE_SYSTEM,
                        NULL);

  self = g_object_new (APM2_TYPE_MANAGER, NULL);
  self->mode = mode;
  return self;
}

/**
 * apm2_manager_start:
 * @self: a manager
 *
 * Connects, and again whenever the connection goes, with a growing delay.
 * "connected" or "lost" follows, "lost" perhaps before this returns.
 */
void
apm2_manager_start (Apm2Manager *self)
{
  g_return_if_fail (APM2_IS_MANAGER (self));
  g_return_if_fail (self->cancellable == NULL);

  self->cancellable = g_cancellable_new ();
  attempt (self);
}

/**
 * apm2_manager_stop:
 * @self: a manager
 *
 * Leaves it, without a signal. Calls under way end with an error.
 */
void
apm2_manager_stop (Apm2Manager *self)
{
  g_return_if_fail (APM2_IS_MANAGER (self));

  if (self->cancellable == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->retry, g_source_remove);
  drop_connection (self);
}

/**
 * apm2_manager_is_connected:
 * @self: a manager
 *
 * Returns: whether it answers and signals
 */
gboolean
apm2_manager_is_connected (Apm2Manager *self)
{
  g_return_val_if_fail (APM2_IS_MANAGER (self), FALSE);

  return self->is_connected;
}

/**
 * apm2_manager_is_absent:
 * @self: a manager that was "lost"
 *
 * Returns: whether there is nothing to reach it by, as in a container, and
 *   nobody tries any more
 */
gboolean
apm2_manager_is_absent (Apm2Manager *self)
{
  g_return_val_if_fail (APM2_IS_MANAGER (self), FALSE);

  return self->is_absent;
}

/**
 * apm2_manager_get_mode:
 * @self: a manager
 *
 * Returns: whose manager it is
 */
Apm2Mode
apm2_manager_get_mode (Apm2Manager *self)
{
  g_return_val_if_fail (APM2_IS_MANAGER (self), APM2_MODE_USER);

  return self->mode;
}

const char *
apm2_manager_get_destination (Apm2Manager *self)
{
  return self->is_bus ? APM2_MANAGER_NAME : NULL;
}
