/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_forget_list_ends (Apm2StoreDb *db,
                                      Apm2StoreRequest *request,
                                      GError **error);
gboolean apm2_store_forget_run_jobs (Apm2StoreDb *db,
                                     Apm2StoreRequest *request,
                                     GError **error);
gboolean apm2_store_forget_run_receipts (Apm2StoreDb *db,
                                         Apm2StoreRequest *request,
                                         GError **error);
gboolean apm2_store_forget_find_fates (Apm2StoreDb *db,
                                       Apm2StoreRequest *request,
                                       GError **error);

G_END_DECLS
