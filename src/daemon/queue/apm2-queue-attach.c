/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs that their caller runs: how they come in, and how one of them is leased.
 *
 * When it is their turn is decided elsewhere. Both may be asked for at once:
 * the store carries requests out in order, and commits these two together.
 */

#include "apm2-queue-private.h"

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-time.h"

static void
on_attached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  Apm2Job *job = NULL;

  self->attaching--;
  stored = apm2_queue_took_in (self, task, result, &created, &error);
  if (stored == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (!created)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_EXISTS,
                               "Job %s was attached before and is %s",
                               stored->id,
                               apm2_job_state_to_string (stored->state));
      return;
    }

  job = apm2_job_table_apply (self->table, g_steal_pointer (&stored));
  g_task_return_pointer (
      task, apm2_job_ref (job), (GDestroyNotify) apm2_job_unref);
}

/**
 * apm2_queue_attach_async:
 * @self: a queue
 * @spec: a valid spec of an attached job, with an id
 * @uid: who asks
 * @callback: called when the job is on the disk
 * @user_data: for @callback
 *
 * Accepts a job that its caller will run.
 */
void
apm2_queue_attach_async (Apm2Queue *self,
                         Apm2JobSpec *spec,
                         guint32 uid,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (Apm2Intake) intake = apm2_intake_new (spec, uid);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, apm2_queue_attach_async);
  if (!apm2_admission_check_attached (
          apm2_active_config_get (self->config), spec, &error)
      || !apm2_queue_has_room (self, intake, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  self->attaching++;
  apm2_queue_take_in (self, g_steal_pointer (&intake), TRUE, on_attached, task);
}

/**
 * apm2_queue_attach_finish:
 * @self: a queue
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the job; %NULL with Denied,
 *   LimitExceeded, Exists (its id is taken) or Unavailable
 */
Apm2Job *
apm2_queue_attach_finish (Apm2Queue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  Apm2JobSpec *spec = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *stored = NULL;
  Apm2Job *job = NULL;

  stored = apm2_store_claim_one_finish (APM2_STORE (source), result, &error);
  if (stored == NULL)
    {
      apm2_queue_note_error (self, error);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_clear_pointer (&stored->spec_text, g_free);
  job = apm2_job_table_apply (self->table, stored);
  g_clear_pointer (&job->spec, apm2_job_spec_unref);
  job->spec = apm2_job_spec_ref (spec);
  job->limits
      = apm2_admission_limits (apm2_active_config_get (self->config), spec);
  g_task_return_pointer (
      task, apm2_job_ref (job), (GDestroyNotify) apm2_job_unref);
}

/**
 * apm2_queue_claim_one_async:
 * @self: a queue
 * @spec: the spec of a pending job, with its id
 * @worker: who runs it
 * @callback: called when the lease is on the disk
 * @user_data: for @callback
 *
 * Leases a job that is attached, or is being attached.
 */
void
apm2_queue_claim_one_async (Apm2Queue *self,
                            Apm2JobSpec *spec,
                            const char *worker,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_queue_claim_one_async);
  g_task_set_task_data (
      task, apm2_job_spec_ref (spec), (GDestroyNotify) apm2_job_spec_unref);
  apm2_store_claim_one (self->store,
                        spec->job_id,
                        worker,
                        apm2_time_boot_id (),
                        on_claimed,
                        task);
}

/**
 * apm2_queue_claim_one_finish:
 * @self: a queue
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the job, leased; %NULL with NotFound,
 *   BadState (it is not pending) or Unavailable
 */
Apm2Job *
apm2_queue_claim_one_finish (Apm2Queue *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_queue_is_submitting:
 * @self: a queue
 *
 * Returns: whether a job for workers is on its way to the store
 */
gboolean
apm2_queue_is_submitting (Apm2Queue *self)
{
  return apm2_user_loads_get_all (self->coming).jobs > self->attaching;
}

/**
 * apm2_queue_call_workers:
 * @self: a queue
 *
 * There is room for workers, as far as attached jobs are concerned.
 */
void
apm2_queue_call_workers (Apm2Queue *self)
{
  apm2_queue_emit_ready (self);
}
