/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-command.h"
#include "apm2-table.h"

G_BEGIN_DECLS

void apm2_page_begin (const Apm2CommandCall *call);
guint apm2_page_get_width (const Apm2CommandCall *call);
void apm2_page_print_table (const Apm2CommandCall *call,
                            const Apm2Table *table);

G_END_DECLS
