/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps leases alive, and knows until when they are ours for certain.
 *
 * All that is said of leases while they are held goes through here, since every
 * answer may tell that one is not ours any more. The fence is the moment until
 * which they are: it stands a margin before the broker may give a
 * silent worker's jobs to somebody else, counted from when the last renewal
 * that was answered had been sent. What still runs when it passes is given up,
 * since a second copy may be about to begin.
 */

#include "apm2-lease-keeper.h"

#include "apm2-broker-call.h"
#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-time.h"

#define RENEW_MSEC  10000
#define REPORT_MSEC 30000
/* Parts of the expiry: the margin, the silence after which a renewal is due,
 * and how often it is tried then. */
#define MARGIN_PART 5
#define LOOK_PART   10
#define RENEW_PART  4

struct _Apm2LeaseKeeper
{
  GObject parent_instance;

  Apm2LeaseBook *book;         /* borrowed: of the link, which outlives us */
  GDBusConnection *connection; /* (nullable) on which we are registered */
  gint64 expiry_usec;          /* 0: never registered */
  gint64 contact;              /* boottime */
  gboolean for_ever;           /* silence does not end a lease */
  guint look;                  /* timer */
  gboolean renewing;
};

G_DEFINE_FINAL_TYPE (Apm2LeaseKeeper, apm2_lease_keeper, G_TYPE_OBJECT)

enum
{
  CONTACT,
  STALE,
  FENCED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void plan_look (Apm2LeaseKeeper *self);

static void
apm2_lease_keeper_finalize (GObject *object)
{
  Apm2LeaseKeeper *self = APM2_LEASE_KEEPER (object);

  g_clear_handle_id (&self->look, g_source_remove);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (apm2_lease_keeper_parent_class)->finalize (object);
}

static void
apm2_lease_keeper_class_init (Apm2LeaseKeeperClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_lease_keeper_finalize;
  signals[CONTACT] = g_signal_new (
      "contact", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[STALE] = g_signal_new ("stale",
                                 type,
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 1,
                                 G_TYPE_STRING);
  signals[FENCED] = g_signal_new (
      "fenced", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
apm2_lease_keeper_init (Apm2LeaseKeeper *self)
{
}

/**
 * apm2_lease_keeper_new:
 * @book: (transfer none): the leases; must outlive the keeper
 *
 * Returns: (transfer full): a keeper without a broker
 */
Apm2LeaseKeeper *
apm2_lease_keeper_new (Apm2LeaseBook *book)
{
  Apm2LeaseKeeper *self = g_object_new (APM2_TYPE_LEASE_KEEPER, NULL);

  self->book = book;
  return self;
}

/**
 * apm2_lease_keeper_keep_for_ever:
 * @self: a keeper
 *
 * A broker that does not hear us asks the service manager what runs, and no
 * clock: leases are ours until it says otherwise.
 */
void
apm2_lease_keeper_keep_for_ever (Apm2LeaseKeeper *self)
{
  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  self->for_ever = TRUE;
}

/**
 * apm2_lease_keeper_get_fence:
 * @self: a keeper
 *
 * Returns: until when the leases are ours for certain, by the clock of the
 * boot; 0 before the first registration, or if no clock ends them
 */
gint64
apm2_lease_keeper_get_fence (Apm2LeaseKeeper *self)
{
  g_return_val_if_fail (APM2_IS_LEASE_KEEPER (self), 0);

  if (self->expiry_usec == 0 || self->for_ever)
    return 0;
  return self->contact + self->expiry_usec - self->expiry_usec / MARGIN_PART;
}

/**
 * apm2_lease_keeper_touch:
 * @self: a keeper
 * @sent_at: when a call that renews had been sent, which now has been answered
 */
void
apm2_lease_keeper_touch (Apm2LeaseKeeper *self, gint64 sent_at)
{
  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  if (sent_at <= self->contact)
    return;
  self->contact = sent_at;
  plan_look (self);
  g_signal_emit (self, signals[CONTACT], 0);
}

/**
 * apm2_lease_keeper_drop:
 * @self: a keeper
 * @job_id: a job
 * @token: of the lease that is not ours any more
 */
void
apm2_lease_keeper_drop (Apm2LeaseKeeper *self,
                        const char *job_id,
                        guint64 token)
{
  g_autofree char *name = g_strdup (job_id);

  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  if (!apm2_lease_book_remove (self->book, name, token))
    return;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = name),
            "The lease of job %s is not ours any more; dropping the job",
            name);
  g_signal_emit (self, signals[STALE], 0, name);
}

/**
 * apm2_lease_keeper_drop_all:
 * @self: a keeper
 * @job_ids: "as", from the broker
 */
void
apm2_lease_keeper_drop_all (Apm2LeaseKeeper *self, GVariant *job_ids)
{
  GVariantIter iter;
  const char *id = NULL;

  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  g_variant_iter_init (&iter, job_ids);
  while (g_variant_iter_next (&iter, "&s", &id))
    {
      const Apm2HeldLease *lease = apm2_lease_book_find (self->book, id);

      if (lease != NULL)
        apm2_lease_keeper_drop (self, id, lease->token);
    }
}

static void
on_reported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2LeaseKeeper *self = call->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL || (GObject *) self->connection != source)
    return;
  if (g_error_matches (error, APM2_ERROR, APM2_ERROR_STALE))
    apm2_lease_keeper_drop (self, call->job_id, call->token);
  else
    apm2_log (G_LOG_LEVEL_DEBUG,
              APM2_LOG_WITH (.job = call->job_id),
              "A report of job %s was not taken: %s",
              call->job_id,
              error->message);
}

