/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The chain of receipts: issued once, read as often as one likes.
 *
 * A receipt takes what says which job it is about from the job's row, never
 * from its caller: a receipt of the wrong job could not be told from a right
 * one.
 */

#include "apm2-store-receipts.h"

#include "apm2-error.h"
#include "apm2-receipt-json.h"
#include "apm2-store-gates.h"
#include "apm2-store-row.h"

static void
complete (Apm2StoreDb *db, const Apm2StoredJob *job, Apm2Receipt *receipt)
{
  const Apm2StoreHead *head = &db->head;

  receipt->sequence = head->receipt_sequence + 1;
  g_free (receipt->previous_digest);
  receipt->previous_digest = head->receipt_digest[0] == '\0'
                                 ? NULL
                                 : g_strdup (head->receipt_digest);
  g_free (receipt->job_id);
  receipt->job_id = g_strdup (job->id);
  g_free (receipt->spec_digest);
  receipt->spec_digest = g_strdup (job->spec_digest);
  g_free (receipt->lane);
  receipt->lane = g_strdup (job->lane);
  g_free (receipt->part_of);
  receipt->part_of = g_strdup (job->parent_id);
  receipt->kind = job->kind;
  receipt->priority = job->priority;
  receipt->attempt = job->attempt;
  receipt->submitted_at = job->submitted_at;
  if (receipt->worker == NULL)
    receipt->worker = g_strdup (job->worker);
  if (receipt->started_at == 0)
    receipt->started_at = job->started_at;
  receipt->finished_at = apm2_store_db_tick (db);
}

static gboolean
insert (Apm2StoreDb *db,
        const Apm2Receipt *receipt,
        const char *text,
        const char *digest,
        GError **error)
{
  if (!apm2_store_db_execute (
          db,
          error,
          "INSERT INTO receipt (sequence, outcome, verdict, finished_at, "
          "job_id, reason, digest, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          "iiiitttt",
          (gint64) receipt->sequence,
          (gint64) receipt->outcome,
          (gint64) receipt->verdict,
          receipt->finished_at,
          receipt->job_id,
          receipt->reason,
          digest,
          text))
    return FALSE;

  db->head.receipt_sequence = receipt->sequence;
  (void) g_strlcpy (
      db->head.receipt_digest, digest, sizeof db->head.receipt_digest);
  return TRUE;
}

static gboolean
end_row (Apm2StoreDb *db, const Apm2StoredJob *job, GError **error)
{
  return apm2_store_db_execute (
      db,
      error,
      "UPDATE job SET state = ?2, verdict = ?3, ready = 0, not_before = NULL, "
      "started_at = ?4, finished_at = ?5, reason = ?6, message = ?7, "
      "receipt_digest = ?8 WHERE sequence = ?1",
      "iiiiittt",
      job->sequence,
      (gint64) job->state,
      (gint64) job->verdict,
      job->started_at,
      job->finished_at,
      job->reason,
      job->message,
      job->receipt_digest);
}

/**
 * apm2_store_receipts_issue:
 * @db: a connection in a transaction
 * @job: a job that has not ended; becomes what it ended as
 * @receipt: how it ended; completed from @job
 * @error: return location for a #GError
 *
 * Adds the receipt to the chain and ends the job.
 *
 * Returns: %TRUE if both are written
 */
gboolean
apm2_store_receipts_issue (Apm2StoreDb *db,
                           Apm2StoredJob *job,
                           Apm2Receipt *receipt,
                           GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  g_return_val_if_fail (job->receipt_digest == NULL, FALSE);

  complete (db, job, receipt);
  text = apm2_receipt_to_json (receipt, &length);
  job->receipt_digest = apm2_json_digest (text, length);
  job->state = receipt->outcome;
  job->verdict = receipt->verdict;
  job->ready = FALSE;
  job->not_before = 0;
  job->started_at = receipt->started_at;
  job->finished_at = receipt->finished_at;
  g_free (job->reason);
  job->reason = g_strdup (receipt->reason);
  g_free (job->message);
  job->message = g_strdup (receipt->message);
  return insert (db, receipt, text, job->receipt_digest, error)
         && end_row (db, job, error)
         && apm2_store_gates_end (db, job, receipt->sequence, error);
}

