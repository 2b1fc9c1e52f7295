/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps one Lease call parked at the broker for each free slot.
 *
 * A parked call cannot be taken back. A lease that comes although there is no
 * slot for it any more is surplus, and somebody gives it back.
 *
 * The inbox may have a lease before its reply comes: then the reply is only one
 * call less that is parked.
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
  Apm2LeaseInbox *inbox;       /* (nullable) of this connection */
  guint free_slots;
  guint n_parked; /* calls on this connection */
  GArray *ahead;  /* (element-type guint64) tokens that came before replies */
  guint retry;    /* timer: no call until then */
};

G_DEFINE_FINAL_TYPE (Apm2LeaseParker, apm2_lease_parker, G_TYPE_OBJECT)

static guint leased_signal;
static guint hinted_signal;
static guint surplus_signal;

static void park_leases (Apm2LeaseParker *self);

static void
forget_inbox (Apm2LeaseParker *self)
{
  if (self->inbox != NULL)
    (void) g_signal_handlers_disconnect_by_data (self->inbox, self);
  g_clear_object (&self->inbox);
  g_array_set_size (self->ahead, 0);
}

static void
apm2_lease_parker_finalize (GObject *object)
{
  Apm2LeaseParker *self = APM2_LEASE_PARKER (object);

  g_clear_handle_id (&self->retry, g_source_remove);
  forget_inbox (self);
  g_array_unref (self->ahead);
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
  hinted_signal = g_signal_new ("hinted",
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
  self->ahead = g_array_new (FALSE, FALSE, sizeof (guint64));
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
take (Apm2LeaseParker *self, Apm2Lease *lease)
{
  g_autoptr (Apm2Lease) owned = lease;

  (void) apm2_lease_book_add (self->book, lease->job_id, lease->token);
  if (self->free_slots == 0)
    {
      /* It was on its way when we stopped asking. */
      g_signal_emit (self, surplus_signal, 0, lease->job_id, lease->token);
      return;
    }
  self->free_slots--;
  g_signal_emit (self, leased_signal, 0, g_steal_pointer (&owned));
}

static void
on_told_ahead (Apm2LeaseParker *self, Apm2Lease *lease)
{
  g_array_append_val (self->ahead, lease->token);
  take (self, lease);
}

static void
on_hint (Apm2LeaseParker *self, Apm2Lease *lease)
{
  if (self->free_slots > 0)
    g_signal_emit (self, hinted_signal, 0, lease);
  else
    apm2_lease_free (lease);
}

/* Whether the lease of @reply is one that we have. */
static gboolean
was_ahead (Apm2LeaseParker *self, GVariant *reply)
{
  guint64 token = 0;

  g_variant_get_child (reply, 1, "t", &token);
  for (guint i = 0; i < self->ahead->len; i++)
    if (g_array_index (self->ahead, guint64, i) == token)
      {
        (void) g_array_remove_index_fast (self->ahead, i);
        return TRUE;
      }
  return FALSE;
}

static void
on_lease_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2LeaseParker *self = call->owner;
  g_autoptr (GError) error = NULL;
  Apm2Lease *lease = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if ((GObject *) self->connection != source)
    return;
  if (self->inbox != NULL)
    apm2_lease_inbox_read (self->inbox);
  self->n_parked--;
  if (reply != NULL && was_ahead (self, reply))
    return;
  if (self->n_parked == 0)
    g_array_set_size (self->ahead, 0);
  if (reply != NULL)
    lease = apm2_lease_new_from_reply (reply, &error);
  if (lease == NULL)
    {
      apm2_log (G_LOG_LEVEL_DEBUG, NULL, "No lease: %s", error->message);
      if (self->retry == 0)
        self->retry = g_timeout_add (RETRY_MSEC, on_retry, self);
      return;
    }
  take (self, lease);
}

/* Calls that may still bring a lease. */
static guint
count_open (const Apm2LeaseParker *self)
{
  return self->n_parked - MIN (self->n_parked, self->ahead->len);
}

static void
park_leases (Apm2LeaseParker *self)
{
  while (self->connection != NULL && self->retry == 0
         && count_open (self) < self->free_slots)
    {
      self->n_parked++;
      apm2_broker_call_send (apm2_broker_call_new (self, NULL, 0),
                             self->connection,
                             "Lease",
                             g_variant_new ("(a{sv})", NULL),
                             APM2_LEASE_TYPE_STRING,
                             G_MAXINT,
                             on_lease_answered);
    }
}

/**
 * apm2_lease_parker_connect:
 * @self: a parker
 * @connection: on which the worker has just been registered
 * @inbox: (nullable): where leases may come sooner
 */
void
apm2_lease_parker_connect (Apm2LeaseParker *self,
                           GDBusConnection *connection,
                           Apm2LeaseInbox *inbox)
{
  g_return_if_fail (APM2_IS_LEASE_PARKER (self));

  g_set_object (&self->connection, connection);
  self->n_parked = 0;
  forget_inbox (self);
  if (g_set_object (&self->inbox, inbox))
    {
      g_signal_connect_swapped (
          inbox, "lease", G_CALLBACK (on_told_ahead), self);
      g_signal_connect_swapped (inbox, "hint", G_CALLBACK (on_hint), self);
    }
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
  forget_inbox (self);
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
