/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

gboolean apm2_store_fault_is_of_request (int code);
void
apm2_store_fault_set_error (GError **error, sqlite3 *sqlite, const char *file);

G_END_DECLS
