/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps one Lease call parked at the broker for each free slot.
 *
 * A parked call cannot be taken back. A lease that comes although there is no
 * slot for it any more is surplus, and somebody gives it back.
 */

#include "apm2-lease-parker.h"

#include "apm2-broker-call.h"
#include "apm2-lease.h"
#include "apm2-log.h"

/* Before a refused Lease is tried again. */
#define RETRY_MSEC 1000

struct _Apm2LeaseParker
{
  GObject parent_instance;

  Apm2LeaseBook *book;         /* borrowed: of the link, which outlives us */
  GDBusConnection *connection; /* (nullable) on which we are registered */
  guint free_slots;
  guint n_parked; /* calls on this connection */
  guint retry;    /* timer: no call until then */
};

G_DEFINE_FINAL_TYPE (Apm2LeaseParker, apm2_lease_parker, G_TYPE_OBJECT)

static guint leased_signal;
static guint surplus_signal;

static void park_leases (Apm2LeaseParker *self);

static void
apm2_lease_parker_finalize (GObject *object)
{
  Apm2LeaseParker *self = APM2_LEASE_PARKER (object);

  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (apm2_lease_parker_parent_class)->finalize (object);
}

static void
apm2_lease_parker_class_init (Apm2LeaseParkerClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_lease_parker_finalize;
  leased_signal = g_signal_new ("leased",
                                type,
                                G_SIGNAL_RUN_LAST,
                                0,
                                NULL,
                                NULL,
                                NULL,
                                G_TYPE_NONE,
                                1,
                                G_TYPE_POINTER);
  surplus_signal = g_signal_new ("surplus",
                                 type,
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 2,
                                 G_TYPE_STRING,
                                 G_TYPE_UINT64);
}

static void
apm2_lease_parker_init (Apm2LeaseParker *self)
{
}

/**
 * apm2_lease_parker_new:
 * @book: (transfer none): gets the leases; must outlive the parker
 *
 * Returns: (transfer full): a parker without a broker and without slots
 */
Apm2LeaseParker *
apm2_lease_parker_new (Apm2LeaseBook *book)
{
  Apm2LeaseParker *self = g_object_new (APM2_TYPE_LEASE_PARKER, NULL);

  self->book = book;
  return self;
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2LeaseParker *self = user_data;

  self->retry = 0;
  park_leases (self);
  return G_SOURCE_REMOVE;
}

static void
on_lease_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2LeaseParker *self = call->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Lease) lease = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if ((GObject *) self->connection != source)
    return;
  self->n_parked--;
  if (reply != NULL)
    lease = apm2_lease_new_from_reply (reply, &error);
  if (lease == NULL)
    {
      apm2_log (G_LOG_LEVEL_DEBUG, NULL, "No lease: %s", error->message);
      if (self->retry == 0)
        self->retry = g_timeout_add (RETRY_MSEC, on_retry, self);
      return;
    }
  (void) apm2_lease_book_add (self->book, lease->job_id, lease->token);
  if (self->free_slots == 0)
    {
      /* It was on its way when we stopped asking. */
      g_signal_emit (self, surplus_signal, 0, lease->job_id, lease->token);
      return;
    }
  self->free_slots--;
  g_signal_emit (self, leased_signal, 0, g_steal_pointer (&lease));
}

static void
park_leases (Apm2LeaseParker *self)
{
  while (self->connection != NULL && self->retry == 0
         && self->n_parked < self->free_slots)
    {
      self->n_parked++;
      apm2_broker_call_send (apm2_broker_call_new (self, NULL, 0),
                             self->connection,
                             "Lease",
                             g_variant_new ("(a{sv})", NULL),
                             "(stussa{sv})",
                             G_MAXINT,
                             on_lease_answered);
    }
}

/**
 * apm2_lease_parker_connect:
 * @self: a parker
 * @connection: on which the worker has just been registered
 */
void
apm2_lease_parker_connect (Apm2LeaseParker *self, GDBusConnection *connection)
{
  g_return_if_fail (APM2_IS_LEASE_PARKER (self));

  g_set_object (&self->connection, connection);
  self->n_parked = 0;
  park_leases (self);
}

/**
 * apm2_lease_parker_disconnect:
 * @self: a parker whose broker is gone
 */
void
apm2_lease_parker_disconnect (Apm2LeaseParker *self)
{
  g_return_if_fail (APM2_IS_LEASE_PARKER (self));

  g_clear_object (&self->connection);
  g_clear_handle_id (&self->retry, g_source_remove);
}

/**
 * apm2_lease_parker_set_free_slots:
 * @self: a parker
 * @n: how many leases may come
 */
void
apm2_lease_parker_set_free_slots (Apm2LeaseParker *self, guint n)
{
  g_return_if_fail (APM2_IS_LEASE_PARKER (self));

  self->free_slots = n;
  park_leases (self);
}
