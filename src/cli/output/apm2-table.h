/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-term.h"

G_BEGIN_DECLS

typedef enum
{
  APM2_COLUMN_LEFT = 0,
  APM2_COLUMN_RIGHT = 1 << 0,
  APM2_COLUMN_FLEX = 1 << 1, /* gives way when the terminal is narrow */
  APM2_COLUMN_SPARE
  = 1 << 2, /* goes when that is not enough, the first first */
} Apm2ColumnFlags;

typedef struct
{
  const char *title; /* N_() */
  Apm2ColumnFlags flags;
  guint min_width; /* of a flexible column */
} Apm2Column;

typedef struct _Apm2Table Apm2Table;

Apm2Table *apm2_table_new (const Apm2Column *columns, guint n_columns);
void apm2_table_free (Apm2Table *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Table, apm2_table_free)

void apm2_table_add (Apm2Table *self, const char *text, Apm2Style style);
void apm2_table_add_count (Apm2Table *self, guint64 count);
char *apm2_table_to_string (const Apm2Table *self,
                            gboolean legend,
                            guint width,
                            gboolean utf8,
                            gboolean color);
Apm2Table *apm2_table_pick (const Apm2Table *self, const GArray *columns);
guint apm2_table_get_n_rows (const Apm2Table *self);

G_END_DECLS
