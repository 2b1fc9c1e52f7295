/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker: how a worker gets its work and says what became of it.
 *
 * Every call that names a lease is checked against the job's newest token and
 * against the worker that the connection belongs to. What it may do with the
 * job is decided by the queue.
 */

#include "apm2-broker-export.h"

#include "apm2-dbus.h"
#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-id.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-report.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define SLOTS_MAX 1024

struct _Apm2BrokerExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2WorkerRegistry *registry;
  Apm2Dispatcher *dispatcher;
  Apm2Face face;
};

G_DEFINE_FINAL_TYPE (Apm2BrokerExport, apm2_broker_export, G_TYPE_OBJECT)

static void
apm2_broker_export_finalize (GObject *object)
{
  Apm2BrokerExport *self = APM2_BROKER_EXPORT (object);

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
static Apm2WorkerRecord *
need_worker (Apm2BrokerExport *self, GDBusMethodInvocation *invocation)
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

static Apm2Job *
find_lease (Apm2BrokerExport *self,
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

static void
fail_stale (GDBusMethodInvocation *invocation,
            const char *job_id,
            guint64 token)
{
  apm2_invocation_fail (invocation,
                        APM2_ERROR_STALE,
                        "Lease %" G_GUINT64_FORMAT
                        " of job %.64s is not this worker's: end the job and "
                        "forget it",
                        token,
                        job_id);
}

/* --- registration --- */

static gint64
find_token (GVariant *leases, const char *job_id)
{
  GVariantIter iter;
  const char *id;
  guint64 token;

  g_variant_iter_init (&iter, leases);
  while (g_variant_iter_next (&iter, "(&st)", &id, &token))
    if (g_str_equal (id, job_id))
      return (gint64) token;
  return -1;
}

/* Takes from @worker every lease that it no longer claims to hold. */
static void
drop_unclaimed (Apm2BrokerExport *self,
                Apm2WorkerRecord *worker,
                GVariant *leases)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();

  for (guint i = 0; i < worker->leases->len; i++)
    {
      Apm2Job *job = g_ptr_array_index (worker->leases, i);

      if (find_token (leases, job->stored->id) != (gint64) job->stored->token)
        g_ptr_array_add (lost, job);
    }
  for (guint i = 0; i < lost->len; i++)
    apm2_queue_lose (self->queue, g_ptr_array_index (lost, i), FALSE);
}

static GVariant *
list_stale (Apm2BrokerExport *self,
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
    if (find_lease (self, worker, id, token) == NULL)
      g_variant_builder_add (&stale, "s", id);
  return g_variant_builder_end (&stale);
}

static void
send_cancel (Apm2BrokerExport *self,
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

static gboolean
check_registration (Apm2BrokerExport *self,
                    GDBusConnection *connection,
                    const char *instance,
                    guint slots,
                    GVariant *options,
                    GError **error)
{
  static const char *const keys[] = {
    "executor:s",
    "version:s",
    "heartbeat_path:s",
    NULL,
  };
  const Apm2WorkerRecord *worker;

  if (!apm2_options_check (options, keys, error))
    return FALSE;
  if (!apm2_instance_is_valid (instance) || slots < 1 || slots > SLOTS_MAX)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "A worker needs an instance name of 1 to 64 of "
                           "[A-Za-z0-9_-] and 1 to 1024 slots");
      return FALSE;
    }
  worker = apm2_worker_registry_find (self->registry, instance);
  if (worker != NULL && worker->connection != NULL
      && worker->connection != connection)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "A worker with the instance name \"%s\" is connected (pid "
                   "%u): stop it, or choose another name with --instance",
                   instance,
                   worker->pid);
      return FALSE;
    }
  return TRUE;
}

static void
take_option (GVariant *options, const char *key, char **member)
{
  const char *text = NULL;

  if (!g_variant_lookup (options, key, "&s", &text))
    return;
  g_free (*member);
  *member = apm2_text_clean (text, 4096);
}

