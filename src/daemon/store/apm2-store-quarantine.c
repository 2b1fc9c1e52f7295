/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Quarantined jobs that nobody has looked after yet.
 *
 * What such a job was is final, so nothing of it changes: that somebody has
 * released it, or does not want to see it any more, is a row beside it.
 */

#include "apm2-store-row.h"
#include "apm2-store-sqlite-private.h"

/* A part of a job comes and goes with the whole. */
#define QUARANTINED "state = 5 AND state > 3 AND parent IS NULL"
#define NOT_LEFT    "sequence NOT IN (SELECT job FROM quarantine_left)"
#define MATCHES     "(?1 IS NULL OR id = ?1) AND (?2 = 0 OR finished_at < ?2)"

static gboolean
run_list (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  request->rows
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  query = apm2_store_db_query (db,
                               error,
                               "SELECT " APM2_STORE_ROW_COLUMNS
                               " FROM job WHERE " QUARANTINED
                               " AND sequence < ?1 AND (?2 OR " NOT_LEFT
                               ") ORDER BY sequence DESC LIMIT ?3",
                               "iii",
                               (gint64) request->from_sequence,
                               (gint64) request->flag,
                               (gint64) request->limit);
  return query != NULL
         && apm2_store_row_read_all (db, query, request->rows, error);
}

static gboolean
run_leave (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (db,
                               error,
                               "SELECT count (*) FROM job WHERE " QUARANTINED
                               " AND " NOT_LEFT " AND " MATCHES,
                               "ti",
                               request->name,
                               (gint64) request->from_sequence);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  request->woken = (guint) sqlite3_column_int64 (query, 0);
  if (request->flag || request->woken == 0)
    return TRUE;

  return apm2_store_db_execute (
      db,
      error,
      "INSERT OR IGNORE INTO quarantine_left (job, left_at, released_as) "
      "SELECT sequence, ?3, ?4 FROM job WHERE " QUARANTINED " AND " NOT_LEFT
      " AND " MATCHES,
      "tiit",
      request->name,
      (gint64) request->from_sequence,
      apm2_store_db_tick (db),
      request->text);
}

static const Apm2StoreAct act_list
    = { "list quarantined jobs", APM2_STORE_MODE_READ, run_list };
static const Apm2StoreAct act_leave
    = { "take jobs out of quarantine", APM2_STORE_MODE_WRITE, run_leave };

static void
store_list_quarantined (Apm2Store *store,
                        gint64 before_sequence,
                        guint limit,
                        gboolean all,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_list, NULL);

  request->from_sequence
      = before_sequence <= 0 ? G_MAXINT64 : (guint64) before_sequence;
  request->limit = limit;
  request->flag = all;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_list_quarantined_finish (Apm2Store *store,
                               GAsyncResult *result,
                               GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_list, error);

  return request == NULL ? NULL : g_steal_pointer (&request->rows);
}

static void
store_leave_quarantine (Apm2Store *store,
                        const Apm2StoreLeaving *leaving,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Apm2StoreRequest *request
      = apm2_store_request_new (&act_leave, leaving->job_id);

  request->text = g_strdup (leaving->released_as);
  request->from_sequence = (guint64) leaving->ended_before;
  request->flag = leaving->dry_run;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static gboolean
store_leave_quarantine_finish (Apm2Store *store,
                               GAsyncResult *result,
                               guint *ret_n,
                               GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_leave, error);

  if (request == NULL)
    return FALSE;
  if (ret_n != NULL)
    *ret_n = request->woken;
  return TRUE;
}

/**
 * apm2_store_sqlite_quarantine_init:
 * @iface: the interface of the SQLite store
 *
 * Fills in the calls of this file.
 */
void
apm2_store_sqlite_quarantine_init (Apm2StoreInterface *iface)
{
  iface->list_quarantined = store_list_quarantined;
  iface->list_quarantined_finish = store_list_quarantined_finish;
  iface->leave_quarantine = store_leave_quarantine;
  iface->leave_quarantine_finish = store_leave_quarantine_finish;
}
