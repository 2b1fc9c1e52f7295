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
#include "apm2-job-view.h"
#include "apm2-jobs-filter.h"
#include "apm2-jobs-text.h"
#include "apm2-jobs-watch.h"
#include "apm2-lane-hint.h"
#include "apm2-page.h"
#include "apm2-table.h"
#include "apm2-time.h"

#define ROWS_DEFAULT 25

typedef struct
{
  GStrv states;
  char *lane;
  gboolean all;
  gboolean watch;
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
  { "watch",
    'w',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (JobsOptions, watch),
    N_ ("Show changes as they come, until interrupted"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

/* Returns: (element-type GVariant): records. */
static GPtrArray *
collect (Apm2Client *client,
         const Apm2JobsFilter *filter,
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
          filter->lane,
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
print_table (const Apm2CommandCall *call, GPtrArray *records, gboolean more)
{
  g_autoptr (Apm2Table) table = apm2_jobs_text_new ();
  const gboolean legend = !call->globals->no_legend;
  const gint64 now = apm2_time_realtime_usec ();

  for (guint i = 0; i < records->len; i++)
    {
      g_autoptr (Apm2JobView) job
          = apm2_job_view_new_from_record (g_ptr_array_index (records, i));

      apm2_jobs_text_add (call, table, job, now);
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
  g_auto (Apm2JobsFilter) filter = { 0 };
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
  if (!apm2_jobs_filter_init (&filter, o->states, o->lane, error))
    return -1;
  if (o->watch && (o->all || o->n > 0))
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--watch shows what is there and what comes: it "
                              "goes without -n and --all"));
      return -1;
    }
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  if (o->lane != NULL && !apm2_lane_hint_check (client, o->lane, error))
    return -1;
  if (o->watch)
    {
      g_clear_pointer (&client, apm2_client_close);
      return apm2_jobs_watch_run (call, &filter, error);
    }
  records = collect (client, &filter, o->all ? G_MAXUINT : max, &more, error);
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
  .description
  = N_ ("--watch begins with the jobs that have not ended. On a terminal the "
        "list is kept up\nto date, q ends; in a pipe each change is a line, "
        "with --json an object."),
  .examples = "  apm2 fac jobs --state running --state pending\n"
              "  apm2 fac jobs --columns ID,STATE --no-legend\n"
              "  apm2 fac jobs --watch --json | jq -r .job.state",
  .entries = entries,
  .options_size = sizeof (JobsOptions),
  .columns = apm2_jobs_text_columns,
  .n_columns = APM2_JOBS_TEXT_N_COLUMNS,
  .run = run,
};
