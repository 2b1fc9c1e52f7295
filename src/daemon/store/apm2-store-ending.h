/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_ending_deny (Apm2StoreDb *db,
                                 Apm2StoredJob *job,
                                 const char *awaited_id,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Acts; see apm2_store_finish() and apm2_store_request_cancel(). */
gboolean apm2_store_ending_finish (Apm2StoreDb *db,
                                   Apm2StoreRequest *request,
                                   GError **error);
gboolean apm2_store_ending_cancel (Apm2StoreDb *db,
                                   Apm2StoreRequest *request,
                                   GError **error);

G_END_DECLS
