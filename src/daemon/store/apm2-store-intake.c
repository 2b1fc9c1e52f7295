/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How jobs come in: once per id and per idempotency key, in the order of the
 * store's clock, and behind the jobs that they wait for.
 */

#include "apm2-store-intake.h"

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-store-ending.h"
#include "apm2-store-gates.h"
#include "apm2-store-receipts.h"
#include "apm2-store-row.h"

/* What a new job waits for. */
typedef struct
{
  GArray *blockers;      /* (element-type gint64) jobs that have not ended */
  const char *failed_id; /* (nullable) one that did not pass; borrowed */
} Awaited;

static void
awaited_clear (Awaited *self)
{
  g_clear_pointer (&self->blockers, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Awaited, awaited_clear)

static gboolean
find_by_key (Apm2StoreDb *db,
             const char *key,
             Apm2StoredJob **ret_job,
             GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT " APM2_STORE_ROW_COLUMNS
      " FROM job WHERE idempotency_key = ? AND idempotency_key IS NOT NULL",
      "t",
      key);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_job = row ? apm2_store_row_read (query) : NULL;
  return TRUE;
}

/* An id may have a receipt and no job any more: it is taken as well. */
static gboolean
find_by_id (Apm2StoreDb *db,
            const char *id,
            Apm2StoredJob **ret_job,
            GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean has_receipt = FALSE;

  *ret_job = apm2_store_row_find (db, id, &local);
  if (*ret_job != NULL)
    return TRUE;
  if (!g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!apm2_store_receipts_has (db, id, &has_receipt, error))
    return FALSE;
  if (!has_receipt)
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_EXISTS,
               "the id %s belongs to a job that ended long ago",
               id);
  return FALSE;
}

/* Finds the job that was submitted under the same name, if there is one. */
static gboolean
find_namesake (Apm2StoreDb *db,
               const Apm2StoreRequest *request,
               Apm2StoredJob **ret_job,
               GError **error)
{
  const Apm2JobSpec *spec = request->spec;
  g_autoptr (Apm2StoredJob) job = NULL;
  const char *what = "idempotency key";

  if (spec->idempotency_key != NULL
      && !find_by_key (db, spec->idempotency_key, &job, error))
    return FALSE;
  if (job == NULL && spec->job_id != NULL)
    {
      what = "id";
      if (!find_by_id (db, spec->job_id, &job, error))
        return FALSE;
    }
  if (job != NULL && g_strcmp0 (job->spec_digest, request->digest) != 0)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "the %s belongs to job %s, which has another spec",
                   what,
                   job->id);
      return FALSE;
    }
  *ret_job = g_steal_pointer (&job);
  return TRUE;
}

/* Finds the job that this submission repeats, or that answers for it. */
static gboolean
find_known (Apm2StoreDb *db,
            const Apm2StoreRequest *request,
            Apm2StoredJob **ret_job,
            GError **error)
{
  if (!find_namesake (db, request, ret_job, error))
    return FALSE;
  if (*ret_job != NULL || request->flag
      || request->spec->kind != APM2_JOB_KIND_GATES)
    return TRUE;
  return apm2_store_gates_find (db, request->spec, ret_job, error);
}

static void
add_blocker (GArray *blockers, gint64 sequence)
{
  for (guint i = 0; i < blockers->len; i++)
    if (g_array_index (blockers, gint64, i) == sequence)
      return;
  g_array_append_val (blockers, sequence);
}

static gboolean
find_awaited (Apm2StoreDb *db,
              const Apm2JobSpec *spec,
              Awaited *awaited,
              GError **error)
{
  awaited->blockers = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; spec->after != NULL && spec->after[i] != NULL; i++)
    {
      g_autoptr (Apm2StoredJob) job = NULL;

      job = apm2_store_row_find (db, spec->after[i], error);
      if (job == NULL)
        {
          g_prefix_error (error, "after: ");
          return FALSE;
        }
      if (!apm2_job_state_is_final (job->state))
        add_blocker (awaited->blockers, job->sequence);
      else if (job->verdict != APM2_VERDICT_PASSED)
        awaited->failed_id = spec->after[i];
    }
  return TRUE;
}

static gboolean
insert_after (Apm2StoreDb *db,
              gint64 sequence,
              const GArray *blockers,
              GError **error)
{
  for (guint i = 0; i < blockers->len; i++)
    if (!apm2_store_db_execute (db,
                                error,
                                "INSERT INTO job_after (after, job) "
                                "VALUES (?, ?)",
                                "ii",
                                g_array_index (blockers, gint64, i),
                                sequence))
      return FALSE;
  return TRUE;
}

