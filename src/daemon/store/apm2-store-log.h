/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Pages of log at which it is moved into the file: at ease when nobody waits;
 * at all events before it takes long to read again after a crash. */
#define APM2_STORE_LOG_IDLE_PAGES 1000
#define APM2_STORE_LOG_BUSY_PAGES 8000

gboolean apm2_store_log_extend (sqlite3 *sqlite);

G_END_DECLS
