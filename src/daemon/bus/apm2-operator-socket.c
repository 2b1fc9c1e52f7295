/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The operator socket: D-Bus from end to end, without a message bus.
 *
 * Who connects is judged by the kernel's word before a byte is read: our own
 * user and root, and of a socket that is shared with a group whoever could open
 * it. Everything is exported before the first message of a peer is read.
 */

#include "apm2-operator-socket.h"

#include <unistd.h>

#include "apm2-error.h"
#include "apm2-handshakes.h"
#include "apm2-listening-socket.h"

struct _Apm2OperatorSocket
{
  GObject parent_instance;

  Apm2Tree *tree; /* (owned) */
  guint connections_max;
  Apm2Handshakes *handshakes; /* (owned) */
  GSocketService *service;    /* (owned) (nullable) while it listens */
  Apm2SocketFile file;        /* of a socket that we bound */
  GHashTable *peers;          /* (element-type GDBusConnection) admitted */
  guint n_connections;        /* admitted and in handshake */
  gboolean is_full;           /* and the log says so */
  gboolean is_shared;         /* with a group */
  gboolean is_stopped;
};

G_DEFINE_FINAL_TYPE (Apm2OperatorSocket, apm2_operator_socket, G_TYPE_OBJECT)

enum
{
  SIGNAL_PEER_ADDED,
  SIGNAL_PEER_GONE,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
release_place (Apm2OperatorSocket *self)
{
  self->n_connections--;
  self->is_full = FALSE;
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  g_autoptr (Apm2OperatorSocket) self = g_object_ref (user_data);
  g_autoptr (GDBusConnection) held = g_object_ref (connection);

  g_signal_handlers_disconnect_by_func (held, on_closed, self);
  if (!g_hash_table_remove (self->peers, held))
    return;
  release_place (self);
  g_signal_emit (self, signals[SIGNAL_PEER_GONE], 0, held);
}

static gboolean
admit (Apm2OperatorSocket *self,
       GDBusConnection *connection,
       const Apm2Credentials *credentials)
{
  g_autoptr (GError) error = NULL;

  if (!apm2_tree_serve_peer (
          self->tree, connection, credentials->uid, credentials->pid, &error))
    {
      g_info (
          "Could not serve process %d: %s", credentials->pid, error->message);
      return FALSE;
    }

  (void) g_hash_table_add (self->peers, g_object_ref (connection));
  g_signal_connect_object (
      connection, "closed", G_CALLBACK (on_closed), self, 0);
  g_signal_emit (self, signals[SIGNAL_PEER_ADDED], 0, connection);
  g_dbus_connection_start_message_processing (connection);
  return TRUE;
}

static void
on_handshake_done (GDBusConnection *connection,
                   const Apm2Credentials *credentials,
                   gpointer data)
{
  Apm2OperatorSocket *self = data;

  if (connection == NULL || !admit (self, connection, credentials))
    release_place (self);
}

static gboolean
is_welcome (Apm2OperatorSocket *self, const Apm2Credentials *credentials)
{
  if (!apm2_handshakes_admits (self->handshakes, credentials->uid))
    {
      g_message ("Refused a connection of process %d of user %u: the operator "
                 "socket is for user %u and root",
                 credentials->pid,
                 credentials->uid,
                 geteuid ());
      return FALSE;
    }
  if (self->n_connections >= self->connections_max)
    {
      if (!self->is_full)
        g_warning ("Refused a connection of process %d of user %u: there are "
                   "%u, which is connections-max=",
                   credentials->pid,
                   credentials->uid,
                   self->n_connections);
      self->is_full = TRUE;
      return FALSE;
    }
  return TRUE;
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *stream,
             GObject *source,
             gpointer user_data)
{
  Apm2OperatorSocket *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GCredentials) peer = g_socket_get_credentials (
      g_socket_connection_get_socket (stream), &error);
  Apm2Credentials credentials = { 0, 0 };

