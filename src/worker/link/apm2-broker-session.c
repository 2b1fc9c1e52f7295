/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A connection on which this worker is registered, over and over.
 *
 * A registration that is refused, or not answered, counts as a broker that is
 * not there: the connection is given up and tried again, ever more slowly.
 */

#include "apm2-broker-session.h"

#include <gio/gunixfdlist.h>

#include "config.h"

#include "apm2-broker-call.h"
#include "apm2-broker-dialer.h"
#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-names.h"

#define REGISTER_MSEC 30000

struct _Apm2BrokerSession
{
  GObject parent_instance;

  Apm2BrokerDialer *dialer;
  Apm2LeaseBook *book; /* borrowed: of the link, which outlives us */
  char *instance;
  guint slots;
  char *executor;
  char *heartbeat_path;
  Apm2LeaseInbox *inbox; /* (nullable) of the connection */
  gboolean plain;        /* the broker does not know of inboxes */
  gboolean registered;
  gboolean complained; /* of a refused registration */
};

G_DEFINE_FINAL_TYPE (Apm2BrokerSession, apm2_broker_session, G_TYPE_OBJECT)

enum
{
  REGISTERED,
  LOST,
  CANCEL_REQUESTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
apm2_broker_session_finalize (GObject *object)
{
  Apm2BrokerSession *self = APM2_BROKER_SESSION (object);

  g_clear_object (&self->dialer);
  g_clear_object (&self->inbox);
  g_free (self->instance);
  g_free (self->executor);
  g_free (self->heartbeat_path);
  G_OBJECT_CLASS (apm2_broker_session_parent_class)->finalize (object);
}

static void
apm2_broker_session_class_init (Apm2BrokerSessionClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_broker_session_finalize;
  signals[REGISTERED] = g_signal_new ("registered",
                                      type,
                                      G_SIGNAL_RUN_LAST,
                                      0,
                                      NULL,
                                      NULL,
                                      NULL,
                                      G_TYPE_NONE,
                                      3,
                                      G_TYPE_UINT64,
                                      G_TYPE_VARIANT,
                                      G_TYPE_INT64);
  signals[LOST] = g_signal_new (
      "lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CANCEL_REQUESTED] = g_signal_new ("cancel-requested",
                                            type,
                                            G_SIGNAL_RUN_LAST,
                                            0,
                                            NULL,
                                            NULL,
                                            NULL,
                                            G_TYPE_NONE,
                                            3,
                                            G_TYPE_STRING,
                                            G_TYPE_UINT64,
                                            G_TYPE_STRING);
}

static void
apm2_broker_session_init (Apm2BrokerSession *self)
{
}

static void
complain (Apm2BrokerSession *self, GError *error)
{
  (void) g_dbus_error_strip_remote_error (error);
  apm2_log (self->complained ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.worker = self->instance),
            "Cannot register worker %s at the broker: %s; trying on",
            self->instance,
            error->message);
  self->complained = TRUE;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2BrokerSession *self = call->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) stale = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);
  guint64 expiry = 0;

  if (!apm2_broker_session_is_current (self, source))
    return;
  if (reply == NULL)
    {
      /* One of before, that is still to be replaced. */
      self->plain
          = self->plain
            || g_error_matches (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
      complain (self, error);
      apm2_broker_dialer_redial (self->dialer);
      return;
    }
  g_variant_get (reply, "(ot@as)", NULL, &expiry, &stale);
  self->registered = TRUE;
  self->complained = FALSE;
  apm2_broker_dialer_confirm (self->dialer);
  g_signal_emit (self, signals[REGISTERED], 0, expiry, stale, call->sent_at);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  Apm2BrokerSession *self = user_data;
  const char *job_id = NULL;
  const char *reason = NULL;
  guint64 token = 0;

  if (!apm2_broker_session_is_current (self, connection)
      || !g_str_equal (signal, "CancelRequested")
      || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sts)")))
    return;
  /* What is called off may have been leased a moment ago. */
  if (self->inbox != NULL)
    apm2_lease_inbox_read (self->inbox);
  g_variant_get (parameters, "(&st&s)", &job_id, &token, &reason);
  g_signal_emit (self, signals[CANCEL_REQUESTED], 0, job_id, token, reason);
}

/* Before anything is said. Ends with the connection. */
static void
hear_signals (Apm2BrokerSession *self)
{
  (void) g_dbus_connection_signal_subscribe (
      apm2_broker_dialer_get_connection (self->dialer),
      NULL,
      APM2_IFACE_BROKER,
      NULL,
      APM2_OBJECT_BROKER,
      NULL,
      G_DBUS_SIGNAL_FLAGS_NONE,
      on_signal,
      g_object_ref (self),
      g_object_unref);
}

