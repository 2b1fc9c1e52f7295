/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac gc: remove what is old, many or large; or tell what would go, or
 * what went.
 */

#include <inttypes.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-page.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"

#define RUNS_DEFAULT 20
#define RUNS_MAX     1000
/* A run lists at most a thousand things. */
#define RUN_BYTES_MAX (1024 * 1024)

typedef struct
{
  gboolean dry_run;
  gboolean receipts;
  char *older_than;
  gboolean history;
  int n;
} GcOptions;

#define AT(member) ((gpointer) G_STRUCT_OFFSET (GcOptions, member))

static const GOptionEntry entries[] = {
  { "dry-run",
    'n',
    0,
    G_OPTION_ARG_NONE,
    AT (dry_run),
    N_ ("Remove nothing, list what would go"),
    NULL },
  { "receipts",
    0,
    0,
    G_OPTION_ARG_NONE,
    AT (receipts),
    N_ ("Remove receipts of jobs that are gone as well"),
    NULL },
  { "older-than",
    0,
    0,
    G_OPTION_ARG_STRING,
    AT (older_than),
    N_ ("With --receipts: only those that are older, like 365d"),
    N_ ("TIME") },
  { "history",
    0,
    0,
    G_OPTION_ARG_NONE,
    AT (history),
    N_ ("Show the last runs instead"),
    NULL },
  { "lines",
    0,
    0,
    G_OPTION_ARG_INT,
    AT (n),
    N_ ("With --history: at most so many; 20"),
    N_ ("N") },
  G_OPTION_ENTRY_NULL,
};

