/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Leases from before: what a broker that starts makes of the jobs that were
 * leased when the last one ended.
 */

#include "apm2-lease-recovery.h"

#include <string.h>

#include "apm2-admission.h"
#include "apm2-job-spec-json.h"
#include "apm2-log.h"
#include "apm2-time.h"

typedef struct
{
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  guint n_waiting; /* specs that are being read */
} Recovery;

static void
recovery_free (gpointer data)
{
  Recovery *self = data;

  g_object_unref (self->table);
  g_object_unref (self->config);
  g_free (self);
}

static void
on_spec_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Recovery *self = g_task_get_task_data (task);
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (GError) error = NULL;
  Apm2Job *job = NULL;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored != NULL)
    job = apm2_job_table_find (self->table, stored->id);
  if (job != NULL && job->spec == NULL)
    job->spec = apm2_job_spec_from_json (
        stored->spec_text, strlen (stored->spec_text), &error);
  if (job != NULL && job->spec != NULL)
    job->limits = apm2_admission_limits (apm2_active_config_get (self->config),
                                         job->spec);
  if (error != NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Cannot load the spec of a leased job: %s",
              error->message);
  if (--self->n_waiting == 0)
    g_task_return_boolean (task, TRUE);
}

/* Leases of this boot go on: their worker may come back with them. Those of an
 * earlier boot are lost. The worker of an attached job is its caller, which
 * does not register. */
static void
take_up (Apm2LeaseWarden *warden, Apm2WorkerRegistry *registry, Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;

  if (job->state != APM2_JOB_STATE_LEASED)
    return;
  if (g_strcmp0 (stored->boot_id, apm2_time_boot_id ()) != 0)
    apm2_lease_warden_end (warden, job, APM2_LEASE_DOUBT_REBOOTED);
  else if (stored->kind != APM2_JOB_KIND_ATTACHED)
    apm2_worker_registry_add_lease (
        registry,
        apm2_worker_registry_ensure (
            registry, stored->worker != NULL ? stored->worker : "default"),
        job);
}

/**
 * apm2_lease_recovery_run_async:
 * @queue: a queue that has been loaded
 * @store: where the specs are
 * @table: the jobs
 * @registry: gets the leases that go on
 * @warden: ends the others
 * @config: limits and lanes
 * @callback: called when all is known of what was leased
 * @user_data: for @callback
 */
void
apm2_lease_recovery_run_async (Apm2Queue *queue,
                               Apm2Store *store,
                               Apm2JobTable *table,
                               Apm2WorkerRegistry *registry,
                               Apm2LeaseWarden *warden,
                               Apm2ActiveConfig *config,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (queue, NULL, callback, user_data);
  g_autoptr (GPtrArray) leased = apm2_queue_list_claims (queue);
  Recovery *self = g_new0 (Recovery, 1);

  g_task_set_source_tag (task, apm2_lease_recovery_run_async);
  self->table = g_object_ref (table);
  self->config = g_object_ref (config);
  self->n_waiting = leased->len;
  g_task_set_task_data (task, self, recovery_free);
  for (guint i = 0; i < leased->len; i++)
    {
      Apm2Job *job = g_ptr_array_index (leased, i);

      apm2_store_get (
          store, job->stored->id, on_spec_loaded, g_object_ref (task));
      take_up (warden, registry, job);
    }
  if (leased->len == 0)
    g_task_return_boolean (task, TRUE);
}

void
apm2_lease_recovery_run_finish (Apm2Queue *queue, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, queue));

  (void) g_task_propagate_boolean (G_TASK (result), NULL);
}