  if (peer == NULL)
    {
      g_warning ("Refused a connection of nobody knows whom: %s",
                 error->message);
      return TRUE;
    }
  credentials.uid = g_credentials_get_unix_user (peer, NULL);
  credentials.pid = g_credentials_get_unix_pid (peer, NULL);
  /* The last reference to a stream closes it. */
  if (is_welcome (self, &credentials))
    {
      self->n_connections++;
      apm2_handshakes_start (self->handshakes, stream, &credentials);
    }
  return TRUE;
}

static void
apm2_operator_socket_dispose (GObject *object)
{
  Apm2OperatorSocket *self = APM2_OPERATOR_SOCKET (object);

  apm2_operator_socket_stop (self);
  g_clear_object (&self->tree);

  G_OBJECT_CLASS (apm2_operator_socket_parent_class)->dispose (object);
}

static void
apm2_operator_socket_finalize (GObject *object)
{
  Apm2OperatorSocket *self = APM2_OPERATOR_SOCKET (object);

  g_clear_pointer (&self->handshakes, apm2_handshakes_unref);
  g_clear_pointer (&self->peers, g_hash_table_unref);

  G_OBJECT_CLASS (apm2_operator_socket_parent_class)->finalize (object);
}

static guint
add_signal (GObjectClass *klass, const char *name)
{
  return g_signal_new (name,
                       G_OBJECT_CLASS_TYPE (klass),
                       G_SIGNAL_RUN_LAST,
                       0,
                       NULL,
                       NULL,
                       NULL,
                       G_TYPE_NONE,
                       1,
                       G_TYPE_DBUS_CONNECTION);
}

static void
apm2_operator_socket_class_init (Apm2OperatorSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = apm2_operator_socket_dispose;
  object_class->finalize = apm2_operator_socket_finalize;
  signals[SIGNAL_PEER_ADDED] = add_signal (object_class, "peer-added");
  signals[SIGNAL_PEER_GONE] = add_signal (object_class, "peer-gone");
}

static void
apm2_operator_socket_init (Apm2OperatorSocket *self)
{
  self->peers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

/**
 * apm2_operator_socket_new:
 * @tree: what is served
 * @connections_max: connections at once, including those in handshake
 * @auth_timeout_sec: how long a handshake may take
 *
 * Returns: (transfer full): a socket that does not listen yet
 */
Apm2OperatorSocket *
apm2_operator_socket_new (Apm2Tree *tree,
                          guint connections_max,
                          guint auth_timeout_sec)
{
  Apm2OperatorSocket *self = NULL;

  g_return_val_if_fail (APM2_IS_TREE (tree), NULL);
  g_return_val_if_fail (connections_max > 0, NULL);

  self = g_object_new (APM2_TYPE_OPERATOR_SOCKET, NULL);
  self->tree = g_object_ref (tree);
  self->connections_max = connections_max;
  self->handshakes = apm2_handshakes_new (
      connections_max, auth_timeout_sec, on_handshake_done, self);
  return self;
}

/**
 * apm2_operator_socket_share:
 * @self: an operator socket that does not listen
 *
 * Shares it with a group: whoever can open it is admitted, as long as it is
 * closed to everybody else.
 */
void
apm2_operator_socket_share (Apm2OperatorSocket *self)
{
  g_return_if_fail (APM2_IS_OPERATOR_SOCKET (self));
  g_return_if_fail (self->service == NULL);

  self->is_shared = TRUE;
}

static void
choose_admission (Apm2OperatorSocket *self, GSocket *socket)
{
  if (!self->is_shared)
    return;
  if (apm2_listening_socket_is_closed (socket))
    apm2_handshakes_admit_all (self->handshakes);
  else
    g_warning ("The operator socket is open to everybody, so that only user %u "
               "and root are admitted; set SocketMode=0660 in "
               "apm2-daemon.socket",
               geteuid ());
}

static gboolean
listen_on (Apm2OperatorSocket *self, GSocket *socket, GError **error)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();

  choose_admission (self, socket);
  if (!g_socket_listener_add_socket (
          G_SOCKET_LISTENER (service), socket, NULL, error))
    return FALSE;
  g_signal_connect_object (
      service, "incoming", G_CALLBACK (on_incoming), self, 0);
  self->service = g_steal_pointer (&service);
  return TRUE;
}

