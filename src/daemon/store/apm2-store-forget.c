/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How ended jobs, and later their receipts, leave the store.
 *
 * Jobs end in the order of their receipts, so what has to go is found at the
 * front of the receipts; a mark in "meta" says up to which of them no job is
 * left, so that a long chain is not walked again. A call does as much as fits
 * into a few milliseconds and says how far it came: it may share its
 * transaction with calls that somebody waits for.
 */

#include "apm2-store-forget.h"

#include "apm2-store-row.h"

/* Of one call: the longest time that a submission waits for it. */
#define SLICE_USEC 4000

static gboolean
read_mark (Apm2StoreDb *db, guint64 *ret_mark, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db, error, "SELECT value FROM meta WHERE name = 'jobs_gone_to'", "");
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_mark = row ? (guint64) sqlite3_column_int64 (query, 0) : 0;
  return TRUE;
}

static gboolean
write_mark (Apm2StoreDb *db, guint64 mark, GError **error)
{
  return apm2_store_db_execute (
      db,
      error,
      "INSERT INTO meta VALUES ('jobs_gone_to', ?1) "
      "ON CONFLICT (name) DO UPDATE SET value = max (value, ?1)",
      "i",
      (gint64) mark);
}

static Apm2StoredEnd *
read_end (Apm2StoreQuery *query)
{
  Apm2StoredEnd *end = g_new0 (Apm2StoredEnd, 1);

  end->receipt = (guint64) sqlite3_column_int64 (query, 0);
  end->sequence = sqlite3_column_int64 (query, 1);
  end->job_id = apm2_store_row_dup_text (query, 2);
  end->state = sqlite3_column_int (query, 3);
  end->verdict = sqlite3_column_int (query, 4);
  end->finished_at = sqlite3_column_int64 (query, 5);
  end->held = sqlite3_column_int (query, 6) != 0;
  return end;
}

gboolean
apm2_store_forget_list_ends (Apm2StoreDb *db,
                             Apm2StoreRequest *request,
                             GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  guint64 from = request->from_sequence;
  gboolean row = FALSE;

  if (from == 0)
    {
      if (!read_mark (db, &from, error))
        return FALSE;
      from++;
    }
  /* The limit is on what is looked at, not on what has a job. */
  query = apm2_store_db_query (
      db,
      error,
      "SELECT last.sequence, coalesce (job.sequence, 0), last.job_id, "
      "last.outcome, last.verdict, last.finished_at, "
      "coalesce (job.sequence + job.parts >= (SELECT max (sequence) FROM job)"
      "  OR job.parent IS NOT NULL, 0) FROM "
      "(SELECT sequence, job_id, outcome, verdict, finished_at FROM receipt "
      " WHERE sequence >= ? ORDER BY sequence LIMIT ?) AS last "
      "LEFT JOIN job ON job.id = last.job_id ORDER BY last.sequence",
      "ii",
      (gint64) from,
      (gint64) request->limit);
  if (query == NULL)
    return FALSE;

  request->rows
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_end_free);
  while (apm2_store_db_next (db, query, &row, error))
    {
      if (!row)
        return TRUE;
      g_ptr_array_add (request->rows, read_end (query));
    }
  return FALSE;
}

/* Only one that has ended; a part goes with the whole. The newest stays, since
 * the next job gets the number behind it; parts have those behind their whole.
 */
static gboolean
is_forgettable (Apm2StoreDb *db,
                gint64 sequence,
                gboolean *ret_yes,
                GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT 1 FROM job WHERE sequence = ? AND receipt_digest IS NOT NULL "
      "AND parent IS NULL "
      "AND sequence + parts < (SELECT max (sequence) FROM job)",
      "i",
      sequence);
  return query != NULL && apm2_store_db_next (db, query, ret_yes, error);
}

/* Whoever waited for it knows how it ended; see apm2-store-dependents.c. */
static gboolean
forget_row (Apm2StoreDb *db, gint64 sequence, GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM job_after WHERE after = ?",
    "DELETE FROM job_after WHERE job = ?",
    "DELETE FROM job_spec WHERE sequence = ?",
    "DELETE FROM job WHERE sequence = ?",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!apm2_store_db_execute (db, error, statements[i], "i", sequence))
      return FALSE;
  return TRUE;
}

