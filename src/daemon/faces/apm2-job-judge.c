/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What leave a call about one job needs on the system bus.
 *
 * Whoever submitted a job may call it off and read what it wrote without being
 * asked, as with a session at logind or a file system that one mounted. A job
 * belongs to the user id that was recorded when it was accepted, for ever.
 */

#include "apm2-job-judge.h"

const Apm2JobRight apm2_job_right_cancel = { APM2_ACTION_CANCEL, NULL };
/* A new job under the caller's name: as good as submitting it. */
const Apm2JobRight apm2_job_right_retry
    = { APM2_ACTION_CANCEL, APM2_ACTION_SUBMIT };
const Apm2JobRight apm2_job_right_read_log = { APM2_ACTION_READ_LOGS, NULL };

/**
 * apm2_job_judge:
 * @job: what the call is about
 * @right: what the call does
 * @permit: (transfer full): of the call
 *
 * Ends @permit by who submitted @job.
 */
void
apm2_job_judge (const Apm2StoredJob *job,
                const Apm2JobRight *right,
                Apm2Permit *permit)
{
  const gboolean is_own = job->uid == apm2_permit_get_uid (permit);
  const char *action = is_own ? right->own_action : right->action;

  if (action == NULL)
    apm2_permit_grant (permit);
  else
    apm2_permit_ask (permit, action, job->id, job->lane);
}

typedef struct
{
  Apm2Permit *permit;
  const Apm2JobRight *right;
} Judging;

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Judging *judging = user_data;
  g_autoptr (Apm2StoredJob) job = NULL;
  GError *error = NULL;

  job = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (job == NULL)
    apm2_permit_refuse (judging->permit, error);
  else
    apm2_job_judge (job, judging->right, judging->permit);
}

/**
 * apm2_job_judge_named:
 * @table: knows open jobs
 * @store: knows all
 * @job_id: what the call is about, by the caller's word
 * @right: what the call does
 * @permit: (transfer full): of the call
 *
 * Ends @permit by who submitted the job. Which jobs there are is no secret: one
 * that is not there is an error at once, before anybody is asked for a
 * password.
 */
void
apm2_job_judge_named (Apm2JobTable *table,
                      Apm2Store *store,
                      const char *job_id,
                      const Apm2JobRight *right,
                      Apm2Permit *permit)
{
  const Apm2Job *job = apm2_job_table_find (table, job_id);
  Judging *judging = NULL;

  if (job != NULL)
    {
      apm2_job_judge (job->stored, right, permit);
      return;
    }
  judging = g_new0 (Judging, 1);
  judging->permit = permit;
  judging->right = right;
  apm2_store_get (store, job_id, on_got, judging);
}

/**
 * apm2_job_judge_cancel:
 * @data: of the face
 * @object: the #Apm2Job
 * @parameters: of the call
 * @permit: (transfer full): of the call
 *
 * Ends @permit for a call of Cancel on the object of a job.
 */
void
apm2_job_judge_cancel (gpointer data,
                       gpointer object,
                       GVariant *parameters,
                       Apm2Permit *permit)
{
  const Apm2Job *job = object;

  apm2_job_judge (job->stored, &apm2_job_right_cancel, permit);
}
