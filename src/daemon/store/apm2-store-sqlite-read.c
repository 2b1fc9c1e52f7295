/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The calls of the SQLite store that open it, read from it and close it.
 */

#include "apm2-store-sqlite-private.h"

#include "apm2-store-gates.h"
#include "apm2-store-lists.h"
#include "apm2-store-receipts.h"
#include "apm2-store-snapshot.h"

/* Costs nothing as long as all is well. After a write that failed only another
 * one can tell whether writing is possible again; SQLite writes nothing that is
 * there already, so it counts. */
static gboolean
run_ping (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error)
{
  return !db->doubtful
         || apm2_store_db_execute (
             db,
             error,
             "INSERT INTO meta VALUES ('probes', 1) "
             "ON CONFLICT (name) DO UPDATE SET value = value + 1",
             "");
}

static const Apm2StoreAct act_open
    = { "open", APM2_STORE_MODE_ALONE, apm2_store_snapshot_open };
static const Apm2StoreAct act_close
    = { "close", APM2_STORE_MODE_ALONE, apm2_store_snapshot_close };
static const Apm2StoreAct act_get
    = { "read a job", APM2_STORE_MODE_READ, apm2_store_lists_get };
static const Apm2StoreAct act_list
    = { "list jobs", APM2_STORE_MODE_READ, apm2_store_lists_list };
static const Apm2StoreAct act_list_receipts
    = { "list receipts", APM2_STORE_MODE_READ, apm2_store_receipts_list };
static const Apm2StoreAct act_get_receipt
    = { "read a receipt", APM2_STORE_MODE_READ, apm2_store_receipts_get };
static const Apm2StoreAct act_admitted
    = { "admit a tree", APM2_STORE_MODE_READ, apm2_store_gates_admitted };
static const Apm2StoreAct act_ping
    = { "answer", APM2_STORE_MODE_WRITE, run_ping };

static gboolean
hear_nothing (Apm2Store *store,
              GAsyncResult *result,
              const Apm2StoreAct *act,
              GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, act, error);

  return request != NULL;
}

static GPtrArray *
hear_rows (Apm2Store *store,
           GAsyncResult *result,
           const Apm2StoreAct *act,
           GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, act, error);

  return request == NULL ? NULL : g_steal_pointer (&request->rows);
}

static void
store_open (Apm2Store *store,
            guint ended_max,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_open, NULL);

  request->limit = ended_max;
  g_set_object (&request->cancellable, cancellable);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoreSnapshot *
store_open_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_open, error);

  return request == NULL ? NULL : g_steal_pointer (&request->snapshot);
}

static void
store_get (Apm2Store *store,
           const char *job_id,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  apm2_store_sqlite_ask (
      store, apm2_store_request_new (&act_get, job_id), callback, user_data);
}

static Apm2StoredJob *
store_get_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_get, error);

  return request == NULL ? NULL : g_steal_pointer (&request->job);
}

static void
store_list (Apm2Store *store,
            const Apm2StoreFilter *filter,
            gint64 before_sequence,
            guint limit,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_list, filter->lane);

  request->state_mask = filter->state_mask;
  request->verdict = filter->verdict;
  request->flag = filter->with_parts;
  request->text = g_strdup (filter->parent);
  request->from_sequence
      = before_sequence <= 0 ? G_MAXINT64 : (guint64) before_sequence;
  request->limit = limit;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_list_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  return hear_rows (store, result, &act_list, error);
}

static void
store_list_receipts (Apm2Store *store,
                     gboolean oldest_first,
                     guint64 from_sequence,
                     guint limit,
                     gboolean with_text,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_list_receipts, NULL);

  request->flag = oldest_first;
  request->from_sequence = from_sequence;
  request->limit = limit;
  request->with_text = with_text;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_list_receipts_finish (Apm2Store *store,
                            GAsyncResult *result,
                            GError **error)
{
  return hear_rows (store, result, &act_list_receipts, error);
}

static void
store_get_receipt (Apm2Store *store,
                   const char *name,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  apm2_store_sqlite_ask (store,
                         apm2_store_request_new (&act_get_receipt, name),
                         callback,
                         user_data);
}

static char *
hear_receipt (Apm2Store *store,
              GAsyncResult *result,
              const Apm2StoreAct *act,
              char **ret_digest,
              GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, act, error);

  if (request == NULL)
    return NULL;
  if (ret_digest != NULL)
    *ret_digest = g_steal_pointer (&request->found_digest);
  return g_steal_pointer (&request->found_text);
}

static char *
store_get_receipt_finish (Apm2Store *store,
                          GAsyncResult *result,
                          char **ret_digest,
                          GError **error)
{
  return hear_receipt (store, result, &act_get_receipt, ret_digest, error);
}

static void
store_admitted (Apm2Store *store,
                const char *project,
                const char *tree,
                const char *gate_set,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_admitted, project);

  request->text = g_strdup (tree);
  request->digest = g_strdup (gate_set);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static char *
store_admitted_finish (Apm2Store *store,
                       GAsyncResult *result,
                       char **ret_digest,
                       GError **error)
{
  return hear_receipt (store, result, &act_admitted, ret_digest, error);
}

static void
store_ping (Apm2Store *store, GAsyncReadyCallback callback, gpointer user_data)
{
  apm2_store_sqlite_ask (
      store, apm2_store_request_new (&act_ping, NULL), callback, user_data);
}

static gboolean
store_ping_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  return hear_nothing (store, result, &act_ping, error);
}

static void
store_close (Apm2Store *store, GAsyncReadyCallback callback, gpointer user_data)
{
  apm2_store_sqlite_ask (
      store, apm2_store_request_new (&act_close, NULL), callback, user_data);
}

static gboolean
store_close_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  return hear_nothing (store, result, &act_close, error);
}

/**
 * apm2_store_sqlite_read_init:
 * @iface: the interface of the SQLite store
 *
 * Fills in the calls of this file.
 */
void
apm2_store_sqlite_read_init (Apm2StoreInterface *iface)
{
  iface->open = store_open;
  iface->open_finish = store_open_finish;
  iface->get = store_get;
  iface->get_finish = store_get_finish;
  iface->list = store_list;
  iface->list_finish = store_list_finish;
  iface->list_receipts = store_list_receipts;
  iface->list_receipts_finish = store_list_receipts_finish;
  iface->get_receipt = store_get_receipt;
  iface->get_receipt_finish = store_get_receipt_finish;
  iface->admitted = store_admitted;
  iface->admitted_finish = store_admitted_finish;
  iface->ping = store_ping;
  iface->ping_finish = store_ping_finish;
  iface->close = store_close;
  iface->close_finish = store_close_finish;
}
