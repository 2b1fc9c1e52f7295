/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All clocks in microseconds. REALTIME is for people and receipts, BOOTTIME for
 * every decision: it cannot jump and counts suspend. */
gint64 apm2_time_realtime_usec (void);
gint64 apm2_time_boottime_usec (void);
const char *apm2_time_boot_id (void);

gboolean apm2_time_parse_span (const char *text,
                               guint64 *ret_sec,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_time_format_span (guint64 usec);

G_END_DECLS
