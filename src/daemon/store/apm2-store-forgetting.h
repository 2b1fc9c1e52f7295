/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store.h"

G_BEGIN_DECLS

/* Calls of the store by which it lets go of what has ended. */

void apm2_store_list_ends (Apm2Store *self,
                           guint64 from_receipt,
                           guint limit,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
GPtrArray *
apm2_store_list_ends_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_forget_jobs (Apm2Store *self,
                             GArray *sequences,
                             guint64 mark,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
apm2_store_forget_jobs_finish (Apm2Store *self,
                               GAsyncResult *result,
                               guint *ret_n,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_forget_receipts (Apm2Store *self,
                                 GArray *sequences,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean
apm2_store_forget_receipts_finish (Apm2Store *self,
                                   GAsyncResult *result,
                                   guint *ret_n,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_find_fates (Apm2Store *self,
                            GPtrArray *job_ids,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GArray *apm2_store_find_fates_finish (Apm2Store *self,
                                      GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