/**
 * apm2_lease_keeper_report:
 * @self: a keeper
 * @job_id: a job that runs
 * @token: of its lease
 * @report: (transfer floating): as of Report; dropped while the broker is away
 */
void
apm2_lease_keeper_report (Apm2LeaseKeeper *self,
                          const char *job_id,
                          guint64 token,
                          GVariant *report)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (report);

  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  if (self->connection == NULL
      || apm2_lease_book_find_running (self->book, job_id, token) == NULL)
    return;
  apm2_broker_call_send (apm2_broker_call_new (self, job_id, token),
                         self->connection,
                         "Report",
                         g_variant_new ("(st@a{sv})", job_id, token, owned),
                         "()",
                         REPORT_MSEC,
                         on_reported);
}

static void
on_beaten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  GTask *task = call->owner;
  Apm2LeaseKeeper *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if ((GObject *) self->connection == source)
    apm2_lease_keeper_touch (self, call->sent_at);
  g_task_return_boolean (task, TRUE);
}

/**
 * apm2_lease_keeper_beat:
 * @self: a keeper
 * @beat: (transfer floating): as of Heartbeat
 * @timeout_msec: how long to wait for the broker
 * @task: (transfer none): returns a boolean when the broker has answered, or an
 *   error; its data is taken
 */
void
apm2_lease_keeper_beat (Apm2LeaseKeeper *self,
                        GVariant *beat,
                        int timeout_msec,
                        GTask *task)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (beat);

  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  if (self->connection == NULL)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               "There is no connection to the broker");
      return;
    }
  g_task_set_task_data (task, g_object_ref (self), g_object_unref);
  apm2_broker_call_send (apm2_broker_call_new (task, NULL, 0),
                         self->connection,
                         "Heartbeat",
                         g_variant_new ("(@a{sv})", owned),
                         "()",
                         timeout_msec,
                         on_beaten);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerCall) call = user_data;
  Apm2LeaseKeeper *self = call->owner;
  g_autoptr (GVariant) stale = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, NULL);

  if ((GObject *) self->connection != source)
    return;
  self->renewing = FALSE;
  if (reply == NULL)
    return;
  g_variant_get (reply, "(@as)", &stale);
  apm2_lease_keeper_drop_all (self, stale);
  apm2_lease_keeper_touch (self, call->sent_at);
}

static void
renew (Apm2LeaseKeeper *self)
{
  if (self->connection == NULL || self->renewing)
    return;
  self->renewing = TRUE;
  apm2_broker_call_send (apm2_broker_call_new (self, NULL, 0),
                         self->connection,
                         "Renew",
                         g_variant_new ("(@a(st)a{sv})",
                                        apm2_lease_book_to_variant (self->book),
                                        NULL),
                         "(as)",
                         RENEW_MSEC,
                         on_renewed);
}

/* What has ended and is not settled stays: it is told later, and refused then
 * if it is too late. */
static void
give_up_running (Apm2LeaseKeeper *self)
{
  g_autoptr (GPtrArray) leases = apm2_lease_book_list (self->book);
  gboolean told = FALSE;

  for (guint i = 0; i < leases->len; i++)
    {
      const Apm2HeldLease *lease = g_ptr_array_index (leases, i);

      if (!apm2_held_lease_is_running (lease))
        continue;
      if (!told)
        g_signal_emit (self, signals[FENCED], 0);
      told = TRUE;
      apm2_lease_keeper_drop (self, lease->job_id, lease->token);
    }
}

static gboolean
on_look (gpointer user_data)
{
  Apm2LeaseKeeper *self = user_data;

  self->look = 0;
  if (!self->for_ever
      && apm2_time_boottime_usec () >= apm2_lease_keeper_get_fence (self))
    give_up_running (self);
  renew (self);
  plan_look (self);
  return G_SOURCE_REMOVE;
}

/* While the broker is heard from in time the timer is pushed back and never
 * fires. */
static void
plan_look (Apm2LeaseKeeper *self)
{
  gint64 due = self->contact + self->expiry_usec / RENEW_PART;
  gint64 wait
      = MAX (due - apm2_time_boottime_usec (), self->expiry_usec / LOOK_PART);

  g_clear_handle_id (&self->look, g_source_remove);
  self->look = g_timeout_add ((guint) (wait / 1000) + 1, on_look, self);
}

/**
 * apm2_lease_keeper_connect:
 * @self: a keeper
 * @connection: on which the worker has just been registered
 * @expiry_usec: what the broker said
 */
void
apm2_lease_keeper_connect (Apm2LeaseKeeper *self,
                           GDBusConnection *connection,
                           guint64 expiry_usec)
{
  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  self->expiry_usec
      = (gint64) CLAMP (expiry_usec, 1000, (guint64) G_MAXINT32 * 1000);
  self->renewing = FALSE;
  g_set_object (&self->connection, connection);
  plan_look (self);
}

/**
 * apm2_lease_keeper_disconnect:
 * @self: a keeper whose broker is gone; the fence stays
 */
void
apm2_lease_keeper_disconnect (Apm2LeaseKeeper *self)
{
  g_return_if_fail (APM2_IS_LEASE_KEEPER (self));

  g_clear_object (&self->connection);
  self->renewing = FALSE;
}
