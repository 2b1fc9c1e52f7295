/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_lanes_text_format (GPtrArray *lanes,
                              gboolean all_paused,
                              gint64 now_usec,
                              gboolean legend,
                              guint width,
                              gboolean utf8,
                              gboolean color);

G_END_DECLS
