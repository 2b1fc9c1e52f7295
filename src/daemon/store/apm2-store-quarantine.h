/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store.h"

G_BEGIN_DECLS

/* Calls of the store about quarantined jobs. */

void apm2_store_list_quarantined (Apm2Store *self,
                                  gint64 before_sequence,
                                  guint limit,
                                  gboolean all,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GPtrArray *
apm2_store_list_quarantined_finish (Apm2Store *self,
                                    GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_leave_quarantine (Apm2Store *self,
                                  const Apm2StoreLeaving *leaving,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean
apm2_store_leave_quarantine_finish (Apm2Store *self,
                                    GAsyncResult *result,
                                    guint *ret_n,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
