/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

/* Acts; see apm2_store_open(), apm2_store_close() and
 * apm2_store_set_paused(). */
gboolean apm2_store_snapshot_open (Apm2StoreDb *db,
                                   Apm2StoreRequest *request,
                                   GError **error);
gboolean apm2_store_snapshot_close (Apm2StoreDb *db,
                                    Apm2StoreRequest *request,
                                    GError **error);
gboolean apm2_store_snapshot_pause (Apm2StoreDb *db,
                                    Apm2StoreRequest *request,
                                    GError **error);

G_END_DECLS