static void
handle_register_worker (gpointer data,
                        gpointer object,
                        const Apm2Caller *caller,
                        GVariant *parameters,
                        GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  GDBusConnection *connection
      = g_dbus_method_invocation_get_connection (invocation);
  g_autoptr (GVariant) leases = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  Apm2WorkerRecord *worker;
  const char *instance;
  guint32 slots;

  g_variant_get (
      parameters, "(&su@a(st)@a{sv})", &instance, &slots, &leases, &options);
  if (!check_registration (self, connection, instance, slots, options, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }

  worker = apm2_worker_registry_ensure (self->registry, instance);
  worker->pid = (guint32) caller->pid;
  worker->slots = slots;
  take_option (options, "executor", &worker->executor);
  take_option (options, "heartbeat_path", &worker->heartbeat_path);
  drop_unclaimed (self, worker, leases);
  apm2_worker_registry_connect (self->registry, worker, connection);
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.worker = instance),
            "Worker \"%s\" (pid %u) registered with %u slots",
            instance,
            worker->pid,
            slots);

  path = apm2_tree_element_to_path (APM2_OBJECT_WORKERS, instance);
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new (
          "(ot@as)",
          path,
          (guint64) apm2_worker_registry_get_expiry_usec (self->registry),
          list_stale (self, worker, leases)));
  for (guint i = 0; i < worker->leases->len; i++)
    {
      const Apm2Job *job = g_ptr_array_index (worker->leases, i);

      if (job->stored->cancel_requested)
        send_cancel (self, worker, job);
    }
}

/* --- leases --- */

static void
handle_lease (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { NULL };
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 0);
  g_autoptr (GError) error = NULL;

  if (worker == NULL)
    return;
  if (!apm2_options_check (options, keys, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  if (g_queue_get_length (&worker->parked) >= worker->slots)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_LIMIT_EXCEEDED,
                            "Worker \"%s\" has a call waiting for each of its "
                            "%u slots already",
                            worker->instance,
                            worker->slots);
      return;
    }
  apm2_dispatcher_park (self->dispatcher, worker, invocation);
}

static void
handle_renew (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  g_autoptr (GVariant) leases = g_variant_get_child_value (parameters, 0);

  if (worker == NULL)
    return;
  apm2_worker_registry_heard (self->registry, worker);
  g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(@as)", list_stale (self, worker, leases)));
}

static void
handle_report (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  g_autoptr (GVariant) report = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL)
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, &report);
  job = find_lease (self, worker, job_id, token);
  if (job == NULL)
    fail_stale (invocation, job_id, token);
  else if (!apm2_report_apply (self->table, job, report, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;

  digest = apm2_queue_finish_finish (APM2_QUEUE (source), result, &error);
  if (digest == NULL)
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", digest));
}

static void
handle_finish (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  g_autoptr (GVariant) outcome = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL)
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, &outcome);
  job = find_lease (self, worker, job_id, token);
  if (job != NULL)
    receipt = apm2_queue_new_receipt (self->queue, job);
  else
    {
      /* The reply to an earlier Finish may have been lost: the store knows. */
      receipt = apm2_receipt_new ();
      receipt->job_id = g_strdup (job_id);
    }
  if (!apm2_report_fill_receipt (receipt, outcome, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  receipt->executor = g_strdup (worker->executor);
  if (job == NULL && !apm2_queue_may_finish_again (self->queue, job_id, token))
    {
      fail_stale (invocation, job_id, token);
      return;
    }
  apm2_queue_finish_async (self->queue,
                           job_id,
                           token,
                           g_steal_pointer (&receipt),
                           on_finished,
                           invocation);
}

static void
on_returned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_queue_give_back_finish (APM2_QUEUE (source), result, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
handle_return (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL)
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, NULL);
  job = find_lease (self, worker, job_id, token);
  if (job == NULL)
    fail_stale (invocation, job_id, token);
  else
    apm2_queue_give_back_async (
        self->queue, job, FALSE, on_returned, invocation);
}

/* --- heartbeat --- */

