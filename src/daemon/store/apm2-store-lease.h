/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

/* Acts; see apm2_store_claim(), apm2_store_claim_one(),
 * apm2_store_give_back() and apm2_store_wake_delayed(). */
gboolean apm2_store_lease_claim (Apm2StoreDb *db,
                                 Apm2StoreRequest *request,
                                 GError **error);
gboolean apm2_store_lease_claim_one (Apm2StoreDb *db,
                                     Apm2StoreRequest *request,
                                     GError **error);
gboolean apm2_store_lease_give_back (Apm2StoreDb *db,
                                     Apm2StoreRequest *request,
                                     GError **error);
gboolean apm2_store_lease_wake (Apm2StoreDb *db,
                                Apm2StoreRequest *request,
                                GError **error);

G_END_DECLS
