/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-request.h"

G_BEGIN_DECLS

gboolean apm2_store_known_find_by_id (Apm2StoreDb *db,
                                      const char *id,
                                      Apm2StoredJob **ret_job,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_known_find (Apm2StoreDb *db,
                                const Apm2StoreRequest *request,
                                Apm2StoredJob **ret_job,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
