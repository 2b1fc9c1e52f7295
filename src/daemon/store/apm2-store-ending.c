/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How jobs end: with a result, called off, or refused because what they waited
 * for did not pass. Whatever follows from an end is written with it.
 *
 * Everything that can be refused is refused before the first write, so that a
 * refused request leaves the transaction of its batch as it was.
 */

#include "apm2-store-ending.h"

#include "apm2-error.h"
#include "apm2-job-spec-json.h"
#include "apm2-store-dependents.h"
#include "apm2-store-parts.h"
#include "apm2-store-receipts.h"
#include "apm2-store-row.h"

/* A receipt that the store writes by itself: from a job that never ran. */
static Apm2Receipt *
receipt_for (Apm2StoreDb *db,
             Apm2StoredJob *job,
             Apm2JobState outcome,
             const char *reason,
             GError **error)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
  g_autoptr (Apm2JobSpec) spec = NULL;

  if (!apm2_store_row_load_spec (db, job, error))
    return NULL;

  receipt->outcome = outcome;
  receipt->reason = g_strdup (reason);
  spec = apm2_job_spec_from_json (job->spec_text, job->spec_bytes, NULL);
  g_clear_pointer (&job->spec_text, g_free);
  /* A spec that a newer version accepted may say what this one cannot read; the
   * job must be able to end all the same. */
  if (spec != NULL)
    apm2_receipt_take_spec (receipt, spec);
  return g_steal_pointer (&receipt);
}

/**
 * apm2_store_ending_deny:
 * @db: a connection in a transaction
 * @job: a pending job; becomes denied
 * @awaited_id: the job that it waited for in vain
 * @error: return location for a #GError
 *
 * Returns: %TRUE if @job has ended; its dependents are the caller's to settle
 */
gboolean
apm2_store_ending_deny (Apm2StoreDb *db,
                        Apm2StoredJob *job,
                        const char *awaited_id,
                        GError **error)
{
  g_autoptr (Apm2Receipt) receipt = NULL;

  receipt = receipt_for (
      db, job, APM2_JOB_STATE_DENIED, APM2_REASON_DEPENDENCY_FAILED, error);
  if (receipt == NULL)
    return FALSE;

  receipt->message = g_strdup_printf (
      "job %s, which it waits for, did not pass", awaited_id);
  return apm2_store_receipts_issue (db, job, receipt, error);
}

static gboolean
check_lease (const Apm2StoredJob *job, guint64 token, GError **error)
{
  if (token == 0 && job->state == APM2_JOB_STATE_PENDING)
    return TRUE;
  if (token == 0)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "job %s is %s, not pending",
                   job->id,
                   apm2_job_state_to_string (job->state));
      return FALSE;
    }
  if (job->state == APM2_JOB_STATE_LEASED && token == job->token)
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_STALE,
               "the lease %" G_GUINT64_FORMAT " of job %s is over (it is %s, "
               "newest lease %" G_GUINT64_FORMAT ")",
               token,
               job->id,
               apm2_job_state_to_string (job->state),
               job->token);
  return FALSE;
}

static gboolean
check_outcome (const Apm2StoredJob *job, Apm2JobState outcome, GError **error)
{
  if ((guint) outcome < APM2_N_JOB_STATES && apm2_job_state_is_final (outcome)
      && apm2_job_state_may_become (job->state, outcome))
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_BAD_STATE,
               "job %s is %s and cannot end as %s",
               job->id,
               apm2_job_state_to_string (job->state),
               (guint) outcome < APM2_N_JOB_STATES
                   ? apm2_job_state_to_string (outcome)
                   : "nothing known");
  return FALSE;
}

static gboolean
wants_retry (Apm2StoreDb *db,
             const Apm2StoredJob *job,
             const Apm2StoreRequest *request,
             gboolean *ret_wants,
             GError **error)
{
  const Apm2Receipt *receipt = request->receipt;
  g_autoptr (Apm2StoreQuery) query = NULL;

  *ret_wants = FALSE;
  if (!request->flag || job->cancel_requested || receipt->reason == NULL
      || receipt->outcome != APM2_JOB_STATE_COMPLETED
      || receipt->verdict != APM2_VERDICT_FAILED)
    return TRUE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT 1 FROM job WHERE sequence = ?1 AND attempt < max_attempts "
      "AND instr (retry_on, ' ' || ?2 || ' ') > 0",
      "it",
      job->sequence,
      receipt->reason);
  return query != NULL && apm2_store_db_next (db, query, ret_wants, error);
}

