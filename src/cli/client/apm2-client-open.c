/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The way to the broker: its operator socket if we may open it, else the bus.
 *
 * Nothing is started on the way: the bus is asked whether the broker is there,
 * not to bring it. If there is no way, the error says in one line what was
 * tried, why it did not work and what to type next. A broker that accepts and
 * then says nothing is given up after a while.
 */

#include "apm2-client-private.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>

#include "apm2-bus-address.h"
#include "apm2-error.h"
#include "apm2-host.h"
#include "apm2-names.h"
#include "apm2-paths.h"
#include "apm2-ssh.h"
#include "apm2-word.h"

/* As long as D-Bus waits for any reply; a broker that is being started by its
 * socket has this time to open its store. */
#define OPEN_TIMEOUT_SEC 25
/* ssh may have to ask for something. */
#define HOST_TIMEOUT_SEC 120

typedef struct
{
  Apm2Paths *paths;          /* (owned) */
  char *host;                /* (owned) (nullable) over ssh */
  Apm2Mode asked;            /* as typed */
  gboolean interactive;      /* may ask for a password */
  char *socket_problem;      /* (owned) (nullable) */
  GDBusConnection *bus;      /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) ours: for the deadline */
  GCancellable *outer;       /* (owned) (nullable) the caller's */
  gulong outer_handler;
  guint deadline;
} Opening;

static void
opening_free (Opening *self)
{
  if (self->outer_handler != 0)
    g_cancellable_disconnect (self->outer, self->outer_handler);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_clear_object (&self->bus);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->outer);
  g_free (self->socket_problem);
  g_free (self->host);
  g_free (self);
}

static const char *
say_why (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return _ ("no such socket");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return _ ("nobody listens");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return _ ("permission denied");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return _ ("too many callers wait");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return _ ("no answer");
  return error->message;
}

/* It listens, so it was started; it is stuck. */
static GError *
new_silence_error (const Opening *self)
{
  return g_error_new (
      APM2_ERROR,
      APM2_ERROR_UNAVAILABLE,
      _ ("the broker (%s mode) listens at %s but did not answer for %d s; look "
         "at it with '%s status apm2-daemon'"),
      apm2_word_get (apm2_mode_to_string (self->paths->mode)),
      self->paths->operator_socket,
      OPEN_TIMEOUT_SEC,
      self->paths->mode == APM2_MODE_USER ? "systemctl --user" : "systemctl");
}

static GError *
new_unreachable_error (const Opening *self, const char *bus_problem)
{
  const gboolean user = self->paths->mode == APM2_MODE_USER;
  const char *flag = self->asked == APM2_MODE_USER     ? " --user"
                     : self->asked == APM2_MODE_SYSTEM ? " --system"
                                                       : "";

  return g_error_new (
      APM2_ERROR,
      APM2_ERROR_UNAVAILABLE,
      /* TRANSLATORS: "user" or "system", a socket, what is wrong with it, a
       * bus, what is wrong with it, "systemctl" with an option, and " --user"
       * or nothing. */
      _ ("cannot reach the broker (%s mode): %s: %s; %s: %s; start it with "
         "'%s start apm2-daemon.socket' or 'apm2%s daemon run'"),
      apm2_word_get (apm2_mode_to_string (self->paths->mode)),
      self->paths->operator_socket,
      self->socket_problem,
      user ? _ ("session bus") : _ ("system bus"),
      bus_problem,
      user ? "systemctl --user" : "systemctl",
      flag);
}

static GError *
new_host_error (const Opening *self, const char *problem)
{
  return g_error_new (APM2_ERROR,
                      APM2_ERROR_UNAVAILABLE,
                      _ ("cannot reach the broker of %s (%s mode): %s"),
                      self->host,
                      apm2_mode_to_string (self->paths->mode),
                      problem);
}

static void
return_unreachable (GTask *task, const char *bus_problem)
{
  const Opening *self = g_task_get_task_data (task);

  g_task_return_error (task,
                       self->host != NULL
                           ? new_host_error (self, bus_problem)
                           : new_unreachable_error (self, bus_problem));
}

static void
on_owner_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  gboolean owned = FALSE;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  if (reply == NULL)
    {
      return_unreachable (task, say_why (error));
      return;
    }
  g_variant_get (reply, "(b)", &owned);
  if (!owned)
    {
      return_unreachable (task, _ ("the broker is not on it"));
      return;
    }
  /* On a session bus polkit is not asked. */
  g_task_return_pointer (
      task,
      apm2_client_new (self->bus,
                       FALSE,
                       self->interactive && self->host == NULL
                           && self->paths->mode == APM2_MODE_SYSTEM),
      (GDestroyNotify) apm2_client_close);
}

static void ask_for_owner (GTask *task);

static void
on_bus_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  self->bus = g_dbus_connection_new_for_address_finish (result, &error);
  if (self->bus == NULL)
    {
      return_unreachable (task, say_why (error));
      return;
    }
  ask_for_owner (g_steal_pointer (&task));
}

