/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job gets into the queue: by a new spec, or by the spec of an ended job
 * once more.
 */

#include "apm2-queue-private.h"

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-gate-strands.h"
#include "apm2-job-spec-json.h"

/* The whole goes first, so that its parts find it. */
static void
take_over (Apm2Queue *self, Apm2StoredJob *stored)
{
  g_autoptr (GPtrArray) parts = g_steal_pointer (&stored->parts);

  apm2_job_table_apply (self->table, stored);
  while (parts != NULL && parts->len > 0)
    apm2_job_table_apply (self->table, g_ptr_array_steal_index (parts, 0));
}

/* Of a job and of its parts, as far as they have not ended. */
static void
set_priority (Apm2JobTable *table, const char *id, guint priority)
{
  Apm2Job *job = apm2_job_table_find (table, id);

  if (job == NULL || apm2_job_state_is_final (job->state)
      || job->stored->priority == priority)
    return;

  job->stored->priority = priority;
  apm2_job_table_touch (table, job, APM2_JOB_CHANGE_STATE);
  for (guint i = 1; i <= job->stored->n_parts; i++)
    {
      g_autofree char *part = apm2_gate_part_id (id, i);

      set_priority (table, part, priority);
    }
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  const Apm2Intake *intake = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;
  Apm2StoredJob *stored;
  char *id;

  stored = apm2_queue_took_in (self, task, result, &created, &error);
  if (stored == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  id = g_strdup (stored->id);
  if (created)
    take_over (self, stored);
  else
    {
      /* Whoever joins may have made it more urgent. */
      if (!apm2_job_state_is_final (stored->state))
        set_priority (self->table, id, stored->priority);
      apm2_stored_job_free (stored);
    }
  if (created && intake->spec->not_before_unix != 0)
    apm2_queue_wake_delayed (self);

  g_object_set_data (
      G_OBJECT (task), "created", GINT_TO_POINTER (created ? 1 : 0));
  g_task_return_pointer (task, id, g_free);
}

/* Whether the job may be accepted. One that is there already takes no room: for
 * want of room alone the store is asked, and finds it or not. */
static gboolean
check (Apm2Queue *self,
       Apm2Intake *intake,
       Apm2SubmitFlags flags,
       GError **error)
{
  if (!apm2_admission_check (
          apm2_active_config_get (self->config), intake->spec, error))
    return FALSE;
  if (apm2_queue_has_room (self, intake, &intake->refusal)
      || ((flags & APM2_SUBMIT_DRY_RUN) == 0
          && apm2_intake_may_be_known (intake, flags)))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&intake->refusal));
  return FALSE;
}

