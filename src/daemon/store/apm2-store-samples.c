/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Samples of receipts, newest first, for figures over a span of time.
 *
 * The store's clock never runs backwards, so that receipts in the order of
 * their numbers are in the order of their times too: no index is needed, and
 * the first one that is too old ends the walk. What a receipt does not have in
 * a column comes from its job's row, and only if that is gone from its text.
 */

#include "apm2-store-samples.h"

#include "apm2-store-row.h"
#include "apm2-store-sqlite-private.h"

/**
 * apm2_receipt_sample_free:
 * @self: (transfer full): a sample
 */
void
apm2_receipt_sample_free (Apm2ReceiptSample *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->reason);
  g_free (self->lane);
  g_free (self);
}

static Apm2ReceiptSample *
read_row (Apm2StoreQuery *query)
{
  Apm2ReceiptSample *sample = g_new0 (Apm2ReceiptSample, 1);

  sample->sequence = (guint64) sqlite3_column_int64 (query, 0);
  sample->outcome = sqlite3_column_int (query, 1);
  sample->verdict = sqlite3_column_int (query, 2);
  sample->finished_at = sqlite3_column_int64 (query, 3);
  sample->reason = apm2_store_row_dup_text (query, 4);
  sample->lane = apm2_store_row_dup_text (query, 5);
  sample->submitted_at = sqlite3_column_int64 (query, 6);
  sample->started_at = sqlite3_column_int64 (query, 7);
  sample->is_part = sqlite3_column_int (query, 8) != 0;
  return sample;
}

static gboolean
run_sample (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = TRUE;

  request->rows = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_receipt_sample_free);
  query = apm2_store_db_query (
      db,
      error,
      "SELECT receipt.sequence, receipt.outcome, receipt.verdict,"
      " receipt.finished_at, receipt.reason,"
      " coalesce (job.lane, json_extract (receipt.text, '$.lane')),"
      " coalesce (job.submitted_at,"
      "           json_extract (receipt.text, '$.submitted_at_usec')),"
      " coalesce (job.started_at,"
      "           json_extract (receipt.text, '$.started_at_usec')),"
      " CASE WHEN job.id IS NOT NULL THEN job.parent IS NOT NULL"
      " ELSE json_extract (receipt.text, '$.part_of') IS NOT NULL END "
      "FROM receipt LEFT JOIN job ON job.id = receipt.job_id "
      "WHERE receipt.sequence <= ?1 ORDER BY receipt.sequence DESC LIMIT ?2",
      "ii",
      (gint64) MIN (request->from_sequence, G_MAXINT64),
      (gint64) request->limit);
  if (query == NULL)
    return FALSE;

  while (apm2_store_db_next (db, query, &row, error))
    {
      if (!row || sqlite3_column_int64 (query, 3) < request->since)
        return TRUE;
      g_ptr_array_add (request->rows, read_row (query));
    }
  return FALSE;
}

static const Apm2StoreAct act_sample
    = { "measure receipts", APM2_STORE_MODE_READ, run_sample };

static void
store_sample_receipts (Apm2Store *store,
                       guint64 from_sequence,
                       gint64 since,
                       guint limit,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_sample, NULL);

  request->from_sequence = from_sequence == 0 ? G_MAXUINT64 : from_sequence;
  request->since = since;
  request->limit = limit;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_sample_receipts_finish (Apm2Store *store,
                              GAsyncResult *result,
                              GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_sample, error);

  return request == NULL ? NULL : g_steal_pointer (&request->rows);
}

/**
 * apm2_store_sqlite_samples_init:
 * @iface: the interface of the SQLite store
 *
 * Fills in the calls of this file.
 */
void
apm2_store_sqlite_samples_init (Apm2StoreInterface *iface)
{
  iface->sample_receipts = store_sample_receipts;
  iface->sample_receipts_finish = store_sample_receipts_finish;
}

/**
 * apm2_store_sample_receipts:
 * @self: a store
 * @from_sequence: the newest that is wanted; 0: the newest there is
 * @since: usec UTC; none that ended before
 * @limit: at most so many: a page is what the store does in one go
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Reads samples, newest first.
 */
void
apm2_store_sample_receipts (Apm2Store *self,
                            guint64 from_sequence,
                            gint64 since,
                            guint limit,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->sample_receipts (
      self, from_sequence, since, limit, callback, user_data);
}

/**
 * apm2_store_sample_receipts_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2ReceiptSample): samples, fewer
 *   than were asked for if there are no more; or %NULL with Unavailable
 */
GPtrArray *
apm2_store_sample_receipts_finish (Apm2Store *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->sample_receipts_finish (
      self, result, error);
}
