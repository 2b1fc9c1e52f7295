/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an attempt ends: finished by its worker, given back, called off, or lost
 * with its worker.
 */

#include "apm2-queue-private.h"

#include "apm2-error.h"
#include "apm2-log.h"

/* Before what was called off, and could not be ended, is looked for again. */
#define AGAIN_MSEC 5000

static void
on_cancel_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) effects = NULL;
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *stored;
  Apm2JobState state;
  const Apm2Job *job;
  g_autofree char *id = NULL;

  stored = apm2_store_request_cancel_finish (
      APM2_STORE (source), result, &effects, &error);
  if (stored == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  state = stored->state;
  if (state == APM2_JOB_STATE_LEASED && stored->parent_id == NULL
      && stored->n_parts == 0)
    {
      Apm2Job *leased = apm2_job_table_apply (self->table, stored);

      state = leased->state;
      apm2_queue_emit_cancel_requested (self, leased);
    }
  else
    {
      id = g_strdup (stored->id);
      apm2_queue_settle (self, stored, effects);
      job = apm2_job_table_find (self->table, id);
      if (job != NULL)
        state = job->state;
    }
  g_task_return_int (task, (gssize) state);
}

/**
 * apm2_queue_cancel_async:
 * @self: a queue
 * @job_id: a job
 * @reason: words for the receipt, may be empty
 * @callback: called when the request is on the disk
 * @user_data: for @callback
 */
void
apm2_queue_cancel_async (Apm2Queue *self,
                         const char *job_id,
                         const char *reason,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_queue_cancel_async);
  apm2_store_request_cancel (
      self->store, job_id, reason, on_cancel_stored, task);
}

gboolean
apm2_queue_cancel_finish (Apm2Queue *self,
                          GAsyncResult *result,
                          Apm2JobState *ret_state,
                          GError **error)
{
  gssize state;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  state = g_task_propagate_int (G_TASK (result), error);
  if (state < 0)
    return FALSE;
  *ret_state = (Apm2JobState) state;
  return TRUE;
}

static void
on_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) effects = NULL;
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *stored;
  gboolean waits;
  char *digest;

  stored = apm2_store_finish_finish (
      APM2_STORE (source), result, &effects, &error);
  if (stored == NULL)
    {
      apm2_queue_note_error (self, error);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  digest
      = g_strdup (stored->receipt_digest != NULL ? stored->receipt_digest : "");
  waits = stored->state == APM2_JOB_STATE_PENDING && stored->not_before != 0;
  apm2_queue_settle (self, stored, effects);
  if (waits)
    apm2_queue_wake_delayed (self);
  g_task_return_pointer (task, digest, g_free);
}

/**
 * apm2_queue_finish_async:
 * @self: a queue
 * @job_id: a job
 * @token: the token of its attempt
 * @receipt: (transfer full): how it ended
 * @callback: called when the receipt is on the disk
 * @user_data: for @callback
 */
void
apm2_queue_finish_async (Apm2Queue *self,
                         const char *job_id,
                         guint64 token,
                         Apm2Receipt *receipt,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  const Apm2Config *config = apm2_active_config_get (self->config);
  const Apm2Backoff backoff = { config->backoff_sec, config->backoff_max_sec };

  g_task_set_source_tag (task, apm2_queue_finish_async);
  apm2_store_finish (
      self->store, job_id, token, receipt, &backoff, on_finished, task);
}

/**
 * apm2_queue_finish_finish:
 * @self: a queue
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): digest of the receipt; "" if the job is
 *   pending again for another attempt
 */
char *
apm2_queue_finish_finish (Apm2Queue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_queue_may_finish_again:
 * @self: a queue
 * @job_id: a job
 * @token: the token of a lease that its worker no longer holds
 *
 * Returns: whether the store should be asked: the job has ended, perhaps by
 *   this very token
 */
gboolean
apm2_queue_may_finish_again (Apm2Queue *self, const char *job_id, guint64 token)
{
  const Apm2Job *job = apm2_job_table_find (self->table, job_id);

  if (token == 0)
    return FALSE;
  return job == NULL
         || (apm2_job_state_is_final (job->state)
             && job->stored->token == token);
}

static gboolean
on_end_again (gpointer user_data)
{
  Apm2Queue *self = user_data;

  self->end_timer = 0;
  apm2_queue_end_called_off (self);
  return G_SOURCE_REMOVE;
}

/* Nobody waits for that; the disk may be full. */
static void
on_called_off_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Queue *self = APM2_QUEUE (source);
  Apm2JobState state = APM2_JOB_STATE_PENDING;
  g_autoptr (GError) error = NULL;

  if (apm2_queue_cancel_finish (self, result, &state, &error))
    return;
  apm2_log (G_LOG_LEVEL_WARNING,
            NULL,
            "Cannot end a job that was called off: %s; trying on",
            error->message);
  if (self->end_timer == 0)
    self->end_timer = g_timeout_add (AGAIN_MSEC, on_end_again, self);
}

static void
on_given_back (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *stored;
  gboolean called_off;

  stored = apm2_store_give_back_finish (APM2_STORE (source), result, &error);
  if (stored == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  id = g_strdup (stored->id);
  called_off = stored->cancel_requested;
  apm2_queue_settle (self, stored, NULL);
  /* It was called off while it was leased: now it can end. */
  if (called_off)
    apm2_queue_cancel_async (self, id, "", on_called_off_ended, NULL);
  g_task_return_boolean (task, TRUE);
}

/**
 * apm2_queue_give_back_async:
 * @self: a queue
 * @job: a leased job
 * @lost: whether the attempt counts as lost
 * @callback: (nullable): called when the job is pending again
 * @user_data: for @callback
 */
void
apm2_queue_give_back_async (Apm2Queue *self,
                            Apm2Job *job,
                            gboolean lost,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_queue_give_back_async);
  apm2_store_give_back (self->store,
                        job->stored->id,
                        job->stored->token,
                        lost,
                        on_given_back,
                        task);
}

