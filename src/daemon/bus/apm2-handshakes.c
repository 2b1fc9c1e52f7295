/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Handshakes: a stream becomes a D-Bus connection of somebody we admit.
 *
 * GDBus speaks the handshake in a thread that blocks for as long as the peer
 * likes, up to a deadline. It has threads of its own here: in the pool that
 * GTask shares, ten peers that connect and say nothing would keep everybody
 * else out, and all other work of that pool with them.
 *
 * Each handshake that is started ends with one call of the function, unless
 * they are all stopped before.
 */

#include "apm2-handshakes.h"

#include <unistd.h>

struct _Apm2Handshakes
{
  char *guid;
  GDBusAuthObserver *observer; /* (owned) */
  GThreadPool *pool;           /* (element-type Handshake) */
  guint timeout_sec;
  gboolean admits_all;    /* set before the first one */
  GHashTable *running;    /* (element-type Handshake) */
  Apm2HandshakeDone done; /* (nullable) once stopped */
  gpointer data;          /* borrowed: lives until we are stopped */
};

/* A thread has it from the push until it attaches its end to the main context;
 * but for what is the thread's, the main thread alone touches it. */
typedef struct
{
  Apm2Handshakes *all;         /* (owned) */
  GDBusConnection *connection; /* (owned) */
  GCancellable *cancellable;   /* (owned) */
  GError *error;               /* (nullable) set by the thread */
  Apm2Credentials credentials;
  guint timeout;
} Handshake;

static void
handshakes_clear (gpointer data)
{
  Apm2Handshakes *self = data;

  g_thread_pool_free (self->pool, FALSE, FALSE);
  g_clear_object (&self->observer);
  g_hash_table_unref (self->running);
  g_free (self->guid);
}

/**
 * apm2_handshakes_unref:
 * @self: (transfer full): handshakes
 */
void
apm2_handshakes_unref (Apm2Handshakes *self)
{
  g_rc_box_release_full (self, handshakes_clear);
}

/**
 * apm2_handshakes_admit_all:
 * @self: handshakes, none of which was started
 *
 * From now on whoever could open the socket may connect.
 */
void
apm2_handshakes_admit_all (Apm2Handshakes *self)
{
  self->admits_all = TRUE;
}

/**
 * apm2_handshakes_admits:
 * @self: handshakes
 * @uid: a user who could open the socket
 *
 * Returns: whether @uid may connect: our own user and root always may
 */
gboolean
apm2_handshakes_admits (Apm2Handshakes *self, guint32 uid)
{
  return self->admits_all || uid == geteuid () || uid == 0;
}

static void
handshake_free (gpointer data)
{
  Handshake *self = data;

  g_clear_handle_id (&self->timeout, g_source_remove);
  (void) g_hash_table_remove (self->all->running, self);
  g_clear_object (&self->connection);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_clear_pointer (&self->all, apm2_handshakes_unref);
  g_free (self);
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
         && apm2_handshakes_admits (
             user_data, g_credentials_get_unix_user (credentials, NULL));
}

static gboolean
on_end (gpointer user_data)
{
  Handshake *handshake = user_data;
  Apm2Handshakes *self = handshake->all;

  if (self->done == NULL)
    return G_SOURCE_REMOVE;
  if (handshake->error != NULL)
    g_debug ("Process %d of user %u did not get through the handshake: %s",
             handshake->credentials.pid,
             handshake->credentials.uid,
             handshake->error->message);
  self->done (handshake->error == NULL ? handshake->connection : NULL,
              &handshake->credentials,
              self->data);
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
  g_source_set_callback (source, on_end, handshake, handshake_free);
  (void) g_source_attach (source, NULL);
}

static gboolean
on_timeout (gpointer user_data)
{
  Handshake *handshake = user_data;

  handshake->timeout = 0;
  g_info ("Closed the connection of process %d of user %u: it did not finish "
          "the handshake",
          handshake->credentials.pid,
          handshake->credentials.uid);
  g_cancellable_cancel (handshake->cancellable);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_handshakes_new:
 * @threads_max: how many may be under way; more wait
 * @timeout_sec: how long one may take
 * @done: called at the end of each
 * @data: (closure): for @done; borrowed until apm2_handshakes_stop()
 *
 * Returns: (transfer full): no handshakes yet
 */
Apm2Handshakes *
apm2_handshakes_new (guint threads_max,
                     guint timeout_sec,
                     Apm2HandshakeDone done,
                     gpointer data)
{
  Apm2Handshakes *self = g_rc_box_new0 (Apm2Handshakes);

  self->guid = g_dbus_generate_guid ();
  self->timeout_sec = timeout_sec;
  self->done = done;
  self->data = data;
  self->running = g_hash_table_new (NULL, NULL);
  self->pool
      = g_thread_pool_new (run_handshake, NULL, (int) threads_max, FALSE, NULL);
  self->observer = g_dbus_auth_observer_new ();
  g_signal_connect (
      self->observer, "allow-mechanism", G_CALLBACK (on_allow_mechanism), NULL);
  g_signal_connect (self->observer,
                    "authorize-authenticated-peer",
                    G_CALLBACK (on_authorize_peer),
                    self);
  return self;
}

/**
 * apm2_handshakes_stop:
 * @self: handshakes
 *
 * Calls all off; the function is not called any more.
 */
void
apm2_handshakes_stop (Apm2Handshakes *self)
{
  GHashTableIter iter;
  gpointer handshake = NULL;

  g_return_if_fail (self != NULL);

  self->done = NULL;
  g_hash_table_iter_init (&iter, self->running);
  while (g_hash_table_iter_next (&iter, &handshake, NULL))
    g_cancellable_cancel (((Handshake *) handshake)->cancellable);
}

/**
 * apm2_handshakes_start:
 * @self: handshakes
 * @stream: a connection that was just accepted
 * @credentials: who is there
 */
void
apm2_handshakes_start (Apm2Handshakes *self,
                       GSocketConnection *stream,
                       const Apm2Credentials *credentials)
{
  Handshake *handshake = NULL;

  g_return_if_fail (self != NULL && self->done != NULL);

  handshake = g_new0 (Handshake, 1);
  handshake->all = g_rc_box_acquire (self);
  handshake->credentials = *credentials;
  handshake->cancellable = g_cancellable_new ();
  handshake->timeout
      = g_timeout_add_seconds (self->timeout_sec, on_timeout, handshake);
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
  (void) g_hash_table_add (self->running, handshake);
  (void) g_thread_pool_push (self->pool, handshake, NULL);
}