static gboolean
requeue (Apm2StoreDb *db,
         Apm2StoredJob *job,
         const Apm2Backoff *backoff,
         GError **error)
{
  gint64 not_before = apm2_backoff_get_end_unix (
      backoff, job->attempt, apm2_store_db_tick (db));

  job->state = APM2_JOB_STATE_PENDING;
  job->ready = not_before == 0;
  job->not_before = not_before * G_USEC_PER_SEC;
  job->started_at = 0;
  g_clear_pointer (&job->worker, g_free);
  return apm2_store_db_execute (
      db,
      error,
      "UPDATE job SET state = 0, ready = ?2, not_before = nullif (?3, 0), "
      "started_at = 0, worker = NULL WHERE sequence = ?1",
      "iii",
      job->sequence,
      (gint64) job->ready,
      not_before);
}

static gboolean
end_with (Apm2StoreDb *db,
          Apm2StoredJob *job,
          Apm2Receipt *receipt,
          GPtrArray *effects,
          GError **error)
{
  return apm2_store_receipts_issue (db, job, receipt, error)
         && apm2_store_dependents_settle (db, job, effects, error);
}

static Apm2StoredJob *
begin (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error)
{
  request->effects = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_store_effect_free);
  return apm2_store_row_find (db, request->name, error);
}

gboolean
apm2_store_ending_finish (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  g_autoptr (Apm2StoredJob) job = begin (db, request, error);
  gboolean retry = FALSE;
  gboolean ok;

  if (job == NULL)
    return FALSE;

  /* The worker asks again when the answer got lost: it ended as it was told. */
  if (apm2_job_state_is_final (job->state) && request->token == job->token)
    {
      request->job = g_steal_pointer (&job);
      return TRUE;
    }
  if (!check_lease (job, request->token, error)
      || !check_outcome (job, request->receipt->outcome, error)
      || !wants_retry (db, job, request, &retry, error))
    return FALSE;

  ok = retry ? requeue (db, job, &request->backoff, error)
             : end_with (db, job, request->receipt, request->effects, error);
  request->job = g_steal_pointer (&job);
  return ok;
}

static gboolean
note_cancel (Apm2StoreDb *db,
             Apm2StoredJob *job,
             const char *reason,
             GError **error)
{
  if (job->cancel_requested)
    return TRUE;

  job->cancel_requested = TRUE;
  job->cancel_reason = g_strdup (reason);
  return apm2_store_db_execute (
      db,
      error,
      "UPDATE job SET cancel_requested = 1, cancel_reason = ? "
      "WHERE sequence = ?",
      "ti",
      reason,
      job->sequence);
}

static gboolean
cancel_pending (Apm2StoreDb *db,
                Apm2StoredJob *job,
                Apm2StoreRequest *request,
                GError **error)
{
  g_autoptr (Apm2Receipt) receipt = NULL;

  receipt = receipt_for (
      db, job, APM2_JOB_STATE_CANCELLED, APM2_REASON_CANCELLED, error);
  if (receipt == NULL || !note_cancel (db, job, request->reason, error))
    return FALSE;

  receipt->message = g_strdup (job->cancel_reason);
  return end_with (db, job, receipt, request->effects, error);
}

static gboolean
cancel_one (Apm2StoreDb *db,
            Apm2StoredJob *job,
            Apm2StoreRequest *request,
            GError **error)
{
  return job->state == APM2_JOB_STATE_PENDING
             ? cancel_pending (db, job, request, error)
             : note_cancel (db, job, request->reason, error);
}

/* A whole job goes with all its parts; it ends with the last of them. */
static gboolean
cancel_whole (Apm2StoreDb *db,
              gint64 sequence,
              Apm2StoreRequest *request,
              GError **error)
{
  g_autoptr (Apm2StoredJob) whole = apm2_store_row_get (db, sequence, error);
  g_autoptr (GPtrArray) parts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);

  if (whole == NULL || !note_cancel (db, whole, request->reason, error)
      || !apm2_store_parts_list_open (db, sequence, parts, error))
    return FALSE;
  while (parts->len > 0)
    {
      g_autoptr (Apm2StoredJob) part = g_ptr_array_steal_index (parts, 0);

      if (!cancel_one (db, part, request, error))
        return FALSE;
      apm2_store_effects_add (request->effects, g_steal_pointer (&part));
    }
  return TRUE;
}

gboolean
apm2_store_ending_cancel (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  g_autoptr (Apm2StoredJob) job = begin (db, request, error);
  gboolean ok = TRUE;

  if (job == NULL)
    return FALSE;

  if (!apm2_job_state_is_final (job->state)
      && (job->parent != 0 || job->n_parts > 0))
    {
      if (!cancel_whole (db,
                         job->parent != 0 ? job->parent : job->sequence,
                         request,
                         error))
        return FALSE;
      request->job = apm2_store_row_get (db, job->sequence, error);
      return request->job != NULL;
    }
  if (!apm2_job_state_is_final (job->state))
    ok = cancel_one (db, job, request, error);
  else if (job->state != APM2_JOB_STATE_CANCELLED)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "job %s has ended already as %s",
                   job->id,
                   apm2_job_state_to_string (job->state));
      return FALSE;
    }
  request->job = g_steal_pointer (&job);
  return ok;
}
