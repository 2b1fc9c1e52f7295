/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker: how a worker gets its work and says what became of it.
 *
 * Every call that names a lease is checked against the job's newest token and
 * against the worker that the connection belongs to. What it may do with the
 * job is decided by the queue.
 */

#include "apm2-broker-export-private.h"

#include "apm2-dbus.h"
#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-log.h"
#include "apm2-names.h"

G_DEFINE_FINAL_TYPE (Apm2BrokerExport, apm2_broker_export, G_TYPE_OBJECT)

static void
apm2_broker_export_finalize (GObject *object)
{
  Apm2BrokerExport *self = APM2_BROKER_EXPORT (object);

  g_object_unref (self->sweeper);
  g_object_unref (self->warden);
  g_object_unref (self->dispatcher);
  g_object_unref (self->registry);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_broker_export_parent_class)->finalize (object);
}

static void
apm2_broker_export_class_init (Apm2BrokerExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_broker_export_finalize;
}

static void
apm2_broker_export_init (Apm2BrokerExport *self)
{
}

/* The worker that registered on the connection, or NULL after an error. */
Apm2WorkerRecord *
apm2_broker_export_need_worker (Apm2BrokerExport *self,
                                GDBusMethodInvocation *invocation)
{
  GDBusConnection *connection
      = g_dbus_method_invocation_get_connection (invocation);
  Apm2WorkerRecord *worker
      = apm2_worker_registry_find_by_connection (self->registry, connection);

  if (worker == NULL)
    apm2_invocation_fail (
        invocation,
        APM2_ERROR_BAD_STATE,
        "%s needs a registered worker: call RegisterWorker "
        "on this connection first",
        g_dbus_method_invocation_get_method_name (invocation));
  return worker;
}

Apm2Job *
apm2_broker_export_find_lease (Apm2BrokerExport *self,
                               const Apm2WorkerRecord *worker,
                               const char *job_id,
                               guint64 token)
{
  Apm2Job *job = apm2_job_table_find (self->table, job_id);

  if (job == NULL || job->stored->token != token
      || !apm2_worker_record_holds (worker, job))
    return NULL;
  return job;
}

GVariant *
apm2_broker_export_list_stale (Apm2BrokerExport *self,
                               const Apm2WorkerRecord *worker,
                               GVariant *leases)
{
  GVariantBuilder stale;
  GVariantIter iter;
  const char *id;
  guint64 token;

  g_variant_builder_init (&stale, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_iter_init (&iter, leases);
  while (g_variant_iter_next (&iter, "(&st)", &id, &token))
    if (apm2_broker_export_find_lease (self, worker, id, token) == NULL)
      g_variant_builder_add (&stale, "s", id);
  return g_variant_builder_end (&stale);
}

void
apm2_broker_export_send_cancel (Apm2BrokerExport *self,
                                const Apm2WorkerRecord *worker,
                                const Apm2Job *job)
{
  const char *reason = job->stored->cancel_reason;

  if (worker->connection == NULL)
    return;
  apm2_tree_emit_to (self->tree,
                     worker->connection,
                     APM2_OBJECT_BROKER,
                     APM2_IFACE_BROKER,
                     "CancelRequested",
                     g_variant_new ("(sts)",
                                    job->stored->id,
                                    job->stored->token,
                                    reason != NULL ? reason : ""));
}

static const Apm2Method methods[] = {
  { "RegisterWorker", apm2_broker_export_register_worker },
  { "Lease", apm2_broker_export_lease },
  { "Renew", apm2_broker_export_renew },
  { "Report", apm2_broker_export_report },
  { "Finish", apm2_broker_export_finish },
  { "Return", apm2_broker_export_return },
  { "Heartbeat", apm2_broker_export_heartbeat },
  { "Sweep", apm2_broker_export_sweep },
  { NULL },
};

static void
on_cancel_requested (Apm2BrokerExport *self, Apm2Job *job)
{
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self->registry);

  for (guint i = 0; i < workers->len; i++)
    {
      const Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      if (apm2_worker_record_holds (worker, job))
        apm2_broker_export_send_cancel (self, worker, job);
    }
}

static void
on_released (Apm2BrokerExport *self, Apm2Job *job)
{
  apm2_worker_registry_remove_lease (self->registry, job);
}

/* Said again as long as the worker holds leases and is silent. */
static void
on_expired (Apm2BrokerExport *self, Apm2WorkerRecord *worker)
{
  gboolean is_new = FALSE;

  for (guint i = 0; i < worker->leases->len; i++)
    is_new |= apm2_lease_warden_judge (self->warden,
                                       worker,
                                       g_ptr_array_index (worker->leases, i),
                                       APM2_LEASE_DOUBT_SILENT);
  if (is_new)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.worker = worker->instance,
                             .reason = APM2_REASON_WORKER_LOST),
              "Worker \"%s\" was not heard of for longer than its leases last",
              worker->instance);
}

/**
 * apm2_broker_export_new:
 * @tree: where it is exported
 * @queue: changes jobs
 * @table: the jobs
 * @registry: the workers
 * @dispatcher: gives leases
 * @warden: decides which of them are lost
 * @sweeper: has something to remove for the workers
 *
 * Returns: (transfer full): the exported interface
 */
Apm2BrokerExport *
apm2_broker_export_new (Apm2Tree *tree,
                        Apm2Queue *queue,
                        Apm2JobTable *table,
                        Apm2WorkerRegistry *registry,
                        Apm2Dispatcher *dispatcher,
                        Apm2LeaseWarden *warden,
                        Apm2Sweeper *sweeper)
{
  Apm2BrokerExport *self = g_object_new (APM2_TYPE_BROKER_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->registry = g_object_ref (registry);
  self->dispatcher = g_object_ref (dispatcher);
  self->warden = g_object_ref (warden);
  self->sweeper = g_object_ref (sweeper);
  self->face.info = apm2_dbus_broker_interface_info ();
  self->face.methods = methods;
  self->face.data = self;

  apm2_tree_add_object (tree, APM2_OBJECT_BROKER, &self->face, self, TRUE);
  g_signal_connect_object (queue,
                           "cancel-requested",
                           G_CALLBACK (on_cancel_requested),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (
      queue, "released", G_CALLBACK (on_released), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      registry, "expired", G_CALLBACK (on_expired), self, G_CONNECT_SWAPPED);
  return self;
}
