/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Tells the broker how leases end, until it has understood.
 *
 * A result is kept until the broker has answered Finish, over any number of
 * connections; both methods may be called again with the same token. Only an
 * answer that the lease is stale makes a result worthless. Any other refusal is
 * tried again: the broker's disk may be full, and the job did run.
 */

#include "apm2-lease-settler.h"

#include "apm2-broker-call.h"
#include "apm2-error.h"
#include "apm2-log.h"

#define SETTLE_MSEC 60000
#define RETRY_MSEC  2000

struct _Apm2LeaseSettler
{
  GObject parent_instance;

  Apm2LeaseBook *book;         /* borrowed: of the link, which outlives us */
  GDBusConnection *connection; /* (nullable) on which we are registered */
  guint retry;                 /* timer */
  gboolean refused;            /* the last answer was a refusal */
};

G_DEFINE_FINAL_TYPE (Apm2LeaseSettler, apm2_lease_settler, G_TYPE_OBJECT)

static guint settled_signal;

static void
apm2_lease_settler_finalize (GObject *object)
{
  Apm2LeaseSettler *self = APM2_LEASE_SETTLER (object);

  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (apm2_lease_settler_parent_class)->finalize (object);
}

static void
apm2_lease_settler_class_init (Apm2LeaseSettlerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lease_settler_finalize;
  settled_signal = g_signal_new ("settled",
                                 G_TYPE_FROM_CLASS (klass),
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
apm2_lease_settler_init (Apm2LeaseSettler *self)
{
}

/**
 * apm2_lease_settler_new:
 * @book: (transfer none): the leases; must outlive the settler
 *
 * Returns: (transfer full): a settler without a broker
 */
Apm2LeaseSettler *
apm2_lease_settler_new (Apm2LeaseBook *book)
{
  Apm2LeaseSettler *self = g_object_new (APM2_TYPE_LEASE_SETTLER, NULL);

  self->book = book;
  return self;
}

static gboolean on_retry (gpointer user_data);

static void
take_refusal (Apm2LeaseSettler *self,
              const Apm2BrokerCall *call,
              const GError *error)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = call->job_id),
            "The broker does not take the end of job %s: %s; trying on",
            call->job_id,
            error->message);
  self->refused = TRUE;
  if (self->retry == 0)
    self->retry = g_timeout_add (RETRY_MSEC, on_retry, self);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2LeaseSettler *self = call->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  Apm2HeldLease *lease = NULL;

  /* Said again over the next connection. */
  if ((GObject *) self->connection != source)
    return;
  lease = apm2_lease_book_find (self->book, call->job_id);
  if (lease != NULL && lease->token == call->token)
    lease->in_flight = FALSE;
  /* The news that the connection is gone is on its way. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return;
  if (error != NULL)
    (void) g_dbus_error_strip_remote_error (error);
  if (reply == NULL && !g_error_matches (error, APM2_ERROR, APM2_ERROR_STALE))
    {
      take_refusal (self, call, error);
      return;
    }
  if (reply == NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = call->job_id),
              "The end of job %s came too late: %s",
              call->job_id,
              error->message);
  self->refused = FALSE;
  if (apm2_lease_book_remove (self->book, call->job_id, call->token))
    g_signal_emit (self, settled_signal, 0, call->job_id);
}

static void
settle (Apm2LeaseSettler *self, Apm2HeldLease *lease)
{
  Apm2BrokerCall *call = NULL;

  if (self->connection == NULL || lease->in_flight
      || apm2_held_lease_is_running (lease))
    return;
  lease->in_flight = TRUE;
  call = apm2_broker_call_new (self, lease->job_id, lease->token);
  if (lease->result != NULL)
    apm2_broker_call_send (
        call,
        self->connection,
        "Finish",
        g_variant_new (
            "(st@a{sv})", lease->job_id, lease->token, lease->result),
        "(s)",
        SETTLE_MSEC,
        on_answered);
  else
    apm2_broker_call_send (
        call,
        self->connection,
        "Return",
        g_variant_new ("(sta{sv})", lease->job_id, lease->token, NULL),
        "()",
        SETTLE_MSEC,
        on_answered);
}

static void
settle_all (Apm2LeaseSettler *self)
{
  g_autoptr (GPtrArray) leases = apm2_lease_book_list (self->book);

  for (guint i = 0; i < leases->len; i++)
    settle (self, g_ptr_array_index (leases, i));
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2LeaseSettler *self = user_data;

  self->retry = 0;
  settle_all (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lease_settler_connect:
 * @self: a settler
 * @connection: on which the worker has just been registered
 *
 * Says again what has not been answered.
 */
void
apm2_lease_settler_connect (Apm2LeaseSettler *self, GDBusConnection *connection)
{
  g_return_if_fail (APM2_IS_LEASE_SETTLER (self));

  g_set_object (&self->connection, connection);
  settle_all (self);
}

/**
 * apm2_lease_settler_disconnect:
 * @self: a settler whose broker is gone
 */
void
apm2_lease_settler_disconnect (Apm2LeaseSettler *self)
{
  g_autoptr (GPtrArray) leases = NULL;

  g_return_if_fail (APM2_IS_LEASE_SETTLER (self));

  g_clear_object (&self->connection);
  leases = apm2_lease_book_list (self->book);
  for (guint i = 0; i < leases->len; i++)
    ((Apm2HeldLease *) g_ptr_array_index (leases, i))->in_flight = FALSE;
}

/**
 * apm2_lease_settler_finish:
 * @self: a settler
 * @job_id: a job of which no process lives
 * @token: of its lease
 * @result: (transfer floating): as of Finish
 *
 * Nothing happens if the lease is not in the book.
 */
void
apm2_lease_settler_finish (Apm2LeaseSettler *self,
                           const char *job_id,
                           guint64 token,
                           GVariant *result)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (result);
  Apm2HeldLease *lease = NULL;

  g_return_if_fail (APM2_IS_LEASE_SETTLER (self));

  lease = apm2_lease_book_find_running (self->book, job_id, token);
  if (lease == NULL)
    return;
  lease->result = g_steal_pointer (&owned);
  settle (self, lease);
}

/**
 * apm2_lease_settler_give_back:
 * @self: a settler
 * @job_id: a job of which no process lives
 * @token: of its lease
 *
 * Nothing happens if the lease is not in the book.
 */
void
apm2_lease_settler_give_back (Apm2LeaseSettler *self,
                              const char *job_id,
                              guint64 token)
{
  Apm2HeldLease *lease = NULL;

  g_return_if_fail (APM2_IS_LEASE_SETTLER (self));

  lease = apm2_lease_book_find_running (self->book, job_id, token);
  if (lease == NULL)
    return;
  lease->returning = TRUE;
  settle (self, lease);
}

/**
 * apm2_lease_settler_is_refused:
 * @self: a settler
 *
 * Returns: %TRUE if the broker is there and does not take a result
 */
gboolean
apm2_lease_settler_is_refused (Apm2LeaseSettler *self)
{
  g_return_val_if_fail (APM2_IS_LEASE_SETTLER (self), FALSE);

  return self->refused;
}