static gboolean
take_beat (Apm2WorkerRecord *worker, GVariant *beat, GError **error)
{
  static const char *const keys[] = {
    "cycle_count:t",      "state:s",          "health_status:s",
    "jobs_completed:t",   "jobs_failed:t",    "jobs_denied:t",
    "jobs_quarantined:t", "jobs_cancelled:t", NULL,
  };
  const char *state = NULL;

  if (!apm2_options_check (beat, keys, error))
    return FALSE;
  if (g_variant_lookup (beat, "state", "&s", &state))
    {
      if (!g_str_equal (state, "idle") && !g_str_equal (state, "busy")
          && !g_str_equal (state, "draining"))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "A worker is idle, busy or draining, not \"%.32s\"",
                       state);
          return FALSE;
        }
      take_option (beat, "state", &worker->state);
    }
  take_option (beat, "health_status", &worker->health_status);
  (void) g_variant_lookup (beat, "cycle_count", "t", &worker->cycle_count);
  (void) g_variant_lookup (
      beat, "jobs_completed", "t", &worker->jobs_completed);
  (void) g_variant_lookup (beat, "jobs_failed", "t", &worker->jobs_failed);
  (void) g_variant_lookup (beat, "jobs_denied", "t", &worker->jobs_denied);
  (void) g_variant_lookup (
      beat, "jobs_quarantined", "t", &worker->jobs_quarantined);
  (void) g_variant_lookup (
      beat, "jobs_cancelled", "t", &worker->jobs_cancelled);
  worker->last_cycle_at = apm2_time_realtime_usec ();
  return TRUE;
}

static void
handle_heartbeat (gpointer data,
                  gpointer object,
                  const Apm2Caller *caller,
                  GVariant *parameters,
                  GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = need_worker (self, invocation);
  g_autoptr (GVariant) beat = g_variant_get_child_value (parameters, 0);
  g_autoptr (GError) error = NULL;

  if (worker == NULL)
    return;
  if (!take_beat (worker, beat, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_worker_registry_heard (self->registry, worker);
  apm2_worker_registry_touch (self->registry, worker);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

/* --- wiring --- */

static const Apm2Method methods[] = {
  { "RegisterWorker", handle_register_worker },
  { "Lease", handle_lease },
  { "Renew", handle_renew },
  { "Report", handle_report },
  { "Finish", handle_finish },
  { "Return", handle_return },
  { "Heartbeat", handle_heartbeat },
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
        send_cancel (self, worker, job);
    }
}

static void
on_released (Apm2BrokerExport *self, Apm2Job *job)
{
  apm2_worker_registry_remove_lease (self->registry, job);
}

static void
on_expired (Apm2BrokerExport *self, Apm2WorkerRecord *worker)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.worker = worker->instance,
                           .reason = APM2_REASON_WORKER_LOST),
            "Worker \"%s\" was not heard of for longer than its leases last",
            worker->instance);
  for (guint i = 0; i < worker->leases->len; i++)
    apm2_queue_lose (self->queue, g_ptr_array_index (worker->leases, i), FALSE);
}

/**
 * apm2_broker_export_new:
 * @tree: where it is exported
 * @queue: changes jobs
 * @table: the jobs
 * @registry: the workers
 * @dispatcher: gives leases
 *
 * Returns: (transfer full): the exported interface
 */
Apm2BrokerExport *
apm2_broker_export_new (Apm2Tree *tree,
                        Apm2Queue *queue,
                        Apm2JobTable *table,
                        Apm2WorkerRegistry *registry,
                        Apm2Dispatcher *dispatcher)
{
  Apm2BrokerExport *self = g_object_new (APM2_TYPE_BROKER_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->registry = g_object_ref (registry);
  self->dispatcher = g_object_ref (dispatcher);
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

/**
 * apm2_broker_export_drain:
 * @self: the interface
 *
 * Asks every worker to take no new lease.
 */
void
apm2_broker_export_drain (Apm2BrokerExport *self)
{
  apm2_tree_emit (
      self->tree, APM2_OBJECT_BROKER, APM2_IFACE_BROKER, "Drain", NULL);
}
