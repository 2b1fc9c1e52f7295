/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The SQLite store: the calls of housekeeping.
 */

#include "apm2-store-forget.h"
#include "apm2-store-sqlite-private.h"

static const Apm2StoreAct act_list_ends
    = { "list ended jobs", APM2_STORE_MODE_READ, apm2_store_forget_list_ends };
static const Apm2StoreAct act_jobs
    = { "forget jobs", APM2_STORE_MODE_WRITE, apm2_store_forget_run_jobs };
static const Apm2StoreAct act_receipts = { "forget receipts",
                                           APM2_STORE_MODE_WRITE,
                                           apm2_store_forget_run_receipts };
static const Apm2StoreAct act_fates
    = { "look for jobs", APM2_STORE_MODE_READ, apm2_store_forget_find_fates };

static void
store_list_ends (Apm2Store *store,
                 guint64 from_receipt,
                 guint limit,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_list_ends, NULL);

  request->from_sequence = from_receipt;
  request->limit = limit;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_list_ends_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_list_ends, error);

  return request == NULL ? NULL : g_steal_pointer (&request->rows);
}

static gboolean
hear_number (Apm2Store *store,
             GAsyncResult *result,
             const Apm2StoreAct *act,
             guint *ret_n,
             GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, act, error);

  if (request == NULL)
    return FALSE;
  if (ret_n != NULL)
    *ret_n = request->forgotten;
  return TRUE;
}

static void
store_forget_jobs (Apm2Store *store,
                   GArray *sequences,
                   guint64 mark,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_jobs, NULL);

  request->sequences = g_array_ref (sequences);
  request->from_sequence = mark;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static gboolean
store_forget_jobs_finish (Apm2Store *store,
                          GAsyncResult *result,
                          guint *ret_n,
                          GError **error)
{
  return hear_number (store, result, &act_jobs, ret_n, error);
}

static void
store_forget_receipts (Apm2Store *store,
                       GArray *sequences,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_receipts, NULL);

  request->sequences = g_array_ref (sequences);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static gboolean
store_forget_receipts_finish (Apm2Store *store,
                              GAsyncResult *result,
                              guint *ret_n,
                              GError **error)
{
  return hear_number (store, result, &act_receipts, ret_n, error);
}

static void
store_find_fates (Apm2Store *store,
                  GPtrArray *job_ids,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_fates, NULL);

  request->ids = g_ptr_array_ref (job_ids);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GArray *
store_find_fates_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_fates, error);

  return request == NULL ? NULL : g_steal_pointer (&request->fates);
}

/**
 * apm2_store_sqlite_forget_init:
 * @iface: the interface of the SQLite store
 *
 * Fills in the calls of this file.
 */
void
apm2_store_sqlite_forget_init (Apm2StoreInterface *iface)
{
  iface->list_ends = store_list_ends;
  iface->list_ends_finish = store_list_ends_finish;
  iface->forget_jobs = store_forget_jobs;
  iface->forget_jobs_finish = store_forget_jobs_finish;
  iface->forget_receipts = store_forget_receipts;
  iface->forget_receipts_finish = store_forget_receipts_finish;
  iface->find_fates = store_find_fates;
  iface->find_fates_finish = store_find_fates_finish;
}