gboolean
apm2_queue_give_back_finish (Apm2Queue *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_queue_new_receipt:
 * @self: a queue
 * @job: a job
 *
 * Returns: (transfer full): a receipt with all that is known before the end;
 * how the job ended is the caller's to fill in
 */
Apm2Receipt *
apm2_queue_new_receipt (Apm2Queue *self, const Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;
  Apm2Receipt *receipt = apm2_receipt_new ();

  receipt->job_id = g_strdup (stored->id);
  receipt->spec_digest = g_strdup (stored->spec_digest);
  receipt->kind = stored->kind;
  receipt->lane = g_strdup (stored->lane);
  receipt->priority = stored->priority;
  receipt->attempt = stored->attempt;
  receipt->worker = g_strdup (stored->worker);
  receipt->submitted_at = stored->submitted_at;
  receipt->started_at = stored->started_at;
  if (job->spec != NULL)
    {
      apm2_receipt_take_spec (receipt, job->spec);
      receipt->limits = job->limits;
    }
  return receipt;
}

/**
 * apm2_queue_lose_async:
 * @self: a queue
 * @job: a leased job
 * @rebooted: whether the machine was started anew in the middle
 * @callback: called when the end of the attempt is on the disk
 * @user_data: for @callback
 *
 * Settles an attempt whose worker is gone for good. After a reboot nobody knows
 * how far the job came: it fails as lost unless its retry rule allows another
 * attempt. Otherwise it is pending again, until it has lost its worker too
 * often.
 */
void
apm2_queue_lose_async (Apm2Queue *self,
                       Apm2Job *job,
                       gboolean rebooted,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  const Apm2StoredJob *stored = job->stored;
  const Apm2Config *config = apm2_active_config_get (self->config);
  gboolean too_often = stored->lost + 1 >= config->lost_max;
  Apm2Receipt *receipt;

  if (!stored->cancel_requested && !rebooted && !too_often)
    {
      apm2_queue_give_back_async (self, job, TRUE, callback, user_data);
      return;
    }

  receipt = apm2_queue_new_receipt (self, job);
  if (stored->cancel_requested)
    {
      receipt->outcome = APM2_JOB_STATE_CANCELLED;
      receipt->reason = g_strdup (APM2_REASON_CANCELLED);
      receipt->message = g_strdup (stored->cancel_reason);
    }
  else if (rebooted)
    {
      receipt->outcome = APM2_JOB_STATE_COMPLETED;
      receipt->verdict = APM2_VERDICT_FAILED;
      receipt->reason = g_strdup (APM2_REASON_LOST);
      receipt->message
          = g_strdup ("The machine was started anew while the job was leased");
    }
  else
    {
      receipt->outcome = APM2_JOB_STATE_QUARANTINED;
      receipt->reason = g_strdup (APM2_REASON_WORKER_LOST);
      receipt->message = g_strdup_printf (
          "%u attempts lost their worker; the job may be what ends them",
          stored->lost + 1);
    }
  apm2_queue_finish_async (
      self, stored->id, stored->token, receipt, callback, user_data);
}

/**
 * apm2_queue_lose_finish:
 * @self: a queue
 * @result: of apm2_queue_lose_async()
 * @error: what the store has answered; the lease stays as it was
 *
 * Returns: whether the attempt has ended
 */
gboolean
apm2_queue_lose_finish (Apm2Queue *self, GAsyncResult *result, GError **error)
{
  g_autofree char *digest = NULL;

  if (g_task_get_source_tag (G_TASK (result)) == apm2_queue_give_back_async)
    return apm2_queue_give_back_finish (self, result, error);
  digest = apm2_queue_finish_finish (self, result, error);
  return digest != NULL;
}

static void
collect_called_off (gpointer item, gpointer user_data)
{
  Apm2Job *job = item;

  if (job->state == APM2_JOB_STATE_PENDING && job->stored->cancel_requested)
    g_ptr_array_add (user_data, apm2_job_ref (job));
}

/**
 * apm2_queue_end_called_off:
 * @self: a queue whose table is loaded
 *
 * Ends the jobs that were called off while they were leased, and given back
 * since: nothing runs, so they can end. Goes on until all have.
 */
void
apm2_queue_end_called_off (Apm2Queue *self)
{
  g_autoptr (GPtrArray) jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_unref);

  apm2_job_table_foreach (self->table, collect_called_off, jobs);
  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2Job *job = g_ptr_array_index (jobs, i);

      apm2_queue_cancel_async (
          self, job->stored->id, "", on_called_off_ended, NULL);
    }
}

static void
collect_claim (gpointer item, gpointer user_data)
{
  Apm2Job *job = item;

  if (job->state == APM2_JOB_STATE_LEASED
      || (job->state == APM2_JOB_STATE_PENDING
          && job->stored->kind == APM2_JOB_KIND_ATTACHED))
    g_ptr_array_add (user_data, apm2_job_ref (job));
}

/**
 * apm2_queue_list_claims:
 * @self: a queue whose table is loaded
 *
 * Returns: (transfer full) (element-type Apm2Job): the jobs that somebody had
 *   before, or, if they are attached, waited with
 */
GPtrArray *
apm2_queue_list_claims (Apm2Queue *self)
{
  GPtrArray *jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_unref);

  apm2_job_table_foreach (self->table, collect_claim, jobs);
  return jobs;
}
