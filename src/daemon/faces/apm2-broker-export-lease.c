/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker: what concerns one lease. It is given, reported on, finished
 * or returned; a call that names a lease which is no longer its worker's is
 * stale.
 */

#include "apm2-broker-export-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-report.h"

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

/* Whether child @index of @parameters is an empty dictionary; answers the call
 * itself if not. */
static gboolean
has_no_options (GVariant *parameters,
                gsize index,
                GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { NULL };
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, index);
  g_autoptr (GError) error = NULL;

  if (apm2_options_check (options, keys, &error))
    return TRUE;

  apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  return FALSE;
}

void
apm2_broker_export_lease (gpointer data,
                          gpointer object,
                          const Apm2Caller *caller,
                          GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);

  if (worker == NULL || !has_no_options (parameters, 0, invocation))
    return;
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

void
apm2_broker_export_renew (gpointer data,
                          gpointer object,
                          const Apm2Caller *caller,
                          GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);
  g_autoptr (GVariant) leases = g_variant_get_child_value (parameters, 0);

  if (worker == NULL || !has_no_options (parameters, 1, invocation))
    return;
  apm2_worker_registry_heard (self->registry, worker);
  apm2_lease_warden_forgive (self->warden, worker);
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(@as)",
                     apm2_broker_export_list_stale (self, worker, leases)));
}

void
apm2_broker_export_report (gpointer data,
                           gpointer object,
                           const Apm2Caller *caller,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);
  g_autoptr (GVariant) report = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL)
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, &report);
  job = apm2_broker_export_find_lease (self, worker, job_id, token);
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

void
apm2_broker_export_finish (gpointer data,
                           gpointer object,
                           const Apm2Caller *caller,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);
  g_autoptr (GVariant) outcome = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL)
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, &outcome);
  job = apm2_broker_export_find_lease (self, worker, job_id, token);
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
  if (*worker->executor != '\0')
    receipt->executor = g_strdup (worker->executor);
  if (job != NULL && !apm2_report_is_readable (receipt, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
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

void
apm2_broker_export_return (gpointer data,
                           gpointer object,
                           const Apm2Caller *caller,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);
  const char *job_id;
  guint64 token;
  Apm2Job *job;

  if (worker == NULL || !has_no_options (parameters, 2, invocation))
    return;
  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, NULL);
  job = apm2_broker_export_find_lease (self, worker, job_id, token);
  if (job == NULL)
    fail_stale (invocation, job_id, token);
  else
    apm2_queue_give_back_async (
        self->queue, job, FALSE, on_returned, invocation);
}