/**
 * apm2_operator_socket_listen_passed:
 * @self: an operator socket
 * @ret_passed: (out): whether there was one
 * @error: return location for an error
 *
 * Listens on the socket that the service manager passed, if it passed one.
 *
 * Returns: %FALSE with @error set if what was passed cannot be used
 */
gboolean
apm2_operator_socket_listen_passed (Apm2OperatorSocket *self,
                                    gboolean *ret_passed,
                                    GError **error)
{
  g_autoptr (GError) local = NULL;
  int fd = -1;

  g_return_val_if_fail (APM2_IS_OPERATOR_SOCKET (self), FALSE);

  *ret_passed = FALSE;
  fd = apm2_listening_socket_take_passed (&local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (fd < 0)
    return TRUE;
  *ret_passed = TRUE;
  return apm2_operator_socket_listen_fd (self, fd, error);
}

/**
 * apm2_operator_socket_listen_fd:
 * @self: an operator socket that does not listen
 * @fd: (transfer full): a listening unix stream socket
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_operator_socket_listen_fd (Apm2OperatorSocket *self,
                                int fd,
                                GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (APM2_IS_OPERATOR_SOCKET (self), FALSE);
  g_return_val_if_fail (self->service == NULL, FALSE);

  socket = apm2_listening_socket_from_fd (fd, error);
  return socket != NULL && listen_on (self, socket, error);
}

/**
 * apm2_operator_socket_listen_path:
 * @self: an operator socket that does not listen
 * @path: where; its directory is there and private
 * @error: return location for an error
 *
 * Binds a socket of mode 0600, or 0660 if it is shared, which
 * apm2_operator_socket_stop() removes. One that nobody answers on is replaced,
 * a living one never.
 *
 * Returns: %FALSE with @error set; %APM2_ERROR_EXISTS if the place is taken
 */
gboolean
apm2_operator_socket_listen_path (Apm2OperatorSocket *self,
                                  const char *path,
                                  GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (APM2_IS_OPERATOR_SOCKET (self), FALSE);
  g_return_val_if_fail (self->service == NULL, FALSE);

  socket = apm2_listening_socket_bind (
      path, self->is_shared ? 0660 : 0600, &self->file, error);
  return socket != NULL && listen_on (self, socket, error);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusConnection *connection = G_DBUS_CONNECTION (source);

  (void) g_dbus_connection_flush_finish (connection, result, NULL);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
}

/**
 * apm2_operator_socket_stop:
 * @self: an operator socket
 *
 * Stops to listen, calls handshakes off and closes each connection once what
 * was sent is written. Each ends with "peer-gone" if the main loop goes on.
 */
void
apm2_operator_socket_stop (Apm2OperatorSocket *self)
{
  GHashTableIter iter;
  gpointer connection = NULL;

  g_return_if_fail (APM2_IS_OPERATOR_SOCKET (self));

  if (self->is_stopped)
    return;
  self->is_stopped = TRUE;
  if (self->service != NULL)
    {
      g_socket_service_stop (self->service);
      g_socket_listener_close (G_SOCKET_LISTENER (self->service));
      g_clear_object (&self->service);
    }
  apm2_socket_file_clear (&self->file);
  apm2_handshakes_stop (self->handshakes);
  self->n_connections = g_hash_table_size (self->peers);

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    g_dbus_connection_flush (connection, NULL, on_flushed, NULL);
}

/**
 * apm2_operator_socket_get_n_connections:
 * @self: an operator socket
 *
 * Returns: how many there are, including those in handshake
 */
guint
apm2_operator_socket_get_n_connections (Apm2OperatorSocket *self)
{
  g_return_val_if_fail (APM2_IS_OPERATOR_SOCKET (self), 0);

  return self->n_connections;
}
