/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The SQLite store: the calls about the queue as a whole, and no single job.
 */

#include "apm2-store-lease.h"
#include "apm2-store-request.h"
#include "apm2-store-snapshot.h"
#include "apm2-store-sqlite-private.h"

static const Apm2StoreAct act_pause
    = { "pause or resume", APM2_STORE_MODE_WRITE, apm2_store_snapshot_pause };
static const Apm2StoreAct act_wake
    = { "wake delayed jobs", APM2_STORE_MODE_WRITE, apm2_store_lease_wake };

static void
store_set_paused (Apm2Store *store,
                  const char *lane,
                  gboolean paused,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_pause, lane);

  request->flag = paused;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static gboolean
store_set_paused_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_pause, error);

  return request != NULL;
}

static void
store_wake_delayed (Apm2Store *store,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  apm2_store_sqlite_ask (
      store, apm2_store_request_new (&act_wake, NULL), callback, user_data);
}

static gboolean
store_wake_delayed_finish (Apm2Store *store,
                           GAsyncResult *result,
                           guint *ret_woken,
                           gint64 *ret_next_unix,
                           GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_wake, error);

  if (request == NULL)
    return FALSE;
  if (ret_woken != NULL)
    *ret_woken = request->woken;
  if (ret_next_unix != NULL)
    *ret_next_unix = request->next_unix;
  return TRUE;
}

void
apm2_store_sqlite_queue_init (Apm2StoreInterface *iface)
{
  iface->set_paused = store_set_paused;
  iface->set_paused_finish = store_set_paused_finish;
  iface->wake_delayed = store_wake_delayed;
  iface->wake_delayed_finish = store_wake_delayed_finish;
}
