/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-table.h"

G_BEGIN_DECLS

#define APM2_LANES_TEXT_N_COLUMNS 7
extern const Apm2Column apm2_lanes_text_columns[APM2_LANES_TEXT_N_COLUMNS];

void apm2_lanes_text_add_state (Apm2Table *table,
                                GVariant *lane,
                                gboolean all_paused);
char *apm2_lanes_text_format (GPtrArray *lanes,
                              const GArray *columns,
                              gboolean all_paused,
                              gint64 now_usec,
                              gboolean legend,
                              guint width,
                              gboolean utf8,
                              gboolean color);

G_END_DECLS
