/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A whole job and its parts: it begins with the first part that is leased and
 * ends with the last one that ends, in the same transaction.
 */

#include "apm2-store-parts.h"

#include "apm2-error.h"
#include "apm2-gate-verdict.h"
#include "apm2-job-spec-json.h"
#include "apm2-receipt-json.h"
#include "apm2-store-receipts.h"
#include "apm2-store-row.h"

/**
 * apm2_store_parts_list_open:
 * @db: an open connection
 * @whole: sequence of a job
 * @parts: (element-type Apm2StoredJob): its parts that have not ended are
 *   appended, in their order
 * @error: return location for a #GError
 *
 * Returns: %TRUE if they were found out
 */
gboolean
apm2_store_parts_list_open (Apm2StoreDb *db,
                            gint64 whole,
                            GPtrArray *parts,
                            GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT " APM2_STORE_ROW_COLUMNS
                               " FROM job WHERE parent = ? AND state < 2 "
                               "ORDER BY sequence",
                               "i",
                               whole);
  return query != NULL && apm2_store_row_read_all (db, query, parts, error);
}

/**
 * apm2_store_parts_list_ended:
 * @db: an open connection
 * @parts: (element-type Apm2StoredJob): the parts that have ended of jobs that
 *   have not are appended, with their receipts
 * @error: return location for a #GError
 *
 * Returns: %TRUE if they were found out
 */
gboolean
apm2_store_parts_list_ended (Apm2StoreDb *db, GPtrArray *parts, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  guint first = parts->len;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT " APM2_STORE_ROW_COLUMNS " FROM job AS whole "
      "JOIN job ON job.parent = whole.sequence AND job.state > 2 "
      "WHERE whole.state < 2 AND whole.parts > 0",
      "");
  if (query == NULL || !apm2_store_row_read_all (db, query, parts, error))
    return FALSE;

  for (guint i = first; i < parts->len; i++)
    {
      Apm2StoredJob *part = g_ptr_array_index (parts, i);
      g_autoptr (Apm2StoreQuery) receipt = NULL;
      gboolean row = FALSE;

      receipt = apm2_store_db_query (db,
                                     error,
                                     "SELECT text FROM receipt "
                                     "WHERE job_id = ?",
                                     "t",
                                     part->id);
      if (receipt == NULL || !apm2_store_db_next (db, receipt, &row, error))
        return FALSE;
      if (row)
        part->receipt_text = apm2_store_row_dup_text (receipt, 0);
    }
  return TRUE;
}

/**
 * apm2_store_parts_begin:
 * @db: a connection in a transaction
 * @part: a job that was just leased
 * @error: return location for a #GError
 *
 * If @part is one, its whole has begun.
 *
 * Returns: %TRUE if that is written
 */
gboolean
apm2_store_parts_begin (Apm2StoreDb *db,
                        const Apm2StoredJob *part,
                        GError **error)
{
  return part->parent == 0
         || apm2_store_db_execute (
             db,
             error,
             "UPDATE job SET state = 1, attempt = 1, started_at = ? "
             "WHERE sequence = ? AND state = 0",
             "ii",
             part->started_at,
             part->parent);
}

static gboolean
read_receipts (Apm2StoreDb *db,
               gint64 whole,
               GPtrArray *receipts,
               GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT receipt.text FROM job JOIN receipt ON receipt.job_id = job.id "
      "WHERE job.parent = ? ORDER BY job.sequence",
      "i",
      whole);
  if (query == NULL)
    return FALSE;

  while (apm2_store_db_next (db, query, &row, error))
    {
      Apm2Receipt *receipt;

      if (!row)
        return TRUE;
      receipt = apm2_receipt_from_json (
          (const char *) sqlite3_column_text (query, 0),
          (gsize) sqlite3_column_bytes (query, 0),
          error);
      if (receipt == NULL)
        return FALSE;
      g_ptr_array_add (receipts, receipt);
    }
  return FALSE;
}

static gboolean
end_whole (Apm2StoreDb *db, Apm2StoredJob *whole, GError **error)
{
  g_autoptr (Apm2Receipt) receipt = apm2_receipt_new ();
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (GPtrArray) parts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_receipt_free);

  if (!apm2_store_row_load_spec (db, whole, error)
      || !read_receipts (db, whole->sequence, parts, error))
    return FALSE;
  spec = apm2_job_spec_from_json (whole->spec_text, whole->spec_bytes, error);
  g_clear_pointer (&whole->spec_text, g_free);
  if (spec == NULL)
    return FALSE;

  apm2_receipt_take_spec (receipt, spec);
  apm2_gate_verdict_join (receipt, spec, parts);
  if (receipt->outcome == APM2_JOB_STATE_CANCELLED)
    {
      g_free (receipt->message);
      receipt->message = g_strdup (whole->cancel_reason);
    }
  return apm2_store_receipts_issue (db, whole, receipt, error);
}

/**
 * apm2_store_parts_settle:
 * @db: a connection in a transaction
 * @ended: a job that has just ended
 * @ret_whole: (out) (nullable): the job that ended with it: @ended was the last
 *   of its parts; those that wait for it are the caller's to settle
 * @error: return location for a #GError
 *
 * Returns: %TRUE if that is written
 */
gboolean
apm2_store_parts_settle (Apm2StoreDb *db,
                         const Apm2StoredJob *ended,
                         Apm2StoredJob **ret_whole,
                         GError **error)
{
  g_autoptr (GPtrArray) left = NULL;
  g_autoptr (Apm2StoredJob) whole = NULL;

  *ret_whole = NULL;
  if (ended->parent == 0)
    return TRUE;

  left = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  if (!apm2_store_parts_list_open (db, ended->parent, left, error))
    return FALSE;
  if (left->len > 0)
    return TRUE;

  whole = apm2_store_row_get (db, ended->parent, error);
  if (whole == NULL)
    return FALSE;
  /* Parts that are denied together have all ended before the first is settled.
   */
  if (apm2_job_state_is_final (whole->state))
    return TRUE;
  if (!end_whole (db, whole, error))
    return FALSE;
  *ret_whole = g_steal_pointer (&whole);
  return TRUE;
}