static char *
join_retry_on (const Apm2JobSpec *spec)
{
  g_autofree char *words = NULL;

  if (spec->max_attempts < 2 || spec->retry_on == NULL)
    return NULL;

  words = g_strjoinv (" ", spec->retry_on);
  return g_strconcat (" ", words, " ", NULL);
}

/* Priority and age in one number that never changes: a level of priority is
 * worth so much waiting. */
static gint64
rank_of (const Apm2StoreDb *db, const Apm2StoredJob *job)
{
  return job->submitted_at
         + (gint64) job->priority * (gint64) db->aging_usec_per_level;
}

static gboolean
insert (Apm2StoreDb *db,
        const Apm2StoreRequest *request,
        const Apm2StoredJob *job,
        guint n_blockers,
        GError **error)
{
  const Apm2JobSpec *spec = request->spec;
  g_autofree char *retry_on = join_retry_on (spec);
  gint64 now = job->submitted_at / G_USEC_PER_SEC;

  if (!apm2_store_db_execute (
          db,
          error,
          "INSERT INTO job (sequence, state, verdict, ready, blocked, attempt, "
          "lost, token, rank, priority, kind, uid, step_count, max_attempts, "
          "spec_bytes, cancel_requested, submitted_at, started_at, "
          "finished_at, not_before, id, lane, name, spec_digest, "
          "idempotency_key, retry_on) "
          "VALUES (?, 0, 0, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, "
          "nullif (?, 0), ?, ?, ?, ?, ?, ?)",
          "iiiiiiiiiiiitttttt",
          job->sequence,
          (gint64) job->ready,
          (gint64) n_blockers,
          rank_of (db, job),
          (gint64) job->priority,
          (gint64) job->kind,
          (gint64) job->uid,
          (gint64) job->step_count,
          (gint64) spec->max_attempts,
          (gint64) job->spec_bytes,
          job->submitted_at,
          spec->not_before_unix > now ? spec->not_before_unix : (gint64) 0,
          job->id,
          job->lane,
          job->name,
          job->spec_digest,
          spec->idempotency_key,
          retry_on))
    return FALSE;

  db->head.job_sequence = job->sequence;
  return apm2_store_db_execute (
      db,
      error,
      "INSERT INTO job_spec (sequence, text) VALUES (?, ?)",
      "it",
      job->sequence,
      request->text);
}

static Apm2StoredJob *
new_job (Apm2StoreDb *db, const Apm2StoreRequest *request, gboolean blocked)
{
  const Apm2JobSpec *spec = request->spec;
  Apm2StoredJob *job = g_new0 (Apm2StoredJob, 1);

  job->sequence = db->head.job_sequence + 1;
  job->submitted_at = apm2_store_db_tick (db);
  job->id = spec->job_id != NULL ? g_strdup (spec->job_id)
                                 : apm2_job_id_new (job->submitted_at);
  job->state = APM2_JOB_STATE_PENDING;
  job->kind = spec->kind;
  job->lane = g_strdup (spec->lane);
  job->priority = spec->priority;
  job->uid = request->uid;
  job->name = apm2_job_spec_describe (spec);
  job->spec_digest = g_strdup (request->digest);
  job->spec_bytes = request->length;
  job->step_count = spec->steps->len;
  /* No worker may have one that its caller runs. */
  job->ready = !blocked && spec->kind != APM2_JOB_KIND_ATTACHED
               && spec->not_before_unix <= job->submitted_at / G_USEC_PER_SEC;
  return job;
}

gboolean
apm2_store_intake_submit (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  g_auto (Awaited) awaited = { 0 };
  guint n_blockers;

  if (!find_known (db, request, &request->job, error))
    return FALSE;
  if (request->job != NULL)
    return TRUE;
  if (!find_awaited (db, request->spec, &awaited, error))
    return FALSE;

  n_blockers = awaited.failed_id == NULL ? awaited.blockers->len : 0;
  request->job
      = new_job (db, request, n_blockers > 0 || awaited.failed_id != NULL);
  request->created = TRUE;
  if (!insert (db, request, request->job, n_blockers, error))
    return FALSE;
  if (request->spec->kind == APM2_JOB_KIND_GATES
      && !apm2_store_gates_begin (db,
                                  request->spec,
                                  request->job->sequence,
                                  request->job->ready,
                                  error))
    return FALSE;
  if (awaited.failed_id != NULL)
    return apm2_store_ending_deny (db, request->job, awaited.failed_id, error);
  return insert_after (db, request->job->sequence, awaited.blockers, error);
}
