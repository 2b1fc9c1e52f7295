/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The worker's side of org.apm2.Broker.
 *
 * Puts the parts together: the session registers, the parker waits for leases,
 * the keeper watches over them, the settler ends them. Everything is said again
 * after the broker was away; nothing depends on when the connection breaks.
 */

#include "apm2-broker-link-private.h"

#include "apm2-lease-keeper.h"
#include "apm2-lease-settler.h"

G_DEFINE_FINAL_TYPE (Apm2BrokerLink, apm2_broker_link, G_TYPE_OBJECT)

enum
{
  REGISTERED,
  LOST,
  CONTACT,
  LEASED,
  STALE,
  SETTLED,
  CANCEL_REQUESTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
apm2_broker_link_finalize (GObject *object)
{
  Apm2BrokerLink *self = APM2_BROKER_LINK (object);

  g_clear_object (&self->session);
  g_clear_object (&self->parker);
  g_clear_object (&self->keeper);
  g_clear_object (&self->settler);
  g_clear_pointer (&self->book, apm2_lease_book_free);
  G_OBJECT_CLASS (apm2_broker_link_parent_class)->finalize (object);
}

static void
apm2_broker_link_class_init (Apm2BrokerLinkClass *klass)
{
  static const struct
  {
    const char *name;
    guint n_types;
    GType first;
  } table[N_SIGNALS] = {
    [REGISTERED] = { "registered", 0, G_TYPE_NONE },
    [LOST] = { "lost", 0, G_TYPE_NONE },
    [CONTACT] = { "contact", 0, G_TYPE_NONE },
    [LEASED] = { "leased", 1, G_TYPE_POINTER },
    [STALE] = { "stale", 1, G_TYPE_STRING },
    [SETTLED] = { "settled", 1, G_TYPE_STRING },
    [CANCEL_REQUESTED] = { "cancel-requested", 3, G_TYPE_STRING },
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_broker_link_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (table[i].name,
                               G_TYPE_FROM_CLASS (klass),
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               table[i].n_types,
                               table[i].first,
                               G_TYPE_UINT64,
                               G_TYPE_STRING);
}

static void
apm2_broker_link_init (Apm2BrokerLink *self)
{
  self->book = apm2_lease_book_new ();
  self->parker = apm2_lease_parker_new (self->book);
  self->keeper = apm2_lease_keeper_new (self->book);
  self->settler = apm2_lease_settler_new (self->book);
}

static void
on_cancel (Apm2BrokerLink *self,
           const char *job_id,
           guint64 token,
           const char *reason)
{
  g_signal_emit (self, signals[CANCEL_REQUESTED], 0, job_id, token, reason);
}

/* Results that the broker does not take must not pile up. */
static void
open_slots (Apm2BrokerLink *self)
{
  gboolean jammed = apm2_lease_book_count_unsettled (self->book) > self->slots;

  apm2_lease_parker_set_free_slots (self->parker,
                                    jammed ? 0 : self->free_slots);
}

static void
on_registered (Apm2BrokerLink *self,
               guint64 expiry_usec,
               GVariant *stale,
               gint64 sent_at)
{
  GDBusConnection *connection
      = apm2_broker_session_get_connection (self->session);

  apm2_lease_keeper_connect (self->keeper, connection, expiry_usec);
  apm2_lease_keeper_drop_all (self->keeper, stale);
  apm2_lease_keeper_touch (self->keeper, sent_at);
  apm2_lease_settler_connect (self->settler, connection);
  open_slots (self);
  apm2_lease_parker_connect (
      self->parker, connection, apm2_broker_session_get_inbox (self->session));
  g_signal_emit (self, signals[REGISTERED], 0);
}

static void
on_lost (Apm2BrokerLink *self)
{
  apm2_lease_parker_disconnect (self->parker);
  apm2_lease_keeper_disconnect (self->keeper);
  apm2_lease_settler_disconnect (self->settler);
  g_signal_emit (self, signals[LOST], 0);
}

static void
on_contact (Apm2BrokerLink *self)
{
  g_signal_emit (self, signals[CONTACT], 0);
}

static void
on_stale (Apm2BrokerLink *self, const char *job_id)
{
  open_slots (self);
  g_signal_emit (self, signals[STALE], 0, job_id);
}

static void
on_leased (Apm2BrokerLink *self, Apm2Lease *lease)
{
  self->free_slots--;
  g_signal_emit (self, signals[LEASED], 0, lease);
}

static void
on_surplus (Apm2BrokerLink *self, const char *job_id, guint64 token)
{
  apm2_lease_settler_give_back (self->settler, job_id, token);
}

static void
on_settled (Apm2BrokerLink *self, const char *job_id)
{
  open_slots (self);
  g_signal_emit (self, signals[SETTLED], 0, job_id);
}

/* A broker that is there all the same must hear what we no longer hold. */
static void
on_fenced (Apm2BrokerLink *self)
{
  apm2_broker_session_renew (self->session);
}

static void
listen (Apm2BrokerLink *self, gpointer object, const char *name, GCallback func)
{
  g_signal_connect_object (object, name, func, self, G_CONNECT_SWAPPED);
}

/**
 * apm2_broker_link_new:
 * @address: D-Bus address of the operator socket
 * @identity: (transfer none): what to register as
 *
 * Returns: (transfer full): a link that has not begun
 */
Apm2BrokerLink *
apm2_broker_link_new (const char *address, const Apm2BrokerIdentity *identity)
{
  Apm2BrokerLink *self = g_object_new (APM2_TYPE_BROKER_LINK, NULL);

  self->slots = identity->slots;
  if (identity->outlives)
    apm2_lease_keeper_keep_for_ever (self->keeper);
  self->session = apm2_broker_session_new (address, identity, self->book);
  listen (self, self->session, "cancel-requested", G_CALLBACK (on_cancel));
  listen (self, self->session, "registered", G_CALLBACK (on_registered));
  listen (self, self->session, "lost", G_CALLBACK (on_lost));
  listen (self, self->parker, "leased", G_CALLBACK (on_leased));
  listen (self, self->parker, "surplus", G_CALLBACK (on_surplus));
  listen (self, self->keeper, "contact", G_CALLBACK (on_contact));
  listen (self, self->keeper, "stale", G_CALLBACK (on_stale));
  listen (self, self->keeper, "fenced", G_CALLBACK (on_fenced));
  listen (self, self->settler, "settled", G_CALLBACK (on_settled));
  return self;
}

/**
 * apm2_broker_link_start:
 * @self: a link that has not begun
 */
void
apm2_broker_link_start (Apm2BrokerLink *self)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  apm2_broker_session_start (self->session);
}

/**
 * apm2_broker_link_close:
 * @self: a link
 *
 * Ends it for good, without a signal. Leases that are still held stay the
 * worker's until they expire.
 */
void
apm2_broker_link_close (Apm2BrokerLink *self)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  apm2_lease_parker_disconnect (self->parker);
  apm2_lease_keeper_disconnect (self->keeper);
  apm2_lease_settler_disconnect (self->settler);
  apm2_broker_session_stop (self->session);
}

