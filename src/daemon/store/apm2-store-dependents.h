/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-db.h"
#include "apm2-store-values.h"

G_BEGIN_DECLS

gboolean
apm2_store_dependents_settle (Apm2StoreDb *db,
                              const Apm2StoredJob *ended,
                              GPtrArray *effects,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
