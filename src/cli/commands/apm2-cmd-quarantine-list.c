/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac quarantine list: what was set aside, and why.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-display.h"
#include "apm2-format-json.h"
#include "apm2-page.h"
#include "apm2-properties.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

typedef struct
{
  gboolean all;
} ListOptions;

static const GOptionEntry entries[] = {
  { "all",
    'a',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (ListOptions, all),
    N_ ("Also jobs that were released or pruned"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static const Apm2Column columns[] = {
  { N_ ("ENTRY"), APM2_COLUMN_LEFT, 0 },
  { N_ ("SINCE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("REASON"), APM2_COLUMN_LEFT, 0 },
  { N_ ("MESSAGE"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 },
};

static void
add_row (const Apm2CommandCall *call, Apm2Table *table, GVariant *entry)
{
  const char *reason = apm2_properties_get_text (entry, "reason");
  g_autofree char *message = apm2_display_escape_line (
      apm2_properties_get_text (entry, "message"), call->term->utf8);
  g_autofree char *since
      = apm2_timestamp_format_short (apm2_properties_get_count (entry, "since"),
                                     apm2_time_realtime_usec (),
                                     call->globals->timestamp);

  apm2_table_add (
      table, apm2_properties_get_text (entry, "entry"), APM2_STYLE_NORMAL);
  apm2_table_add (table, since, APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  reason[0] != '\0' ? apm2_word_get (reason) : "-",
                  APM2_STYLE_NORMAL);
  apm2_table_add (table, message, APM2_STYLE_NORMAL);
}

static void
print_table (const Apm2CommandCall *call, GPtrArray *found)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));

  if (found->len == 0)
    {
      if (!call->globals->no_legend)
        fputs (_ ("Nothing is in quarantine.\n"), stderr);
      return;
    }
  for (guint i = 0; i < found->len; i++)
    add_row (call, table, g_ptr_array_index (found, i));
  apm2_page_print_table (call, table);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const ListOptions *o = call->options;
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autoptr (GPtrArray) found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree char *cursor = g_strdup ("");

  if (client == NULL)
    return -1;
  do
    {
      g_autoptr (GVariant) page
          = apm2_client_list_quarantine (client, NULL, o->all, &cursor, error);

      if (page == NULL)
        return -1;
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        g_ptr_array_add (found, g_variant_get_child_value (page, i));
    }
  while (cursor[0] != '\0');
  if (call->globals->json == APM2_JSON_STYLE_OFF)
    print_table (call, found);
  else
    {
      json_t *object = apm2_format_json_new ("apm2.fac.quarantine.v1");
      json_t *array = json_array ();

      for (guint i = 0; i < found->len; i++)
        json_array_append_new (
            array, apm2_format_json_variant (g_ptr_array_index (found, i)));
      json_object_set_new (object, "entries", array);
      apm2_format_json_print (call, object);
    }
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_quarantine_list = {
  .name = "list",
  .summary = N_ ("List what was set aside"),
  .description = N_ ("Files of the incoming directory that no job could be "
                     "made of, and jobs that\nended quarantined."),
  .entries = entries,
  .options_size = sizeof (ListOptions),
  .columns = columns,
  .n_columns = G_N_ELEMENTS (columns),
  .run = run,
};
