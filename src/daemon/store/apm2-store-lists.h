/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

/* Acts; see apm2_store_get() and apm2_store_list(). */
gboolean apm2_store_lists_get (Apm2StoreDb *db,
                               Apm2StoreRequest *request,
                               GError **error);
gboolean apm2_store_lists_list (Apm2StoreDb *db,
                                Apm2StoreRequest *request,
                                GError **error);

G_END_DECLS
