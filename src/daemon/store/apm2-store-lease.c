/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How jobs go out to workers and come back without a result.
 *
 * Each lease has a token greater than all before it. Tokens are set aside on
 * the disk a block at a time; a restart skips what is left of a block.
 */

#include "apm2-store-lease.h"

#include "apm2-error.h"
#include "apm2-store-parts.h"
#include "apm2-store-row.h"

#define TOKENS_PER_BLOCK 1024

typedef struct
{
  gint64 rank;
  gint64 sequence;
} Candidate;

static gboolean
next_token (Apm2StoreDb *db, guint64 *ret_token, GError **error)
{
  Apm2StoreHead *head = &db->head;

  if (head->token >= head->tokens_reserved)
    {
      guint64 reserved = head->token + TOKENS_PER_BLOCK;

      if (!apm2_store_db_execute (
              db,
              error,
              "UPDATE meta SET value = ? WHERE name = 'tokens_reserved'",
              "i",
              (gint64) reserved))
        return FALSE;
      head->tokens_reserved = reserved;
    }
  *ret_token = ++head->token;
  return TRUE;
}

/* Reads the front of one lane: never more than could be taken from it, so the
 * cost does not depend on how many wait. */
static gboolean
look_at_lane (Apm2StoreDb *db,
              const Apm2LaneRoom *room,
              guint n_jobs,
              GArray *candidates,
              GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT rank, sequence FROM job "
                               "WHERE state = 0 AND ready = 1 AND lane = ? "
                               "ORDER BY rank, sequence LIMIT ?",
                               "ti",
                               room->lane,
                               (gint64) MIN (room->room, n_jobs));
  if (query == NULL)
    return FALSE;

  while (apm2_store_db_next (db, query, &row, error))
    {
      const Candidate candidate = { sqlite3_column_int64 (query, 0),
                                    sqlite3_column_int64 (query, 1) };

      if (!row)
        return TRUE;
      g_array_append_val (candidates, candidate);
    }
  return FALSE;
}

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
  const Candidate *one = a;
  const Candidate *other = b;

  if (one->rank != other->rank)
    return one->rank < other->rank ? -1 : 1;
  return one->sequence < other->sequence ? -1 : one->sequence > other->sequence;
}

static Apm2StoredJob *
lease (Apm2StoreDb *db,
       gint64 sequence,
       const Apm2StoreRequest *request,
       GError **error)
{
  g_autoptr (Apm2StoredJob) job = NULL;
  guint64 token = 0;

  if (!next_token (db, &token, error)
      || !apm2_store_db_execute (
          db,
          error,
          "UPDATE job SET state = 1, attempt = attempt + 1, token = ?2, "
          "worker = ?3, boot_id = ?4, started_at = ?5 WHERE sequence = ?1",
          "iitti",
          sequence,
          (gint64) token,
          request->worker,
          request->boot_id,
          apm2_store_db_tick (db)))
    return NULL;

  job = apm2_store_row_get (db, sequence, error);
  if (job == NULL || !apm2_store_row_load_spec (db, job, error)
      || !apm2_store_parts_begin (db, job, error))
    return NULL;
  return g_steal_pointer (&job);
}

gboolean
apm2_store_lease_claim (Apm2StoreDb *db,
                        Apm2StoreRequest *request,
                        GError **error)
{
  g_autoptr (GArray) candidates
      = g_array_new (FALSE, FALSE, sizeof (Candidate));

  request->rows
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  for (guint i = 0; i < request->rooms->len; i++)
    {
      const Apm2LaneRoom *room
          = &g_array_index (request->rooms, Apm2LaneRoom, i);

      if (!look_at_lane (db, room, request->limit, candidates, error))
        return FALSE;
    }
  g_array_sort (candidates, compare_candidates);

  for (guint i = 0; i < MIN (candidates->len, request->limit); i++)
    {
      gint64 sequence = g_array_index (candidates, Candidate, i).sequence;
      Apm2StoredJob *job = lease (db, sequence, request, error);

      if (job == NULL)
        return FALSE;
      g_ptr_array_add (request->rows, job);
    }
  return TRUE;
}

gboolean
apm2_store_lease_claim_one (Apm2StoreDb *db,
                            Apm2StoreRequest *request,
                            GError **error)
{
  g_autoptr (Apm2StoredJob) job
      = apm2_store_row_find (db, request->name, error);

  if (job == NULL)
    return FALSE;
  if (job->state != APM2_JOB_STATE_PENDING)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "job %s is %s, not pending",
                   job->id,
                   apm2_job_state_to_string (job->state));
      return FALSE;
    }
  request->job = lease (db, job->sequence, request, error);
  return request->job != NULL;
}

gboolean
apm2_store_lease_give_back (Apm2StoreDb *db,
                            Apm2StoreRequest *request,
                            GError **error)
{
  g_autoptr (Apm2StoredJob) job = NULL;

  job = apm2_store_row_find (db, request->name, error);
  if (job == NULL)
    return FALSE;
  if (job->state != APM2_JOB_STATE_LEASED || job->token != request->token)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_STALE,
                   "the lease %" G_GUINT64_FORMAT " of job %s is over (it is "
                   "%s, newest lease %" G_GUINT64_FORMAT ")",
                   request->token,
                   job->id,
                   apm2_job_state_to_string (job->state),
                   job->token);
      return FALSE;
    }
  /* One that is to be cancelled must not go out again in between, and no worker
   * may get an attached one. */
  if (!apm2_store_db_execute (
          db,
          error,
          "UPDATE job SET state = 0, "
          "ready = (cancel_requested = 0 AND kind <> ?3), lost = lost + ?2, "
          "started_at = 0, worker = NULL WHERE sequence = ?1",
          "iii",
          job->sequence,
          (gint64) (request->flag ? 1 : 0),
          (gint64) APM2_JOB_KIND_ATTACHED))
    return FALSE;

  request->job = apm2_store_row_get (db, job->sequence, error);
  return request->job != NULL;
}

gboolean
apm2_store_lease_wake (Apm2StoreDb *db,
                       Apm2StoreRequest *request,
                       GError **error)
{
  g_autoptr (Apm2StoreQuery) wake = NULL;
  g_autoptr (Apm2StoreQuery) next = NULL;
  gboolean row = TRUE;

  wake = apm2_store_db_query (
      db,
      error,
      "UPDATE job SET not_before = NULL, ready = (blocked = 0) "
      "WHERE not_before IS NOT NULL AND not_before <= ? RETURNING ready",
      "i",
      apm2_store_db_tick (db) / G_USEC_PER_SEC);
  if (wake == NULL)
    return FALSE;
  while (row)
    {
      if (!apm2_store_db_next (db, wake, &row, error))
        return FALSE;
      if (row)
        request->woken += (guint) sqlite3_column_int (wake, 0);
    }

  next = apm2_store_db_query (
      db,
      error,
      "SELECT min (not_before) FROM job WHERE not_before IS NOT NULL",
      "");
  if (next == NULL || !apm2_store_db_next (db, next, &row, error))
    return FALSE;
  request->next_unix = sqlite3_column_int64 (next, 0);
  return TRUE;
}
