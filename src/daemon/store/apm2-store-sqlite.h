/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store.h"

G_BEGIN_DECLS

#define APM2_TYPE_STORE_SQLITE (apm2_store_sqlite_get_type ())
G_DECLARE_FINAL_TYPE (Apm2StoreSqlite,
                      apm2_store_sqlite,
                      APM2,
                      STORE_SQLITE,
                      GObject)

Apm2Store *apm2_store_sqlite_new (const char *file,
                                  guint64 aging_usec_per_level);

G_END_DECLS