/**
 * apm2_broker_link_set_free_slots:
 * @self: a link
 * @n: how many jobs more may come; one that comes although this is 0 is given
 *   back
 */
void
apm2_broker_link_set_free_slots (Apm2BrokerLink *self, guint n)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  self->free_slots = n;
  open_slots (self);
}

/**
 * apm2_broker_link_report:
 * @self: a link
 * @job_id: a job that runs
 * @token: of its lease
 * @report: (transfer floating): as of Report; dropped while the broker is away
 */
void
apm2_broker_link_report (Apm2BrokerLink *self,
                         const char *job_id,
                         guint64 token,
                         GVariant *report)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  apm2_lease_keeper_report (self->keeper, job_id, token, report);
}

/**
 * apm2_broker_link_finish:
 * @self: a link
 * @job_id: a job of which no process lives
 * @token: of its lease
 * @result: (transfer floating): as of Finish; kept until the broker has it
 */
void
apm2_broker_link_finish (Apm2BrokerLink *self,
                         const char *job_id,
                         guint64 token,
                         GVariant *result)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  apm2_lease_settler_finish (self->settler, job_id, token, result);
}

/**
 * apm2_broker_link_give_back:
 * @self: a link
 * @job_id: a job of which no process lives
 * @token: of its lease
 */
void
apm2_broker_link_give_back (Apm2BrokerLink *self,
                            const char *job_id,
                            guint64 token)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  apm2_lease_settler_give_back (self->settler, job_id, token);
}

/**
 * apm2_broker_link_forget:
 * @self: a link
 * @job_id: a job that was killed because its lease might have been lost
 * @token: of its lease
 *
 * If the broker still counts it as ours it hears that it is not.
 */
void
apm2_broker_link_forget (Apm2BrokerLink *self,
                         const char *job_id,
                         guint64 token)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  if (apm2_lease_book_find_running (self->book, job_id, token) == NULL)
    return;
  (void) apm2_lease_book_remove (self->book, job_id, token);
  apm2_broker_session_renew (self->session);
}

/**
 * apm2_broker_link_adopt:
 * @self: a link that has not begun
 * @job_id: a job that an earlier process was given
 * @token: of its lease
 */
void
apm2_broker_link_adopt (Apm2BrokerLink *self, const char *job_id, guint64 token)
{
  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  (void) apm2_lease_book_add (self->book, job_id, token);
}

/**
 * apm2_broker_link_leave:
 * @self: a link
 * @job_id: a job that runs on when this process ends
 * @token: of its lease, which the next process will name
 */
void
apm2_broker_link_leave (Apm2BrokerLink *self, const char *job_id, guint64 token)
{
  Apm2HeldLease *lease = NULL;

  g_return_if_fail (APM2_IS_BROKER_LINK (self));

  lease = apm2_lease_book_find_running (self->book, job_id, token);
  if (lease != NULL)
    lease->left = TRUE;
}

/**
 * apm2_broker_link_beat_async:
 * @self: a link
 * @beat: (transfer floating): as of Heartbeat
 * @timeout_msec: how long to wait for the broker
 * @callback: called in any case
 * @user_data: for @callback
 */
void
apm2_broker_link_beat_async (Apm2BrokerLink *self,
                             GVariant *beat,
                             int timeout_msec,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_broker_link_beat_async);
  apm2_lease_keeper_beat (self->keeper, beat, timeout_msec, task);
}

gboolean
apm2_broker_link_beat_finish (Apm2BrokerLink *self,
                              GAsyncResult *result,
                              GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