static void
on_host_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  self->bus = apm2_ssh_open_finish (result, &error);
  if (self->bus == NULL)
    return_unreachable (task, say_why (error));
  else
    ask_for_owner (g_steal_pointer (&task));
}

static void
open_host (GTask *task)
{
  Opening *self = g_task_get_task_data (task);
  g_auto (GStrv) argv = apm2_host_get_command (
      self->host, self->paths->mode == APM2_MODE_USER, !self->interactive);

  apm2_ssh_open_async ((const char *const *) argv,
                       self->cancellable,
                       on_host_open,
                       g_object_ref (task));
}

/* @task: (transfer full) */
static void
ask_for_owner (GTask *task)
{
  Opening *self = g_task_get_task_data (task);

  g_dbus_connection_call (self->bus,
                          "org.freedesktop.DBus",
                          "/org/freedesktop/DBus",
                          "org.freedesktop.DBus",
                          "NameHasOwner",
                          g_variant_new ("(s)", APM2_BUS_NAME),
                          G_VARIANT_TYPE ("(b)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          -1,
                          self->cancellable,
                          on_owner_known,
                          task);
}

static void
open_bus (GTask *task)
{
  Opening *self = g_task_get_task_data (task);
  g_autofree char *address = apm2_bus_address_find (self->paths->mode);

  if (address == NULL)
    {
      return_unreachable (task, _ ("there is none"));
      return;
    }
  g_dbus_connection_new_for_address (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      self->cancellable,
      on_bus_open,
      g_object_ref (task));
}

static void
on_peer_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) peer = NULL;

  peer = g_dbus_connection_new_finish (result, &error);
  if (peer != NULL)
    {
      g_task_return_pointer (task,
                             apm2_client_new (peer, TRUE, self->interactive),
                             (GDestroyNotify) apm2_client_close);
      return;
    }
  g_dbus_error_strip_remote_error (error);
  self->socket_problem = g_strdup (say_why (error));
  if (g_cancellable_is_cancelled (self->cancellable))
    g_task_return_error (task, new_silence_error (self));
  else
    open_bus (task);
}

static GSocketConnection *
connect_socket (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                         G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT,
                         error);
  if (socket == NULL || !g_socket_connect (socket, address, NULL, error))
    return NULL;
  return g_socket_connection_factory_create_connection (socket);
}

static gboolean
on_deadline (gpointer user_data)
{
  Opening *self = user_data;

  self->deadline = 0;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable *outer, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
start_opening (GTask *task, Opening *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream
      = connect_socket (self->paths->operator_socket, &error);

  if (stream == NULL)
    {
      self->socket_problem = g_strdup (say_why (error));
      open_bus (task);
      return;
    }
  g_dbus_connection_new (G_IO_STREAM (stream),
                         NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                             | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                         NULL,
                         self->cancellable,
                         on_peer_open,
                         g_object_ref (task));
}

/**
 * apm2_client_open_async:
 * @options: says which broker
 * @cancellable: (nullable): calls it off
 * @callback: gets the result, from the main loop
 * @user_data: for @callback
 *
 * Looks for the way to the broker.
 */
void
apm2_client_open_async (const Apm2Options *options,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  Opening *self = g_new0 (Opening, 1);

  g_task_set_source_tag (task, apm2_client_open_async);
  g_task_set_task_data (task, self, (GDestroyNotify) opening_free);
  self->asked = options->mode;
  self->interactive = !options->no_ask_password;
  self->cancellable = g_cancellable_new ();
  self->paths = apm2_paths_new (options->mode, &error);
  if (self->paths == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (cancellable != NULL)
    {
      self->outer = g_object_ref (cancellable);
      self->outer_handler
          = g_cancellable_connect (cancellable,
                                   G_CALLBACK (on_outer_cancelled),
                                   g_object_ref (self->cancellable),
                                   g_object_unref);
    }
  self->host = g_strdup (options->host);
  self->deadline = g_timeout_add_seconds (self->host != NULL ? HOST_TIMEOUT_SEC
                                                             : OPEN_TIMEOUT_SEC,
                                          on_deadline,
                                          self);
  if (self->host != NULL)
    open_host (task);
  else
    start_opening (task, self);
}

/**
 * apm2_client_open_finish:
 * @result: what the callback got
 * @error: UNAVAILABLE if there is no way to the broker
 *
 * Returns: (transfer full): the broker; close it with apm2_client_close()
 */
Apm2Client *
apm2_client_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

/**
 * apm2_client_open:
 * @options: says which broker
 * @error: as apm2_client_open_finish()
 *
 * Waits for apm2_client_open_async() on the main context.
 *
 * Returns: (transfer full): the broker; close it with apm2_client_close()
 */
Apm2Client *
apm2_client_open (const Apm2Options *options, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_client_open_async (options, NULL, on_opened, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return apm2_client_open_finish (result, error);
}
