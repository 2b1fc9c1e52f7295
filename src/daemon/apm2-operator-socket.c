/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The operator socket: D-Bus from end to end, without a message bus.
 *
 * Who connects is judged by the kernel's word before a byte is read: our own
 * user and root come in. Then GDBus speaks the D-Bus handshake, which blocks a
 * thread for as long as the peer likes, up to a deadline. It has threads of its
 * own here: in the pool that GTask shares, ten peers that connect and say
 * nothing would keep everybody else out.
 *
 * Everything is exported before the first message of a peer is read.
 */

#include "apm2-operator-socket.h"

#include <unistd.h>

#include "apm2-error.h"
#include "apm2-listening-socket.h"

struct _Apm2OperatorSocket
{
  GObject parent_instance;

  Apm2Tree *tree; /* (owned) */
  guint connections_max;
  guint auth_timeout_sec;
  char *guid;
  GDBusAuthObserver *observer; /* (owned) */
  GThreadPool *pool;           /* (element-type Handshake) */
  GSocketService *service;     /* (owned) (nullable) while it listens */
  Apm2SocketFile file;         /* of a socket that we bound */
  GCancellable *stopping;
  GHashTable *peers;   /* (element-type GDBusConnection) admitted */
  guint n_connections; /* admitted and in handshake */
  gboolean is_full;    /* logged */
};

G_DEFINE_FINAL_TYPE (Apm2OperatorSocket, apm2_operator_socket, G_TYPE_OBJECT)

