/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_receipts_issue (Apm2StoreDb *db,
                                    Apm2StoredJob *job,
                                    Apm2Receipt *receipt,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_receipts_has (Apm2StoreDb *db,
                                  const char *job_id,
                                  gboolean *ret_has,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Acts; see apm2_store_list_receipts() and apm2_store_get_receipt(). */
gboolean apm2_store_receipts_list (Apm2StoreDb *db,
                                   Apm2StoreRequest *request,
                                   GError **error);
gboolean apm2_store_receipts_get (Apm2StoreDb *db,
                                  Apm2StoreRequest *request,
                                  GError **error);

G_END_DECLS
