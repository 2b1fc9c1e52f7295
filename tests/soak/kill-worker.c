/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A worker of the kill test. It runs nothing, but keeps to the protocol: it
 * comes back with the lease that it holds and finishes it until it is told the
 * receipt.
 */

#include "kill-load.h"
#include "rig-client.h"
#include "rig-wait.h"

typedef struct
{
  Load *load;
  char *instance;
  GDBusConnection *connection; /* (nullable) */
  char *job_id;                /* (nullable) what it holds */
  guint64 token;
  gboolean is_stale; /* what it holds was taken from it */
} KillWorker;

/* A call whose loss, but nothing else, is forgiven; NULL then. */
static GVariant *
call (KillWorker *self,
      const char *method,
      GVariant *parameters,
      gboolean may_be_stale)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (self->connection,
                                                 NULL,
                                                 APM2_OBJECT_BROKER,
                                                 APM2_IFACE_BROKER,
                                                 method,
                                                 parameters,
                                                 NULL,
                                                 G_DBUS_CALL_FLAGS_NONE,
                                                 G_MAXINT,
                                                 NULL,
                                                 &error);

  if (reply != NULL)
    return reply;
  if (may_be_stale && g_error_matches (error, APM2_ERROR, APM2_ERROR_STALE))
    {
      g_clear_pointer (&self->job_id, g_free);
      return NULL;
    }
  /* A broker that ends in good order calls the wait for a lease off. */
  if (g_dbus_error_is_remote_error (error)
      && !g_error_matches (error, APM2_ERROR, APM2_ERROR_CANCELLED))
    rig_fail ("%s under load: %s", method, error->message);
  g_clear_object (&self->connection);
  return NULL;
}

static void
come_back (KillWorker *self)
{
  GVariantBuilder leases = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(st)"));
  g_autoptr (GVariant) reply = NULL;
  g_auto (GStrv) stale = NULL;

  self->connection = rig_try_connect (self->load->home, RIG_PEER);
  if (self->connection == NULL)
    {
      load_nap ();
      return;
    }
  if (self->job_id != NULL)
    g_variant_builder_add (&leases, "(st)", self->job_id, self->token);
  reply = call (
      self,
      "RegisterWorker",
      g_variant_new ("(sua(st)a{sv})", self->instance, 1, &leases, NULL),
      FALSE);
  if (reply == NULL)
    return;
  g_variant_get (reply, "(ot^as)", NULL, NULL, &stale);
  self->is_stale = g_strv_length (stale) > 0;
}

static void
lease (KillWorker *self)
{
  g_autoptr (GVariant) reply
      = call (self, "Lease", g_variant_new ("(a{sv})", NULL), FALSE);
  g_autofree char *name = NULL;

  if (reply == NULL)
    return;
  g_variant_get_child (reply, 0, "s", &self->job_id);
  g_variant_get_child (reply, 1, "t", &self->token);
  self->is_stale = FALSE;
  name = g_strdup_printf ("%s %" G_GUINT64_FORMAT, self->job_id, self->token);
  g_mutex_lock (&self->load->lock);
  if (!g_hash_table_add (self->load->leased, g_steal_pointer (&name)))
    rig_fail ("the lease of job %s was given twice", self->job_id);
  g_mutex_unlock (&self->load->lock);
}

static void
remember (KillWorker *self, char *digest)
{
  const char *before = NULL;

  g_mutex_lock (&self->load->lock);
  before = g_hash_table_lookup (self->load->finished, self->job_id);
  if (before != NULL && !g_str_equal (before, digest))
    rig_fail ("job %s got two receipts", self->job_id);
  g_hash_table_insert (self->load->finished, self->job_id, digest);
  g_mutex_unlock (&self->load->lock);
  self->job_id = NULL;
}

static void
finish (KillWorker *self)
{
  g_autoptr (GVariant) reply = call (
      self,
      "Finish",
      g_variant_new_parsed ("(%s, %t, {'outcome': <'completed'>, "
                            "'verdict': <'passed'>, 'containment': <'none'>})",
                            self->job_id,
                            self->token),
      self->is_stale);
  char *digest = NULL;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(s)", &digest);
  remember (self, digest);
}

/**
 * load_run_worker:
 * @data: its #LoadThread
 *
 * Returns: %NULL when the workers are to stop
 */
gpointer
load_run_worker (gpointer data)
{
  const LoadThread *thread = data;
  KillWorker self = { .load = thread->load };

  self.instance = g_strdup_printf ("w%u", thread->number);
  while (!g_atomic_int_get (&self.load->workers_stop))
    {
      if (self.connection == NULL)
        come_back (&self);
      else if (self.job_id == NULL)
        lease (&self);
      else
        finish (&self);
    }
  g_clear_object (&self.connection);
  g_free (self.job_id);
  g_free (self.instance);
  return NULL;
}