enum
{
  SIGNAL_PEER_ADDED,
  SIGNAL_PEER_GONE,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

/* One handshake. A thread has it from the push until it attaches its end to the
 * main context; what is not the thread's is touched by the main thread only. */
typedef struct
{
  Apm2OperatorSocket *socket;  /* (owned) */
  GDBusConnection *connection; /* (owned) */
  GCancellable *cancellable;   /* (owned) */
  GError *error;               /* (nullable) of the thread */
  guint32 uid;
  gint32 pid;
  guint timeout;
  gulong stopping_handler;
} Handshake;

static void
handshake_free (gpointer data)
{
  Handshake *self = data;

  g_clear_handle_id (&self->timeout, g_source_remove);
  g_cancellable_disconnect (self->socket->stopping, self->stopping_handler);
  g_clear_object (&self->connection);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_clear_object (&self->socket);
  g_free (self);
}

static gboolean
is_admitted (guint32 uid)
{
  return uid == geteuid () || uid == 0;
}

static gboolean
on_allow_mechanism (GDBusAuthObserver *observer,
                    const char *mechanism,
                    gpointer user_data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

static gboolean
on_authorize_peer (GDBusAuthObserver *observer,
                   GIOStream *stream,
                   GCredentials *credentials,
                   gpointer user_data)
{
  return credentials != NULL
         && is_admitted (g_credentials_get_unix_user (credentials, NULL));
}

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
admit (Handshake *handshake, GError **error)
{
  Apm2OperatorSocket *self = handshake->socket;
  GDBusConnection *connection = handshake->connection;

  if (!apm2_tree_serve_peer (
          self->tree, connection, handshake->uid, handshake->pid, error))
    return FALSE;

  (void) g_hash_table_add (self->peers, g_object_ref (connection));
  g_signal_connect_object (
      connection, "closed", G_CALLBACK (on_closed), self, 0);
  g_signal_emit (self, signals[SIGNAL_PEER_ADDED], 0, connection);
  g_dbus_connection_start_message_processing (connection);
  return TRUE;
}

static gboolean
on_handshake_done (gpointer user_data)
{
  Handshake *handshake = user_data;
  Apm2OperatorSocket *self = handshake->socket;

  if (handshake->error == NULL
      && !g_cancellable_is_cancelled (handshake->cancellable)
      && admit (handshake, &handshake->error))
    return G_SOURCE_REMOVE;

  release_place (self);
  if (handshake->error != NULL)
    g_debug ("Process %d of user %u did not get through the handshake: %s",
             handshake->pid,
             handshake->uid,
             handshake->error->message);
  return G_SOURCE_REMOVE;
}

/* In a thread of the pool. */
static void
run_handshake (gpointer data, gpointer user_data)
{
  Handshake *handshake = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  (void) g_initable_init (G_INITABLE (handshake->connection),
                          handshake->cancellable,
                          &handshake->error);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_handshake_done, handshake, handshake_free);
  (void) g_source_attach (source, NULL);
}

static gboolean
on_handshake_timeout (gpointer user_data)
{
  Handshake *handshake = user_data;

  handshake->timeout = 0;
  g_info ("Closed the connection of process %d of user %u: it did not finish "
          "the handshake",
          handshake->pid,
          handshake->uid);
  g_cancellable_cancel (handshake->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_stopping (GCancellable *stopping, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
start_handshake (Apm2OperatorSocket *self,
                 GSocketConnection *stream,
                 guint32 uid,
                 gint32 pid)
{
  Handshake *handshake = g_new0 (Handshake, 1);

  handshake->socket = g_object_ref (self);
  handshake->uid = uid;
  handshake->pid = pid;
  handshake->cancellable = g_cancellable_new ();
  handshake->stopping_handler
      = g_cancellable_connect (self->stopping,
                               G_CALLBACK (on_stopping),
                               g_object_ref (handshake->cancellable),
                               g_object_unref);
  handshake->timeout = g_timeout_add_seconds (
      self->auth_timeout_sec, on_handshake_timeout, handshake);
  /* Made here, so that its signals come to this thread. */
  handshake->connection
      = g_object_new (G_TYPE_DBUS_CONNECTION,
                      "stream",
                      stream,
                      "guid",
                      self->guid,
                      "authentication-observer",
                      self->observer,
                      "flags",
                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                          | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                      NULL);
  self->n_connections++;
  (void) g_thread_pool_push (self->pool, handshake, NULL);
}

static gboolean
is_welcome (Apm2OperatorSocket *self, guint32 uid, gint32 pid)
{
  if (!is_admitted (uid))
    {
      g_message ("Refused a connection of process %d of user %u: the operator "
                 "socket is for user %u and root",
                 pid,
                 uid,
                 geteuid ());
      return FALSE;
    }
  if (self->n_connections >= self->connections_max)
    {
      if (!self->is_full)
        g_warning ("Refused a connection of process %d of user %u: there are "
                   "%u, which is connections-max=",
                   pid,
                   uid,
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
  g_autoptr (GCredentials) credentials = g_socket_get_credentials (
      g_socket_connection_get_socket (stream), &error);
  guint32 uid = 0;
  gint32 pid = 0;

  if (credentials == NULL)
    {
      g_warning ("Refused a connection of nobody knows whom: %s",
                 error->message);
      return TRUE;
    }
  uid = g_credentials_get_unix_user (credentials, NULL);
  pid = g_credentials_get_unix_pid (credentials, NULL);
  /* The last reference to a stream closes it. */
  if (is_welcome (self, uid, pid))
    start_handshake (self, stream, uid, pid);
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

  /* Each handshake holds a reference to us, so none is left. */
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_clear_object (&self->observer);
  g_clear_object (&self->stopping);
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_clear_pointer (&self->guid, g_free);

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
  self->guid = g_dbus_generate_guid ();
  self->stopping = g_cancellable_new ();
  self->peers = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->observer = g_dbus_auth_observer_new ();
  g_signal_connect (
      self->observer, "allow-mechanism", G_CALLBACK (on_allow_mechanism), NULL);
  g_signal_connect (self->observer,
                    "authorize-authenticated-peer",
                    G_CALLBACK (on_authorize_peer),
                    NULL);
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
  self->auth_timeout_sec = auth_timeout_sec;
  self->pool = g_thread_pool_new (
      run_handshake, NULL, (int) connections_max, FALSE, NULL);
  return self;
}

static gboolean
listen_on (Apm2OperatorSocket *self, GSocket *socket, GError **error)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();

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
 * Binds a socket of mode 0600, which apm2_operator_socket_stop() removes. One
 * that nobody answers on is replaced, a living one never.
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

  socket = apm2_listening_socket_bind (path, &self->file, error);
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

  if (g_cancellable_is_cancelled (self->stopping))
    return;
  if (self->service != NULL)
    {
      g_socket_service_stop (self->service);
      g_socket_listener_close (G_SOCKET_LISTENER (self->service));
      g_clear_object (&self->service);
    }
  apm2_socket_file_clear (&self->file);
  g_cancellable_cancel (self->stopping);

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
