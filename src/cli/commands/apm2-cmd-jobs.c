/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac jobs: what waits, runs and ran, newest first.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-job-state.h"
#include "apm2-job-view.h"
#include "apm2-nearest.h"
#include "apm2-page.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

#define ROWS_DEFAULT 25

typedef struct
{
  GStrv states;
  char *lane;
  gboolean all;
  int n;
} JobsOptions;

static const GOptionEntry entries[] = {
  { "state",
    's',
    0,
    G_OPTION_ARG_FILENAME_ARRAY,
    APM2_ARGS_OFFSET (JobsOptions, states),
    N_ ("Only jobs in this state; may be repeated; also: passed, failed"),
    N_ ("STATE") },
  { "lane",
    'l',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (JobsOptions, lane),
    N_ ("Only jobs of this lane"),
    N_ ("LANE") },
  { "lines",
    'n',
    0,
    G_OPTION_ARG_INT,
    APM2_ARGS_OFFSET (JobsOptions, n),
    N_ ("At most so many (25)"),
    N_ ("N") },
  { "all",
    'a',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (JobsOptions, all),
    N_ ("All there ever were"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static const Apm2Column columns[] = {
  { N_ ("ID"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("PRIO"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("SUBMITTED"), APM2_COLUMN_LEFT, 0 },
  { N_ ("TIME"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("REASON"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 6 },
  { N_ ("NAME"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 },
};

/**
 * Filter:
 *
 * What --state asks for. "passed" and "failed" are verdicts, which is what
 * people mean.
 */
typedef struct
{
  GPtrArray *states; /* (owned) (element-type utf8) ends with NULL */
  const char *verdict;
} Filter;

static void
filter_clear (Filter *self)
{
  g_clear_pointer (&self->states, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Filter, filter_clear)

static gboolean
refuse_state (const char *word, GError **error)
{
  const char *known[APM2_N_JOB_STATES + 3] = { "passed", "failed" };
  g_autofree char *list = NULL;
  const char *nearest = NULL;

  for (guint i = 0; i < APM2_N_JOB_STATES; i++)
    known[i + 2] = apm2_job_state_to_string ((Apm2JobState) i);
  nearest = apm2_nearest_find (word, known);
  list = g_strjoinv (", ", (GStrv) known);
  if (nearest != NULL)
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--state %s: no such state; did you mean '%s'?"),
                 word,
                 nearest);
  else
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--state %s: no such state; there are: %s"),
                 word,
                 list);
  return FALSE;
}

static gboolean
filter_init (Filter *self, GStrv words, GError **error)
{
  Apm2JobState state;
  Apm2Verdict verdict;

  if (words == NULL)
    return TRUE;
  self->states = g_ptr_array_new ();
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (apm2_job_state_from_string (words[i], &state))
        g_ptr_array_add (self->states,
                         (gpointer) apm2_job_state_to_string (state));
      else if (words[i][0] != '\0'
               && apm2_verdict_from_string (words[i], &verdict))
        self->verdict = apm2_verdict_to_string (verdict);
      else
        return refuse_state (words[i], error);
    }
  if (self->verdict != NULL && g_strv_length (words) > 1)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--state passed and --state failed stand alone"));
      return FALSE;
    }
  g_ptr_array_add (self->states, NULL);
  return TRUE;
}

/* Returns: (element-type GVariant): records. */
static GPtrArray *
collect (Apm2Client *client,
         const Filter *filter,
         const char *lane,
         guint max,
         gboolean *ret_more,
         GError **error)
{
  g_autoptr (GPtrArray) records
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) page = apm2_client_list_jobs (
          client,
          filter->states != NULL && filter->verdict == NULL
              ? (const char *const *) filter->states->pdata
              : NULL,
          lane,
          filter->verdict,
          MIN (max - records->len, APM2_CLIENT_PAGE_MAX),
          &cursor,
          error);

      if (page == NULL)
        return NULL;
      for (gsize i = 0; i < g_variant_n_children (page); i++)
        g_ptr_array_add (records, g_variant_get_child_value (page, i));
    }
  while (cursor[0] != '\0' && records->len < max);
  *ret_more = cursor[0] != '\0';
  return g_steal_pointer (&records);
}

static void
add_row (const Apm2CommandCall *call,
         Apm2Table *table,
         const Apm2JobView *job,
         gint64 now)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, call->term->utf8, &style);
  g_autofree char *priority = g_strdup_printf ("%u", job->priority);
  g_autofree char *submitted = apm2_timestamp_format_short (
      job->submitted_at, now, call->globals->timestamp);
  g_autofree char *span = apm2_format_span_between (
      job->started_at, job->finished_at > 0 ? job->finished_at : (guint64) now);

  apm2_table_add (table, job->id, APM2_STYLE_NORMAL);
  apm2_table_add (table, state, style);
  apm2_table_add (table, job->lane, APM2_STYLE_NORMAL);
  apm2_table_add (table, priority, APM2_STYLE_NORMAL);
  apm2_table_add (table, submitted, APM2_STYLE_NORMAL);
  apm2_table_add (table, span, APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  job->reason[0] != '\0' ? apm2_word_get (job->reason) : "-",
                  APM2_STYLE_NORMAL);
  apm2_table_add (table, job->name, APM2_STYLE_NORMAL);
}

static void
print_table (const Apm2CommandCall *call, GPtrArray *records, gboolean more)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));
  const gboolean legend = !call->globals->no_legend;
  const gint64 now = apm2_time_realtime_usec ();

  for (guint i = 0; i < records->len; i++)
    {
      g_autoptr (Apm2JobView) job
          = apm2_job_view_new_from_record (g_ptr_array_index (records, i));

      add_row (call, table, job, now);
    }
  if (records->len == 0)
    {
      if (legend)
        fputs (_ ("No jobs.\n"), stderr);
      return;
    }
  apm2_page_print_table (call, table);
  if (more && legend && call->term->out_tty)
    fprintf (
        stderr, _ ("%u shown, there are more: -n N, --all\n"), records->len);
}

static void
print_json (const Apm2CommandCall *call, GPtrArray *records, gboolean more)
{
  json_t *object = apm2_format_json_new ("apm2.fac.job_list.v1");
  json_t *jobs = json_array ();

  for (guint i = 0; i < records->len; i++)
    json_array_append_new (
        jobs, apm2_format_json_variant (g_ptr_array_index (records, i)));
  json_object_set_new (object, "jobs", jobs);
  json_object_set_new (object, "more", json_boolean (more));
  apm2_format_json_print (call, object);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const JobsOptions *o = call->options;
  g_auto (Filter) filter = { 0 };
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GPtrArray) records = NULL;
  gboolean more = FALSE;
  guint max = o->n > 0 ? (guint) o->n : ROWS_DEFAULT;

  if (o->n < 0)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("-n: give a number of at least 1"));
      return -1;
    }
  if (!filter_init (&filter, o->states, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  records = collect (
      client, &filter, o->lane, o->all ? G_MAXUINT : max, &more, error);
  if (records == NULL)
    return -1;
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, records, more);
  else
    print_table (call, records, more);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_jobs = {
  .name = "jobs",
  .summary = N_ ("List jobs, newest first"),
  .entries = entries,
  .options_size = sizeof (JobsOptions),
  .columns = columns,
  .n_columns = G_N_ELEMENTS (columns),
  .run = run,
};