static const Apm2Column total_columns[] = {
  { N_ ("WHAT"), APM2_COLUMN_LEFT, 0 },
  { N_ ("COUNT"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("SIZE"), APM2_COLUMN_RIGHT, 0 },
};

static const Apm2Column item_columns[] = {
  { N_ ("WHAT"), APM2_COLUMN_LEFT, 0 },
  { N_ ("SIZE"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WHY"), APM2_COLUMN_LEFT, 0 },
  { N_ ("NAME"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 },
};

static const Apm2Column run_columns[] = {
  { N_ ("WHEN"), APM2_COLUMN_LEFT, 0 },
  { N_ ("CAUSE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("JOBS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("RECEIPTS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("FILES"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("SIZE"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("FAILED"), APM2_COLUMN_RIGHT, 0 },
};

static guint64
get_number (const json_t *object, const char *key)
{
  json_int_t value = json_integer_value (json_object_get (object, key));

  return value > 0 ? (guint64) value : 0;
}

static const char *
get_text (const json_t *object, const char *key)
{
  const char *text = json_string_value (json_object_get (object, key));

  return text != NULL ? text : "";
}

static void
add_size (Apm2Table *table, guint64 bytes)
{
  g_autofree char *text = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);

  apm2_table_add (table, bytes > 0 ? text : "-", APM2_STYLE_NORMAL);
}

/* --- one run --- */

static void
print_totals (const Apm2CommandCall *call, const json_t *run)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (total_columns, G_N_ELEMENTS (total_columns));
  json_t *collected = json_object_get (run, "collected");
  const char *kind = NULL;
  json_t *tally = NULL;

  json_object_foreach (collected, kind, tally)
    {
      if (get_number (tally, "count") == 0)
        continue;
      apm2_table_add (table, kind, APM2_STYLE_NORMAL);
      apm2_table_add_count (table, get_number (tally, "count"));
      add_size (table, get_number (tally, "bytes"));
    }
  if (apm2_table_get_n_rows (table) > 0)
    apm2_page_print_table (call, table);
  else
    fputs (json_is_true (json_object_get (run, "dry_run"))
               ? _ ("nothing would go\n")
               : _ ("nothing had to go\n"),
           stderr);
}

static void
print_items (const Apm2CommandCall *call, const json_t *run)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (item_columns, G_N_ELEMENTS (item_columns));
  const json_t *items = json_object_get (run, "items");
  guint64 omitted = get_number (run, "items_omitted");
  size_t i = 0;
  const json_t *item = NULL;

  json_array_foreach (items, i, item)
    {
      apm2_table_add (table, get_text (item, "kind"), APM2_STYLE_NORMAL);
      add_size (table, get_number (item, "bytes"));
      apm2_table_add (table, get_text (item, "why"), APM2_STYLE_NORMAL);
      apm2_table_add (table, get_text (item, "name"), APM2_STYLE_NORMAL);
    }
  if (apm2_table_get_n_rows (table) == 0)
    return;
  apm2_page_print_table (call, table);
  if (omitted > 0)
    printf (g_dngettext (NULL,
                         "and %" PRIu64 " more\n",
                         "and %" PRIu64 " more\n",
                         (gulong) omitted),
            omitted);
  puts ("");
}

static int
tell_trouble (const json_t *run)
{
  guint64 failed = get_number (run, "failed");
  guint64 deferred = get_number (run, "deferred");
  const char *trouble = get_text (run, "trouble");

  if (deferred > 0)
    fprintf (stderr,
             _ ("%" PRIu64 " belong to the worker, which is not there; they go "
                "with the next run when it is\n"),
             deferred);
  if (failed > 0)
    fprintf (stderr, _ ("%" PRIu64 " could not be removed\n"), failed);
  if (trouble[0] != '\0')
    fprintf (stderr, "apm2: %s\n", trouble);
  return failed > 0 || (trouble[0] != '\0' && deferred == 0) ? APM2_EXIT_FAILURE
                                                             : APM2_EXIT_OK;
}

static int
print_run (const Apm2CommandCall *call, const char *text)
{
  json_t *run = apm2_format_json_text (text, RUN_BYTES_MAX);
  int status = tell_trouble (run);

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      apm2_format_json_print (call, run);
      return status;
    }
  if (json_is_true (json_object_get (run, "dry_run")))
    print_items (call, run);
  print_totals (call, run);
  json_decref (run);
  return status;
}

/* --- the last runs --- */

static void
add_run (const Apm2CommandCall *call,
         Apm2Table *table,
         const json_t *run,
         gint64 now)
{
  static const char *const stored[] = { "job", "receipt" };
  const json_t *collected = json_object_get (run, "collected");
  g_autofree char *when = apm2_timestamp_format_long (
      get_number (run, "started_at"), now, call->globals->timestamp);
  guint64 files = 0;
  guint64 bytes = 0;
  const char *kind = NULL;
  json_t *tally = NULL;

  json_object_foreach ((json_t *) collected, kind, tally)
    {
      files += get_number (tally, "count");
      bytes += get_number (tally, "bytes");
    }
  apm2_table_add (table, when, APM2_STYLE_NORMAL);
  apm2_table_add (table, get_text (run, "cause"), APM2_STYLE_NORMAL);
  for (gsize i = 0; i < G_N_ELEMENTS (stored); i++)
    {
      guint64 n = get_number (json_object_get (collected, stored[i]), "count");

      apm2_table_add_count (table, n);
      files -= MIN (n, files);
    }
  apm2_table_add_count (table, files);
  add_size (table, bytes);
  apm2_table_add_count (table, get_number (run, "failed"));
}

static void
print_history (const Apm2CommandCall *call, GStrv runs)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (run_columns, G_N_ELEMENTS (run_columns));
  gint64 now = apm2_time_realtime_usec ();

  for (gsize i = 0; runs[i] != NULL; i++)
    {
      json_t *run = apm2_format_json_text (runs[i], RUN_BYTES_MAX);

      add_run (call, table, run, now);
      json_decref (run);
    }
  if (apm2_table_get_n_rows (table) > 0)
    apm2_page_print_table (call, table);
  else if (!call->globals->no_legend)
    fputs (_ ("Housekeeping has not run yet.\n"), stderr);
}

static void
print_history_json (const Apm2CommandCall *call, GStrv runs)
{
  json_t *object = apm2_format_json_new ("apm2.fac.gc_history.v1");
  json_t *array = json_array ();

  for (gsize i = 0; runs[i] != NULL; i++)
    json_array_append_new (array,
                           apm2_format_json_text (runs[i], RUN_BYTES_MAX));
  json_object_set_new (object, "runs", array);
  apm2_format_json_print (call, object);
}

static int
run_history (const Apm2CommandCall *call, Apm2Client *client, GError **error)
{
  const GcOptions *o = call->options;
  g_auto (GStrv) runs = apm2_client_list_collections (
      client, o->n > 0 ? (guint) o->n : RUNS_DEFAULT, error);

  if (runs == NULL)
    return -1;
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_history_json (call, runs);
  else
    print_history (call, runs);
  return APM2_EXIT_OK;
}

/* --- the verb --- */

static gboolean
read_options (const GcOptions *o,
              const GArray *columns,
              guint64 *ret_older,
              GError **error)
{
  const char *problem = NULL;

  *ret_older = 0;
  if (columns != NULL && !o->history)
    problem = _ ("--columns goes with --history");
  else if (o->history && (o->dry_run || o->receipts || o->older_than != NULL))
    problem = _ ("--history goes with --lines only");
  else if (o->n < 0 || o->n > RUNS_MAX)
    problem = _ ("--lines: give a number from 1 to 1000");
  else if (o->receipts != (o->older_than != NULL))
    problem = _ ("--receipts and --older-than go together: say how old a "
                 "receipt must be to be removed");
  if (problem != NULL)
    {
      g_set_error_literal (
          error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
      return FALSE;
    }
  if (o->older_than == NULL)
    return TRUE;
  if (!apm2_time_parse_span (o->older_than, ret_older, error))
    {
      g_prefix_error_literal (error, "--older-than: ");
      return FALSE;
    }
  *ret_older = MIN (*ret_older, G_MAXUINT32) * G_USEC_PER_SEC;
  *ret_older = MAX (*ret_older, 1);
  return TRUE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const GcOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_autofree char *text = NULL;
  guint64 older = 0;

  if (!read_options (o, call->columns, &older, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  if (o->history)
    return run_history (call, client, error);
  text = apm2_client_collect (client, o->dry_run, older, error);
  return text != NULL ? print_run (call, text) : -1;
}

const Apm2Command apm2_cmd_gc = {
  .name = "gc",
  .summary = N_ ("Remove ended jobs, logs and mirrors that are too old"),
  .description
  = N_ ("What is kept how long is in [retention] of apm2.conf; the broker "
        "does the same by\nitself now and then. A receipt is kept unless "
        "--receipts is given."),
  .entries = entries,
  .options_size = sizeof (GcOptions),
  .columns = run_columns,
  .n_columns = G_N_ELEMENTS (run_columns),
  .examples = "  apm2 fac gc --dry-run\n"
              "  apm2 fac gc --receipts --older-than 365d\n"
              "  apm2 fac gc --history",
  .run = run,
};
