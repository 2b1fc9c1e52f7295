/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The way of a spec into the store, whoever will run the job: whether there is
 * room for it, and what is on its way. What is under way counts as pending, or
 * many that come at once would pass the bounds.
 */

#include "apm2-queue-private.h"

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"

/**
 * apm2_intake_new:
 * @spec: a valid spec
 * @uid: who asks
 *
 * Returns: (transfer full): a spec on its way
 */
Apm2Intake *
apm2_intake_new (Apm2JobSpec *spec, guint32 uid)
{
  Apm2Intake *self = g_new0 (Apm2Intake, 1);

  self->spec = apm2_job_spec_ref (spec);
  self->uid = uid;
  self->text = apm2_job_spec_to_json (spec, &self->length);
  self->digest = apm2_json_digest (self->text, self->length);
  return self;
}

/**
 * apm2_intake_free:
 * @self: (transfer full): a spec on its way
 */
void
apm2_intake_free (Apm2Intake *self)
{
  g_return_if_fail (self != NULL);

  apm2_job_spec_unref (self->spec);
  g_free (self->text);
  g_free (self->digest);
  g_clear_error (&self->refusal);
  g_free (self);
}

/**
 * apm2_intake_may_be_known:
 * @self: a spec on its way
 * @flags: how it is submitted
 *
 * Returns: whether a job that is there already may be meant
 */
gboolean
apm2_intake_may_be_known (const Apm2Intake *self, Apm2SubmitFlags flags)
{
  return self->spec->job_id != NULL || self->spec->idempotency_key != NULL
         || (self->spec->kind == APM2_JOB_KIND_GATES
             && (flags & APM2_SUBMIT_FORCE) == 0);
}

static Apm2UserLoad
sum (Apm2UserLoad a, Apm2UserLoad b)
{
  return (Apm2UserLoad){ a.jobs + b.jobs, a.bytes + b.bytes };
}

/**
 * apm2_queue_has_room:
 * @self: a queue
 * @intake: a spec that is not on its way yet
 * @error: return location
 *
 * Returns: whether a job more may wait; else LimitExceeded
 */
gboolean
apm2_queue_has_room (Apm2Queue *self, const Apm2Intake *intake, GError **error)
{
  const Apm2UserLoads *waiting = apm2_job_table_get_waiting (self->table);
  const Apm2Room room = {
    .all = sum (apm2_user_loads_get_all (waiting),
                apm2_user_loads_get_all (self->coming)),
    .own = sum (apm2_user_loads_get (waiting, intake->uid),
                apm2_user_loads_get (self->coming, intake->uid)),
    .uid = intake->uid,
  };

  return apm2_admission_check_room (
      apm2_active_config_get (self->config), &room, intake->length, error);
}

/**
 * apm2_queue_take_in:
 * @self: a queue
 * @intake: (transfer full): becomes the data of @task; if it has a refusal,
 * only a job that is known already is asked for
 * @force: gates are run again, whether or not others answer for them
 * @callback: called when the store has answered; ends @task by
 *   apm2_queue_took_in()
 * @task: a task of the queue; referenced
 */
void
apm2_queue_take_in (Apm2Queue *self,
                    Apm2Intake *intake,
                    gboolean force,
                    GAsyncReadyCallback callback,
                    GTask *task)
{
  Apm2StoreSubmitFlags flags = APM2_STORE_SUBMIT_NONE;

  g_task_set_task_data (task, intake, (GDestroyNotify) apm2_intake_free);
  if (force)
    flags |= APM2_STORE_SUBMIT_FORCE;
  if (intake->refusal != NULL)
    flags |= APM2_STORE_SUBMIT_KNOWN_ONLY;
  else
    apm2_user_loads_add (self->coming, intake->uid, intake->length);
  apm2_store_submit (self->store,
                     intake->spec,
                     intake->text,
                     intake->length,
                     intake->digest,
                     intake->uid,
                     flags,
                     callback,
                     g_object_ref (task));
}

/**
 * apm2_queue_took_in:
 * @self: a queue
 * @task: what was given to apm2_queue_take_in()
 * @result: what the callback got
 * @ret_created: (out): whether the job is new
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the job, as the store has it
 */
Apm2StoredJob *
apm2_queue_took_in (Apm2Queue *self,
                    GTask *task,
                    GAsyncResult *result,
                    gboolean *ret_created,
                    GError **error)
{
  const Apm2Intake *intake = g_task_get_task_data (task);
  g_autoptr (GError) local = NULL;
  Apm2StoredJob *stored;

  stored = apm2_store_submit_finish (
      self->store, result, ret_created, NULL, &local);
  if (intake->refusal == NULL)
    apm2_user_loads_remove (self->coming, intake->uid, intake->length);
  if (stored != NULL)
    return stored;

  if (intake->refusal != NULL
      && g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    g_propagate_error (error, g_error_copy (intake->refusal));
  else
    {
      apm2_queue_note_error (self, local);
      g_propagate_error (error, g_steal_pointer (&local));
    }
  return NULL;
}