static gboolean
list_parts (Apm2StoreDb *db, gint64 whole, GArray *parts, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT sequence FROM job WHERE parent = ? AND parent IS NOT NULL",
      "i",
      whole);
  if (query == NULL)
    return FALSE;
  while (apm2_store_db_next (db, query, &row, error))
    {
      gint64 sequence = sqlite3_column_int64 (query, 0);

      if (!row)
        return TRUE;
      g_array_append_val (parts, sequence);
    }
  return FALSE;
}

static gboolean
forget_job (Apm2StoreDb *db, gint64 sequence, GError **error)
{
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!list_parts (db, sequence, parts, error))
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    if (!forget_row (db, g_array_index (parts, gint64, i), error))
      return FALSE;
  return forget_row (db, sequence, error);
}

gboolean
apm2_store_forget_run_jobs (Apm2StoreDb *db,
                            Apm2StoreRequest *request,
                            GError **error)
{
  gint64 end = g_get_monotonic_time () + SLICE_USEC;
  gboolean all = TRUE;

  for (guint i = 0; i < request->sequences->len; i++)
    {
      gint64 sequence = g_array_index (request->sequences, gint64, i);
      gboolean yes = FALSE;

      if (i > 0 && g_get_monotonic_time () >= end)
        return TRUE;
      if (!is_forgettable (db, sequence, &yes, error)
          || (yes && !forget_job (db, sequence, error)))
        return FALSE;
      all = all && yes;
      request->forgotten = i + 1;
    }
  return !all || request->from_sequence == 0
         || write_mark (db, request->from_sequence, error);
}

/* From the front alone, and with a note of what the next one has to follow. The
 * chain goes on from its last link, which therefore stays. */
static gboolean
forget_receipt (Apm2StoreDb *db, gint64 sequence, GError **error)
{
  return apm2_store_db_execute (
             db,
             error,
             "INSERT INTO receipt_anchor (id, sequence, digest) "
             "SELECT 0, sequence, digest FROM receipt WHERE sequence = ? "
             "AND sequence = (SELECT min (sequence) FROM receipt) "
             "AND sequence < (SELECT max (sequence) FROM receipt) "
             "AND NOT EXISTS (SELECT 1 FROM job WHERE id = receipt.job_id) "
             "ON CONFLICT (id) DO UPDATE "
             "SET sequence = excluded.sequence, digest = excluded.digest",
             "i",
             sequence)
         && apm2_store_db_execute (
             db,
             error,
             "DELETE FROM receipt WHERE sequence = ? "
             "AND sequence = (SELECT sequence FROM receipt_anchor)",
             "i",
             sequence);
}

gboolean
apm2_store_forget_run_receipts (Apm2StoreDb *db,
                                Apm2StoreRequest *request,
                                GError **error)
{
  gint64 end = g_get_monotonic_time () + SLICE_USEC;

  for (guint i = 0; i < request->sequences->len; i++)
    {
      if (i > 0 && g_get_monotonic_time () >= end)
        return TRUE;
      if (!forget_receipt (
              db, g_array_index (request->sequences, gint64, i), error))
        return FALSE;
      request->forgotten = i + 1;
    }
  return TRUE;
}

static gboolean
find_fate (Apm2StoreDb *db,
           const char *job_id,
           Apm2JobFate *ret_fate,
           GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT CASE WHEN receipt_digest IS NULL THEN 1 ELSE 2 END FROM job "
      "WHERE id = ?1 UNION ALL SELECT 3 FROM receipt WHERE job_id = ?1",
      "t",
      job_id);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_fate = APM2_JOB_FATE_UNKNOWN;
  if (row)
    *ret_fate = sqlite3_column_int (query, 0);
  return TRUE;
}

gboolean
apm2_store_forget_find_fates (Apm2StoreDb *db,
                              Apm2StoreRequest *request,
                              GError **error)
{
  request->fates = g_array_new (FALSE, FALSE, sizeof (Apm2JobFate));
  for (guint i = 0; i < request->ids->len; i++)
    {
      Apm2JobFate fate = APM2_JOB_FATE_UNKNOWN;

      if (!find_fate (db, g_ptr_array_index (request->ids, i), &fate, error))
        return FALSE;
      g_array_append_val (request->fates, fate);
    }
  return TRUE;
}