/* Returns: (transfer full) (nullable): the broker's end of a new inbox */
static GUnixFDList *
open_inbox (Apm2BrokerSession *self)
{
  g_autoptr (GError) error = NULL;
  int fd = -1;

  g_clear_object (&self->inbox);
  if (self->plain
      || (g_dbus_connection_get_capabilities (
              apm2_broker_dialer_get_connection (self->dialer))
          & G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING)
             == 0)
    return NULL;
  self->inbox = apm2_lease_inbox_new (&fd, &error);
  if (self->inbox != NULL)
    return g_unix_fd_list_new_from_array (&fd, 1);
  apm2_log (G_LOG_LEVEL_DEBUG, NULL, "%s", error->message);
  return NULL;
}

static void
on_connected (Apm2BrokerSession *self)
{
  g_autoptr (GUnixFDList) list = open_inbox (self);
  GVariantDict options;

  hear_signals (self);
  g_variant_dict_init (&options, NULL);
  if (list != NULL)
    g_variant_dict_insert (&options, "lease_socket", "h", 0);
  g_variant_dict_insert (&options, "executor", "s", self->executor);
  g_variant_dict_insert (&options, "version", "s", APM2_VERSION);
  g_variant_dict_insert (&options, "heartbeat_path", "s", self->heartbeat_path);
  apm2_broker_call_send_fds (
      apm2_broker_call_new (self, NULL, 0),
      apm2_broker_dialer_get_connection (self->dialer),
      "RegisterWorker",
      g_variant_new ("(su@a(st)@a{sv})",
                     self->instance,
                     self->slots,
                     apm2_lease_book_to_variant (self->book),
                     g_variant_dict_end (&options)),
      "(otas)",
      list,
      REGISTER_MSEC,
      on_answered);
}

static void
on_lost (Apm2BrokerSession *self)
{
  gboolean was_registered = self->registered;

  self->registered = FALSE;
  if (was_registered)
    g_signal_emit (self, signals[LOST], 0);
  g_clear_object (&self->inbox);
}

/**
 * apm2_broker_session_new:
 * @address: D-Bus address of the operator socket
 * @identity: (transfer none): what to register as
 * @book: (transfer none): the leases to name; must outlive the session
 *
 * Returns: (transfer full): a session that has not begun
 */
Apm2BrokerSession *
apm2_broker_session_new (const char *address,
                         const Apm2BrokerIdentity *identity,
                         Apm2LeaseBook *book)
{
  Apm2BrokerSession *self = g_object_new (APM2_TYPE_BROKER_SESSION, NULL);

  self->dialer = apm2_broker_dialer_new (address);
  self->book = book;
  self->instance = g_strdup (identity->instance);
  self->slots = identity->slots;
  self->executor = g_strdup (identity->executor);
  self->heartbeat_path = g_strdup (identity->heartbeat_path);
  g_signal_connect_object (self->dialer,
                           "connected",
                           G_CALLBACK (on_connected),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->dialer, "lost", G_CALLBACK (on_lost), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * apm2_broker_session_start:
 * @self: a session that has not begun
 */
void
apm2_broker_session_start (Apm2BrokerSession *self)
{
  g_return_if_fail (APM2_IS_BROKER_SESSION (self));

  apm2_broker_dialer_start (self->dialer);
}

/**
 * apm2_broker_session_stop:
 * @self: a session
 *
 * Ends it for good, without a signal.
 */
void
apm2_broker_session_stop (Apm2BrokerSession *self)
{
  g_return_if_fail (APM2_IS_BROKER_SESSION (self));

  self->registered = FALSE;
  g_clear_object (&self->inbox);
  apm2_broker_dialer_stop (self->dialer);
}

/**
 * apm2_broker_session_renew:
 * @self: a session
 *
 * Begins it anew, so that the broker hears which leases are held now.
 */
void
apm2_broker_session_renew (Apm2BrokerSession *self)
{
  g_return_if_fail (APM2_IS_BROKER_SESSION (self));

  apm2_broker_dialer_redial (self->dialer);
}

/**
 * apm2_broker_session_get_connection:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): the connection, registered or not yet
 */
GDBusConnection *
apm2_broker_session_get_connection (Apm2BrokerSession *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_SESSION (self), NULL);

  return apm2_broker_dialer_get_connection (self->dialer);
}

/**
 * apm2_broker_session_get_inbox:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): where the broker may tell of leases
 * ahead of its replies
 */
Apm2LeaseInbox *
apm2_broker_session_get_inbox (Apm2BrokerSession *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_SESSION (self), NULL);

  return self->inbox;
}

/**
 * apm2_broker_session_is_current:
 * @self: a session
 * @connection: on which something has come
 *
 * Returns: %FALSE if that connection has been given up since
 */
gboolean
apm2_broker_session_is_current (Apm2BrokerSession *self, gpointer connection)
{
  return (gpointer) apm2_broker_session_get_connection (self) == connection;
}

gboolean
apm2_broker_session_is_registered (Apm2BrokerSession *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_SESSION (self), FALSE);

  return self->registered;
}
