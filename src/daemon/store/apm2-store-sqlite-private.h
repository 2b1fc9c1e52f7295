/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"
#include "apm2-store.h"

G_BEGIN_DECLS

/* Between the files of the SQLite store. */

void apm2_store_sqlite_ask (Apm2Store *store,
                            Apm2StoreRequest *request,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
Apm2StoreRequest *apm2_store_sqlite_hear (Apm2Store *store,
                                          GAsyncResult *result,
                                          const Apm2StoreAct *act,
                                          GError **error);

void apm2_store_sqlite_read_init (Apm2StoreInterface *iface);
void apm2_store_sqlite_queue_init (Apm2StoreInterface *iface);
void apm2_store_sqlite_forget_init (Apm2StoreInterface *iface);
void apm2_store_sqlite_quarantine_init (Apm2StoreInterface *iface);
void apm2_store_sqlite_samples_init (Apm2StoreInterface *iface);

G_END_DECLS
