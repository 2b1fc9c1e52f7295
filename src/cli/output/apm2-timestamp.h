/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-options.h"

G_BEGIN_DECLS

char *apm2_timestamp_format_short (guint64 realtime_usec,
                                   gint64 now_usec,
                                   Apm2Timestamp style);
char *apm2_timestamp_format_now (Apm2Timestamp style);
char *apm2_timestamp_format_long (guint64 realtime_usec,
                                  gint64 now_usec,
                                  Apm2Timestamp style);

G_END_DECLS
