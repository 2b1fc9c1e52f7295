/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2ArgsTable:
 *
 * Option entries whose arg_data are offsets into @data, so that tables are
 * constant and a parse leaves no state behind.
 */
typedef struct
{
  const GOptionEntry *entries; /* (nullable) ends with G_OPTION_ENTRY_NULL */
  gpointer data;
} Apm2ArgsTable;

#define APM2_ARGS_OFFSET(type, member)                                         \
  GSIZE_TO_POINTER (G_STRUCT_OFFSET (type, member))

void apm2_args_split (const char *const *words,
                      const Apm2ArgsTable *tables,
                      gsize n_tables,
                      gboolean stop_at_first,
                      GPtrArray *options,
                      GPtrArray *rest);
gboolean apm2_args_parse (GPtrArray *options,
                          const Apm2ArgsTable *tables,
                          gsize n_tables,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
const GOptionEntry *apm2_args_read_value (const char *word,
                                          const Apm2ArgsTable *tables,
                                          gsize n_tables,
                                          const char **ret_value);
const char *apm2_args_find_unknown (GPtrArray *options,
                                    const Apm2ArgsTable *tables,
                                    gsize n_tables);
GPtrArray *apm2_args_list_names (const Apm2ArgsTable *tables, gsize n_tables);
void apm2_args_clear (const GOptionEntry *entries, gpointer data);

G_END_DECLS
