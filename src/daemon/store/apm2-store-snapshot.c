/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a broker must know when it starts: the jobs that are not over, the last
 * that are, how many there are of each kind, and what is paused.
 *
 * Counting happens here, once; from then on the broker counts along.
 */

#include "apm2-store-snapshot.h"

#include "apm2-error.h"
#include "apm2-store-parts.h"
#include "apm2-store-row.h"

static int
compare_sequence (gconstpointer a, gconstpointer b)
{
  const Apm2StoredJob *one = *(Apm2StoredJob *const *) a;
  const Apm2StoredJob *other = *(Apm2StoredJob *const *) b;

  return one->sequence < other->sequence ? -1 : one->sequence > other->sequence;
}

/* Each has a receipt, and the times of receipts grow. */
static int
compare_end (gconstpointer a, gconstpointer b)
{
  const Apm2StoredJob *one = *(Apm2StoredJob *const *) a;
  const Apm2StoredJob *other = *(Apm2StoredJob *const *) b;

  return one->finished_at < other->finished_at
             ? -1
             : one->finished_at > other->finished_at;
}

static gboolean
load_open (Apm2StoreDb *db, Apm2StoreSnapshot *snapshot, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  /* In the order of the index: SQLite would copy every row to sort them. */
  query = apm2_store_db_query (db,
                               error,
                               "SELECT " APM2_STORE_ROW_COLUMNS
                               " FROM job INDEXED BY job_open WHERE state < 2",
                               "");
  snapshot->open_jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  if (query == NULL
      || !apm2_store_row_read_all (db, query, snapshot->open_jobs, error))
    return FALSE;

  g_ptr_array_sort (snapshot->open_jobs, compare_sequence);
  for (guint i = 0; i < snapshot->open_jobs->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (snapshot->open_jobs, i);

      if (job->parent != 0)
        continue;
      if (job->state == APM2_JOB_STATE_LEASED)
        {
          snapshot->counts.leased++;
          continue;
        }
      snapshot->counts.pending++;
      snapshot->counts.pending_bytes += job->spec_bytes;
    }
  return TRUE;
}

static gboolean
load_ended (Apm2StoreDb *db,
            guint ended_max,
            Apm2StoreSnapshot *snapshot,
            GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  snapshot->ended_jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  query = apm2_store_db_query (
      db,
      error,
      "SELECT " APM2_STORE_ROW_COLUMNS " FROM "
      "(SELECT sequence, job_id FROM receipt ORDER BY sequence DESC LIMIT ?1)"
      " AS last CROSS JOIN job ON job.id = last.job_id AND parent IS NULL"
      " ORDER BY last.sequence DESC LIMIT ?2",
      "ii",
      (gint64) ended_max * (1 + APM2_STEPS_MAX),
      (gint64) ended_max);
  if (query == NULL
      || !apm2_store_row_read_all (db, query, snapshot->ended_jobs, error))
    return FALSE;

  g_ptr_array_sort (snapshot->ended_jobs, compare_end);
  return TRUE;
}

static gboolean
load_ended_parts (Apm2StoreDb *db, Apm2StoreSnapshot *snapshot, GError **error)
{
  snapshot->ended_parts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  return apm2_store_parts_list_ended (db, snapshot->ended_parts, error);
}

/* There are few: to take them out again costs less than to look at each job. */
static gboolean
take_out_parts (Apm2StoreDb *db, Apm2StoreCounts *counts, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT count (*) FILTER (WHERE verdict = 2),"
      " count (*) FILTER (WHERE state = 4), count (*) FILTER (WHERE state = 5),"
      " count (*) FILTER (WHERE state = 6),"
      " count (*) FILTER (WHERE verdict = 1)"
      " FROM job WHERE parent IS NOT NULL",
      "");
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  counts->failed -= (guint64) sqlite3_column_int64 (query, 0);
  counts->denied -= (guint64) sqlite3_column_int64 (query, 1);
  counts->quarantined -= (guint64) sqlite3_column_int64 (query, 2);
  counts->cancelled -= (guint64) sqlite3_column_int64 (query, 3);
  counts->passed -= (guint64) sqlite3_column_int64 (query, 4);
  return TRUE;
}

