/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* "apm2" in ASCII: tells a store from any other SQLite database. */
#define APM2_STORE_SCHEMA_APPLICATION_ID 0x61706d32

int apm2_store_schema_get_version (void);
gboolean apm2_store_schema_upgrade (sqlite3 *sqlite,
                                    const char *file,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