/**
 * apm2_store_receipts_has:
 * @db: an open connection
 * @job_id: id of a job, there or gone
 * @ret_has: (out): whether it has a receipt
 * @error: return location for a #GError
 *
 * Returns: %TRUE if that could be found out
 */
gboolean
apm2_store_receipts_has (Apm2StoreDb *db,
                         const char *job_id,
                         gboolean *ret_has,
                         GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  query = apm2_store_db_query (
      db, error, "SELECT 1 FROM receipt WHERE job_id = ?", "t", job_id);
  return query != NULL && apm2_store_db_next (db, query, ret_has, error);
}

static Apm2StoredReceipt *
read_row (Apm2StoreQuery *query)
{
  Apm2StoredReceipt *receipt = g_new0 (Apm2StoredReceipt, 1);

  receipt->sequence = (guint64) sqlite3_column_int64 (query, 0);
  receipt->outcome = sqlite3_column_int (query, 1);
  receipt->verdict = sqlite3_column_int (query, 2);
  receipt->finished_at = sqlite3_column_int64 (query, 3);
  receipt->job_id = apm2_store_row_dup_text (query, 4);
  receipt->reason = apm2_store_row_dup_text (query, 5);
  receipt->digest = apm2_store_row_dup_text (query, 6);
  receipt->text = apm2_store_row_dup_text (query, 7);
  return receipt;
}

/* What the first receipt that is left has to follow, if the list begins there.
 */
static gboolean
read_anchor (Apm2StoreDb *db, gint64 from, GPtrArray *rows, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;
  Apm2StoredReceipt *receipt = NULL;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT sequence, digest FROM receipt_anchor WHERE sequence >= ? - 1",
      "i",
      from);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  if (!row)
    return TRUE;

  receipt = g_new0 (Apm2StoredReceipt, 1);
  receipt->sequence = (guint64) sqlite3_column_int64 (query, 0);
  receipt->digest = apm2_store_row_dup_text (query, 1);
  receipt->collected = TRUE;
  g_ptr_array_add (rows, receipt);
  return TRUE;
}

#define SELECT                                                                 \
  "SELECT sequence, outcome, verdict, finished_at, job_id, reason, digest, "   \
  "CASE WHEN ?1 THEN text END FROM receipt WHERE "

gboolean
apm2_store_receipts_list (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gint64 from = (gint64) MIN (request->from_sequence, G_MAXINT64);
  gboolean row = FALSE;

  if (!request->flag && from == 0)
    from = G_MAXINT64;
  query = apm2_store_db_query (
      db,
      error,
      request->flag ? SELECT "sequence >= ?2 ORDER BY sequence LIMIT ?3"
                    : SELECT "sequence <= ?2 ORDER BY sequence DESC LIMIT ?3",
      "iii",
      (gint64) request->with_text,
      from,
      (gint64) request->limit);
  if (query == NULL)
    return FALSE;

  request->rows = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_stored_receipt_free);
  if (request->flag && !read_anchor (db, from, request->rows, error))
    return FALSE;
  while (apm2_store_db_next (db, query, &row, error))
    {
      if (!row)
        return TRUE;
      g_ptr_array_add (request->rows, read_row (query));
    }
  return FALSE;
}

gboolean
apm2_store_receipts_get (Apm2StoreDb *db,
                         Apm2StoreRequest *request,
                         GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  /* A job may be called like a digest; the digest goes first. The plus keeps
   * SQLite from putting the value into substr(), and the index out of use. */
  query = apm2_store_db_query (
      db,
      error,
      "SELECT text, digest FROM receipt"
      " WHERE substr (digest, 1, 12) = substr (?1, 1, 12) AND +digest = ?1 "
      "UNION ALL SELECT text, digest FROM receipt WHERE job_id = ?1",
      "t",
      request->name);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  if (row)
    {
      request->found_text = apm2_store_row_dup_text (query, 0);
      request->found_digest = apm2_store_row_dup_text (query, 1);
      return TRUE;
    }

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_FOUND,
               "no receipt has the digest or job id %s",
               request->name);
  return FALSE;
}
