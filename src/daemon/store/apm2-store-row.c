/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rows of the job table as values.
 */

#include "apm2-store-row.h"

#include "apm2-error.h"
#include "apm2-gate-strands.h"

/**
 * apm2_store_row_dup_text:
 * @query: a query on a row
 * @column: number of a column
 *
 * Returns: (transfer full) (nullable): its text
 */
char *
apm2_store_row_dup_text (Apm2StoreQuery *query, int column)
{
  const unsigned char *text = sqlite3_column_text (query, column);

  return text == NULL
             ? NULL
             : g_strndup ((const char *) text,
                          (gsize) sqlite3_column_bytes (query, column));
}

/**
 * apm2_store_row_read:
 * @query: a query of %APM2_STORE_ROW_COLUMNS first, on a row
 *
 * Returns: (transfer full): the job of that row
 */
Apm2StoredJob *
apm2_store_row_read (Apm2StoreQuery *query)
{
  Apm2StoredJob *job = g_new0 (Apm2StoredJob, 1);
  int i = 0;

  job->sequence = sqlite3_column_int64 (query, i++);
  job->state = sqlite3_column_int (query, i++);
  job->verdict = sqlite3_column_int (query, i++);
  /* A leased job's column keeps its value, so that its index need not move. */
  job->ready = sqlite3_column_int (query, i++) != 0
               && job->state == APM2_JOB_STATE_PENDING;
  job->attempt = (guint) sqlite3_column_int64 (query, i++);
  job->lost = (guint) sqlite3_column_int64 (query, i++);
  job->token = (guint64) sqlite3_column_int64 (query, i++);
  job->priority = (guint) sqlite3_column_int64 (query, i++);
  job->kind = sqlite3_column_int (query, i++);
  job->uid = (guint32) sqlite3_column_int64 (query, i++);
  job->step_count = (guint) sqlite3_column_int64 (query, i++);
  job->spec_bytes = (gsize) sqlite3_column_int64 (query, i++);
  job->cancel_requested = sqlite3_column_int (query, i++) != 0;
  job->submitted_at = sqlite3_column_int64 (query, i++);
  job->started_at = sqlite3_column_int64 (query, i++);
  job->finished_at = sqlite3_column_int64 (query, i++);
  job->id = apm2_store_row_dup_text (query, i++);
  job->lane = apm2_store_row_dup_text (query, i++);
  job->name = apm2_store_row_dup_text (query, i++);
  job->spec_digest = apm2_store_row_dup_text (query, i++);
  job->worker = apm2_store_row_dup_text (query, i++);
  job->boot_id = apm2_store_row_dup_text (query, i++);
  job->reason = apm2_store_row_dup_text (query, i++);
  job->message = apm2_store_row_dup_text (query, i++);
  job->cancel_reason = apm2_store_row_dup_text (query, i++);
  job->receipt_digest = apm2_store_row_dup_text (query, i++);
  job->parent = sqlite3_column_int64 (query, i++);
  job->n_parts = (guint) sqlite3_column_int64 (query, i++);
  job->not_before = sqlite3_column_int64 (query, i++) * G_USEC_PER_SEC;
  if (job->parent != 0)
    job->parent_id = apm2_gate_part_get_whole (job->id);
  return job;
}

/**
 * apm2_store_row_read_all:
 * @db: the connection of @query
 * @query: a query of %APM2_STORE_ROW_COLUMNS
 * @rows: (element-type Apm2StoredJob): what it finds is appended
 * @error: return location for a #GError
 *
 * Returns: %TRUE if the query came to its end
 */
gboolean
apm2_store_row_read_all (Apm2StoreDb *db,
                         Apm2StoreQuery *query,
                         GPtrArray *rows,
                         GError **error)
{
  gboolean row = FALSE;

  while (apm2_store_db_next (db, query, &row, error))
    {
      if (!row)
        return TRUE;
      g_ptr_array_add (rows, apm2_store_row_read (query));
    }
  return FALSE;
}

/**
 * apm2_store_row_find:
 * @db: an open connection
 * @job_id: id of a job
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job without its spec, or %NULL with NotFound
 */
Apm2StoredJob *
apm2_store_row_find (Apm2StoreDb *db, const char *job_id, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT " APM2_STORE_ROW_COLUMNS
                               " FROM job WHERE id = ?",
                               "t",
                               job_id);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return NULL;
  if (row)
    return apm2_store_row_read (query);

  g_set_error (
      error, APM2_ERROR, APM2_ERROR_NOT_FOUND, "no job has the id %s", job_id);
  return NULL;
}

/**
 * apm2_store_row_get:
 * @db: an open connection
 * @sequence: of a job that is there
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job without its spec
 */
Apm2StoredJob *
apm2_store_row_get (Apm2StoreDb *db, gint64 sequence, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT " APM2_STORE_ROW_COLUMNS
                               " FROM job WHERE sequence = ?",
                               "i",
                               sequence);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return NULL;
  if (row)
    return apm2_store_row_read (query);

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               "store %s has lost job number %" G_GINT64_FORMAT,
               db->file,
               sequence);
  return NULL;
}

/**
 * apm2_store_row_load_spec:
 * @db: an open connection
 * @job: a job
 * @error: return location for a #GError
 *
 * Returns: %TRUE if @job has its spec now
 */
gboolean
apm2_store_row_load_spec (Apm2StoreDb *db, Apm2StoredJob *job, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT text FROM job_spec WHERE sequence = ?",
                               "i",
                               job->sequence);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  if (row)
    {
      g_free (job->spec_text);
      job->spec_text = apm2_store_row_dup_text (query, 0);
      return TRUE;
    }

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               "store %s has lost the spec of job %s",
               db->file,
               job->id);
  return FALSE;
}

/**
 * apm2_store_row_rank:
 * @db: a connection
 * @submitted_at: usec UTC
 * @priority: 0 is the most urgent
 *
 * Returns: the place of a job in the queue: priority and age in one number, in
 *   which a level of priority is worth so much waiting
 */
gint64
apm2_store_row_rank (const Apm2StoreDb *db, gint64 submitted_at, guint priority)
{
  return submitted_at + (gint64) priority * (gint64) db->aging_usec_per_level;
}
