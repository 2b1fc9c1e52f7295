/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

sqlite3 *apm2_store_file_open (const char *file,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