static void
submit_spec (Apm2Queue *self,
             GTask *task,
             Apm2JobSpec *spec,
             guint32 uid,
             Apm2SubmitFlags flags)
{
  g_autoptr (Apm2Intake) intake = apm2_intake_new (spec, uid);
  const Apm2Intake *taken = intake;
  g_autoptr (GError) error = NULL;

  if (!check (self, intake, flags, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if ((flags & APM2_SUBMIT_DRY_RUN) != 0)
    {
      g_task_return_pointer (task, g_strdup (""), g_free);
      return;
    }

  /* Whoever waits for work may ask for it now: the store carries requests out
   * in order and commits these two together. */
  apm2_store_hold (self->store);
  apm2_queue_take_in (self,
                      g_steal_pointer (&intake),
                      (flags & APM2_SUBMIT_FORCE) != 0,
                      on_submitted,
                      task);
  if (taken->refusal == NULL)
    {
      apm2_queue_emit_incoming (self, spec, taken->digest);
      apm2_queue_emit_ready (self);
    }
  apm2_store_release (self->store);
}

/**
 * apm2_queue_submit_async:
 * @self: a queue
 * @text: a job spec
 * @length: bytes of @text
 * @uid: who asks
 * @flags: how it is submitted
 * @callback: called when the job is on the disk
 * @user_data: for @callback
 */
void
apm2_queue_submit_async (Apm2Queue *self,
                         const char *text,
                         gsize length,
                         guint32 uid,
                         Apm2SubmitFlags flags,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, apm2_queue_submit_async);
  spec = apm2_job_spec_from_json (text, length, &error);
  if (spec == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  submit_spec (self, task, spec, uid, flags);
}

/**
 * apm2_queue_submit_finish:
 * @self: a queue
 * @result: the result
 * @ret_created: (out): whether the job is new
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the job's id, "" after a dry run
 */
char *
apm2_queue_submit_finish (Apm2Queue *self,
                          GAsyncResult *result,
                          gboolean *ret_created,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  *ret_created = g_object_get_data (G_OBJECT (result), "created") != NULL;
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GStrv
labels_with (const char *const *labels, const char *key, const char *value)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *prefix = g_strconcat (key, "=", NULL);

  for (guint i = 0; labels != NULL && labels[i] != NULL; i++)
    if (!g_str_has_prefix (labels[i], prefix))
      g_ptr_array_add (list, g_strdup (labels[i]));
  g_ptr_array_add (list, g_strconcat (prefix, value, NULL));
  g_ptr_array_add (list, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&list), FALSE);
}

typedef struct
{
  guint32 uid;
  char *job_id;
} RetryCall;

static void
retry_call_free (gpointer data)
{
  RetryCall *call = data;

  g_free (call->job_id);
  g_free (call);
}

/**
 * apm2_queue_dup_spec_again:
 * @stored: a job that has ended, with its spec
 * @error: return location
 *
 * Makes the spec by which a job is tried again: what the first one waited for
 * is over, and its names stay its own.
 *
 * Returns: (transfer full) (nullable): a spec, labelled "retry-of"
 */
Apm2JobSpec *
apm2_queue_dup_spec_again (const Apm2StoredJob *stored, GError **error)
{
  g_autoptr (Apm2JobSpec) spec = NULL;
  GStrv labels;

  if (!apm2_job_state_is_final (stored->state))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "Job %s is %s: only a job that has ended can be tried again",
                   stored->id,
                   apm2_job_state_to_string (stored->state));
      return NULL;
    }
  if (stored->parent_id != NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "Job %s is a part of job %s: try that again",
                   stored->id,
                   stored->parent_id);
      return NULL;
    }
  spec = apm2_job_spec_from_json (
      stored->spec_text, strlen (stored->spec_text), error);
  if (spec == NULL)
    return NULL;

  labels = labels_with (
      (const char *const *) spec->labels, "retry-of", stored->id);
  g_strfreev (spec->labels);
  spec->labels = labels;
  g_clear_pointer (&spec->job_id, g_free);
  g_clear_pointer (&spec->idempotency_key, g_free);
  g_clear_pointer (&spec->after, g_strfreev);
  spec->not_before_unix = 0;
  return g_steal_pointer (&spec);
}

static void
on_got_for_retry (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Queue *self = g_task_get_source_object (task);
  const RetryCall *call = g_task_get_task_data (task);
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (GError) error = NULL;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored != NULL)
    spec = apm2_queue_dup_spec_again (stored, &error);
  if (spec == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  submit_spec (self, task, spec, call->uid, APM2_SUBMIT_FORCE);
}

/**
 * apm2_queue_retry_async:
 * @self: a queue
 * @job_id: a job that has ended
 * @uid: who asks
 * @callback: called when the new job is on the disk
 * @user_data: for @callback
 *
 * Submits the spec of an ended job as a new one.
 */
void
apm2_queue_retry_async (Apm2Queue *self,
                        const char *job_id,
                        guint32 uid,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  RetryCall *call = g_new0 (RetryCall, 1);

  g_task_set_source_tag (task, apm2_queue_retry_async);
  call->uid = uid;
  call->job_id = g_strdup (job_id);
  g_task_set_task_data (task, call, retry_call_free);
  apm2_store_get (self->store, job_id, on_got_for_retry, task);
}

/**
 * apm2_queue_retry_finish:
 * @self: a queue
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): id of the new job
 */
char *
apm2_queue_retry_finish (Apm2Queue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
