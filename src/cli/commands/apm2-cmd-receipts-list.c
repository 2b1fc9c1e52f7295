/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac receipts list: what ended, and the digests that prove it.
 */

#include <inttypes.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-page.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

#define ROWS_DEFAULT  25
#define TEXT_PAGE_MAX 200

typedef struct
{
  int n;
  gboolean all;
  gboolean text;
} ListOptions;

static const GOptionEntry entries[] = {
  { "lines",
    'n',
    0,
    G_OPTION_ARG_INT,
    APM2_ARGS_OFFSET (ListOptions, n),
    N_ ("At most so many (25)"),
    N_ ("N") },
  { "all",
    'a',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (ListOptions, all),
    N_ ("All there are"),
    NULL },
  { "text",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (ListOptions, text),
    N_ ("Print the receipts themselves, oldest first, one a line"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static const Apm2Column columns[] = {
  { N_ ("NR"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("RECEIPT"), APM2_COLUMN_LEFT, 0 },
  { N_ ("OUTCOME"), APM2_COLUMN_LEFT, 0 },
  { N_ ("ENDED"), APM2_COLUMN_LEFT | APM2_COLUMN_SPARE, 0 },
  { N_ ("REASON"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 6 },
  { N_ ("JOB"), APM2_COLUMN_LEFT, 0 },
};

static void
add_row (const Apm2CommandCall *call,
         Apm2Table *table,
         GVariant *entry,
         gint64 now)
{
  guint64 sequence = 0;
  guint64 finished = 0;
  const char *digest = "";
  const char *job_id = "";
  const char *outcome = "";
  const char *verdict = "";
  const char *reason = "";
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *number = NULL;
  g_autofree char *state = NULL;
  g_autofree char *ended = NULL;
  g_autofree char *begin = NULL;

  (void) g_variant_lookup (entry, "sequence", "t", &sequence);
  (void) g_variant_lookup (entry, "finished_at", "t", &finished);
  (void) g_variant_lookup (entry, "digest", "&s", &digest);
  (void) g_variant_lookup (entry, "job_id", "&s", &job_id);
  (void) g_variant_lookup (entry, "outcome", "&s", &outcome);
  (void) g_variant_lookup (entry, "verdict", "&s", &verdict);
  (void) g_variant_lookup (entry, "reason", "&s", &reason);
  number = g_strdup_printf ("%" PRIu64, sequence);
  state = apm2_format_state (outcome, verdict, call->term->utf8, &style);
  ended = apm2_timestamp_format_short (finished, now, call->globals->timestamp);
  begin = apm2_format_digest (digest);
  apm2_table_add (table, number, APM2_STYLE_NORMAL);
  apm2_table_add (table, begin, APM2_STYLE_NORMAL);
  apm2_table_add (table, state, style);
  apm2_table_add (table, ended, APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  reason[0] != '\0' ? apm2_word_get (reason) : "-",
                  APM2_STYLE_NORMAL);
  apm2_table_add (table, job_id, APM2_STYLE_NORMAL);
}

static void
print_table (const Apm2CommandCall *call, GPtrArray *receipts)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));
  const gint64 now = apm2_time_realtime_usec ();

  if (receipts->len == 0)
    {
      if (!call->globals->no_legend)
        fputs (_ ("No receipts: no job has ended yet.\n"), stderr);
      return;
    }
  for (guint i = 0; i < receipts->len; i++)
    add_row (call, table, g_ptr_array_index (receipts, i), now);
  apm2_page_print_table (call, table);
}

static void
print_json (const Apm2CommandCall *call, GPtrArray *receipts)
{
  json_t *object = apm2_format_json_new ("apm2.fac.receipt_list.v1");
  json_t *array = json_array ();

  for (guint i = 0; i < receipts->len; i++)
    json_array_append_new (
        array, apm2_format_json_variant (g_ptr_array_index (receipts, i)));
  json_object_set_new (object, "receipts", array);
  apm2_format_json_print (call, object);
}

/* Returns: (element-type GVariant): entries, newest first. */
static GPtrArray *
collect (Apm2Client *client, guint max, GError **error)
{
  g_autoptr (GPtrArray) receipts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) page = apm2_client_list_receipts (
          client,
          APM2_RECEIPTS_NEWEST,
          MIN (max - receipts->len, APM2_CLIENT_PAGE_MAX),
          &cursor,
          error);

      if (page == NULL)
        return NULL;
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        g_ptr_array_add (receipts, g_variant_get_child_value (page, i));
    }
  while (cursor[0] != '\0' && receipts->len < max);
  return g_steal_pointer (&receipts);
}

/* The whole chain, page by page: it may be long. */
static int
print_texts (Apm2Client *client, guint max, GError **error)
{
  g_autofree char *cursor = g_strdup ("");
  guint n = 0;

  do
    {
      g_autoptr (GVariant) page
          = apm2_client_list_receipts (client,
                                       APM2_RECEIPTS_CHAIN | APM2_RECEIPTS_TEXT,
                                       MIN (max - n, TEXT_PAGE_MAX),
                                       &cursor,
                                       error);

      if (page == NULL)
        return -1;
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (page, i);
          const char *text = NULL;

          if (g_variant_lookup (entry, "text", "&s", &text))
            puts (text);
          n++;
        }
    }
  while (cursor[0] != '\0' && n < max);
  return APM2_EXIT_OK;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const ListOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GPtrArray) receipts = NULL;
  guint max = o->n > 0 ? (guint) o->n : ROWS_DEFAULT;

  if (o->n < 0)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("-n: give a number of at least 1"));
      return -1;
    }
  if (o->all || (o->text && o->n == 0))
    max = G_MAXUINT;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  if (o->text)
    return print_texts (client, max, error);
  receipts = collect (client, max, error);
  if (receipts == NULL)
    return -1;
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, receipts);
  else
    print_table (call, receipts);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_receipts_list = {
  .name = "list",
  .summary = N_ ("List receipts, newest first"),
  .description = N_ (
      "With --text the receipts come as they were hashed, JSON, one a line, "
      "the whole\nchain unless -n is given: keep them in a file and verify it "
      "anywhere."),
  .entries = entries,
  .options_size = sizeof (ListOptions),
  .columns = columns,
  .n_columns = G_N_ELEMENTS (columns),
  .examples = "  apm2 fac receipts list --text > receipts.jsonl\n"
              "  apm2 fac receipts verify receipts.jsonl",
  .run = run,
};