static gboolean
count_ended (Apm2StoreDb *db,
             const GPtrArray *open_jobs,
             Apm2StoreCounts *counts,
             GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;
  guint64 all;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT (SELECT count (*) FROM job),"
      " (SELECT count (*) FROM job WHERE verdict = 2),"
      " (SELECT count (*) FROM job WHERE state = 4 AND state > 3),"
      " (SELECT count (*) FROM job WHERE state = 5 AND state > 3),"
      " (SELECT count (*) FROM job WHERE state = 6 AND state > 3)",
      "");
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;

  all = (guint64) sqlite3_column_int64 (query, 0);
  counts->failed = (guint64) sqlite3_column_int64 (query, 1);
  counts->denied = (guint64) sqlite3_column_int64 (query, 2);
  counts->quarantined = (guint64) sqlite3_column_int64 (query, 3);
  counts->cancelled = (guint64) sqlite3_column_int64 (query, 4);
  counts->passed = all - open_jobs->len - counts->failed - counts->denied
                   - counts->quarantined - counts->cancelled;
  return take_out_parts (db, counts, error);
}

static gboolean
load_paused (Apm2StoreDb *db, Apm2StoreSnapshot *snapshot, GError **error)
{
  g_autoptr (GStrvBuilder) lanes = g_strv_builder_new ();
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = TRUE;

  query = apm2_store_db_query (
      db, error, "SELECT lane FROM lane_pause ORDER BY lane", "");
  if (query == NULL)
    return FALSE;
  while (row)
    {
      if (!apm2_store_db_next (db, query, &row, error))
        return FALSE;
      if (row)
        g_strv_builder_add (lanes,
                            (const char *) sqlite3_column_text (query, 0));
    }
  snapshot->paused_lanes = g_strv_builder_end (lanes);
  return TRUE;
}

static gboolean
load_next_ready (Apm2StoreDb *db, Apm2StoreSnapshot *snapshot, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT min (not_before) FROM job WHERE not_before IS NOT NULL",
      "");
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  snapshot->next_ready_unix = sqlite3_column_int64 (query, 0);
  return TRUE;
}

gboolean
apm2_store_snapshot_open (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  g_autoptr (Apm2StoreSnapshot) snapshot = g_new0 (Apm2StoreSnapshot, 1);

  if (db->sqlite != NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BAD_STATE,
                   "store %s is open already",
                   db->file);
      return FALSE;
    }
  if (g_cancellable_is_cancelled (request->cancellable))
    {
      g_set_error_literal (
          error, APM2_ERROR, APM2_ERROR_CANCELLED, "it was called off");
      return FALSE;
    }
  if (!apm2_store_db_open (db, error))
    return FALSE;
  if (!load_open (db, snapshot, error)
      || !load_ended (db, request->limit, snapshot, error)
      || !load_ended_parts (db, snapshot, error)
      || !count_ended (db, snapshot->open_jobs, &snapshot->counts, error)
      || !load_paused (db, snapshot, error)
      || !load_next_ready (db, snapshot, error))
    {
      apm2_store_db_close (db);
      return FALSE;
    }
  request->snapshot = g_steal_pointer (&snapshot);
  return TRUE;
}

gboolean
apm2_store_snapshot_close (Apm2StoreDb *db,
                           Apm2StoreRequest *request,
                           GError **error)
{
  apm2_store_db_close (db);
  return TRUE;
}

gboolean
apm2_store_snapshot_pause (Apm2StoreDb *db,
                           Apm2StoreRequest *request,
                           GError **error)
{
  return apm2_store_db_execute (
      db,
      error,
      request->flag ? "INSERT OR IGNORE INTO lane_pause (lane) VALUES (?)"
                    : "DELETE FROM lane_pause WHERE lane = ?",
      "t",
      request->name);
}
