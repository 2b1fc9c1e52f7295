/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac job show: all that is known of one job.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-job-hint.h"
#include "apm2-job-spec-json.h"
#include "apm2-job-view.h"
#include "apm2-page.h"
#include "apm2-phrase.h"
#include "apm2-receipt-json.h"
#include "apm2-receipt-text.h"
#include "apm2-size.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

static const Apm2Column step_columns[] = {
  { N_ ("STEP"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("EXIT"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("TIME"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("LOG"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("NAME"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 8 },
};

static const Apm2Column fact_columns[] = {
  { "", APM2_COLUMN_RIGHT, 0 },
  { "", APM2_COLUMN_LEFT, 0 },
};

static void
add_fact (Apm2Table *table,
          const char *title,
          const char *text,
          Apm2Style style)
{
  g_autofree char *label = NULL;

  if (text == NULL || text[0] == '\0')
    return;
  label = g_strdup_printf ("%s:", title);
  apm2_table_add (table, label, APM2_STYLE_DIM);
  apm2_table_add (table, text, style);
}

static void
add_time (const Apm2CommandCall *call,
          Apm2Table *table,
          const char *title,
          guint64 usec,
          gint64 now)
{
  g_autofree char *text
      = apm2_timestamp_format_long (usec, now, call->globals->timestamp);

  if (usec > 0)
    add_fact (table, title, text, APM2_STYLE_NORMAL);
}

static void
add_limit (GString *out, const char *name, char *value)
{
  g_string_append_printf (
      out, "%s%s %s", out->len > 0 ? ", " : "", name, value);
  g_free (value);
}

static void
add_limits (Apm2Table *table, const Apm2Limits *limits)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (limits->timeout_sec > 0)
    add_limit (out,
               _ ("time"),
               apm2_time_format_span (limits->timeout_sec * G_USEC_PER_SEC));
  if (limits->memory_max_bytes > 0)
    add_limit (
        out, _ ("memory"), apm2_size_to_string (limits->memory_max_bytes));
  if (limits->tasks_max > 0)
    add_limit (
        out, _ ("tasks"), g_strdup_printf ("%" PRIu64, limits->tasks_max));
  if (limits->cpu_quota_percent > 0)
    add_limit (out,
               _ ("CPU"),
               g_strdup_printf ("%" PRIu64 "%%", limits->cpu_quota_percent));
  add_fact (table, _ ("Limits"), out->str, APM2_STYLE_NORMAL);
}

static void
add_spec (Apm2Table *table, GVariant *record)
{
  g_autoptr (Apm2JobSpec) spec = NULL;
  const char *text = NULL;

  if (!g_variant_lookup (record, "spec", "&s", &text))
    return;
  spec = apm2_job_spec_from_json (text, strlen (text), NULL);
  if (spec == NULL)
    return;
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);
      g_autofree char *line
          = apm2_format_argv ((const char *const *) step->argv);

      add_fact (
          table, i == 0 ? _ ("Command") : _ ("then"), line, APM2_STYLE_NORMAL);
    }
  add_fact (
      table, _ ("Repository"), spec->source_repository, APM2_STYLE_NORMAL);
  add_fact (table, _ ("Commit"), spec->source_commit, APM2_STYLE_NORMAL);
  add_limits (table, &spec->limits);
  for (gsize i = 0; spec->after != NULL && spec->after[i] != NULL; i++)
    add_fact (table, _ ("After"), spec->after[i], APM2_STYLE_NORMAL);
  for (gsize i = 0; spec->labels != NULL && spec->labels[i] != NULL; i++)
    if (!g_str_has_prefix (spec->labels[i], APM2_LABEL_NAME "="))
      add_fact (table, _ ("Label"), spec->labels[i], APM2_STYLE_NORMAL);
}

static void
add_outcome (Apm2Table *table, const Apm2JobView *job, gboolean utf8)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, utf8, &style);
  g_autofree char *message = apm2_phrase_say (job->message);

  add_fact (table, _ ("State"), state, style);
  add_fact (
      table, _ ("Reason"), apm2_word_get (job->reason), APM2_STYLE_NORMAL);
  add_fact (table, _ ("Message"), message, APM2_STYLE_NORMAL);
}

static void
add_life (const Apm2CommandCall *call, Apm2Table *table, const Apm2JobView *job)
{
  const gint64 now = apm2_time_realtime_usec ();
  g_autofree char *attempt = g_strdup_printf ("%u", job->attempt);
  g_autofree char *span = NULL;

  add_time (call, table, _ ("Submitted"), job->submitted_at, now);
  if (!apm2_job_view_is_final (job) && job->not_before > (guint64) now)
    add_time (call, table, _ ("Not before"), job->not_before, now);
  add_time (call, table, _ ("Started"), job->started_at, now);
  add_time (call, table, _ ("Ended"), job->finished_at, now);
  if (job->started_at > 0)
    {
      span = apm2_format_span_between (job->started_at,
                                       job->finished_at > 0 ? job->finished_at
                                                            : (guint64) now);
      add_fact (table, _ ("Time"), span, APM2_STYLE_NORMAL);
    }
  if (job->attempt > 1)
    add_fact (table, _ ("Attempt"), attempt, APM2_STYLE_NORMAL);
  add_fact (table, _ ("Worker"), job->worker, APM2_STYLE_NORMAL);
  add_fact (table, _ ("Receipt"), job->receipt_digest, APM2_STYLE_NORMAL);
}

static void
add_step (Apm2Table *table, guint index, GVariant *step, gboolean utf8)
{
  const char *state = "";
  const char *name = "";
  gint32 status = -1;
  gint32 signal = 0;
  guint64 started = 0;
  guint64 finished = 0;
  guint64 log_bytes = 0;
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *number = g_strdup_printf ("%u", index + 1);
  g_autofree char *shown = NULL;
  g_autofree char *exit_text = NULL;
  g_autofree char *span = NULL;
  g_autofree char *log = NULL;

  (void) g_variant_lookup (step, "state", "&s", &state);
  (void) g_variant_lookup (step, "name", "&s", &name);
  (void) g_variant_lookup (step, "exit_status", "i", &status);
  (void) g_variant_lookup (step, "signal", "i", &signal);
  (void) g_variant_lookup (step, "started_at", "t", &started);
  (void) g_variant_lookup (step, "finished_at", "t", &finished);
  (void) g_variant_lookup (step, "log_bytes", "t", &log_bytes);
  if (finished == 0)
    finished = (guint64) apm2_time_realtime_usec ();
  shown = apm2_format_state (state, NULL, utf8, &style);
  exit_text = signal > 0    ? g_strdup (strsignal (signal))
              : status >= 0 ? g_strdup_printf ("%d", status)
                            : g_strdup ("-");
  span = apm2_format_span_between (started, finished);
  log = g_format_size_full (log_bytes, G_FORMAT_SIZE_IEC_UNITS);
  apm2_table_add (table, number, APM2_STYLE_NORMAL);
  apm2_table_add (table, shown, style);
  apm2_table_add (table, exit_text, APM2_STYLE_NORMAL);
  apm2_table_add (table, span, APM2_STYLE_NORMAL);
  apm2_table_add (table, log, APM2_STYLE_NORMAL);
  apm2_table_add (table, name[0] != '\0' ? name : "-", APM2_STYLE_NORMAL);
}

static void
print_steps (const Apm2CommandCall *call, const Apm2JobView *job, guint width)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (step_columns, G_N_ELEMENTS (step_columns));
  g_autofree char *text = NULL;
  const gsize n = job->steps != NULL ? g_variant_n_children (job->steps) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) step = g_variant_get_child_value (job->steps, i);
      const char *name = "";

      /* It waits, and one behind it does not. */
      if (g_variant_lookup (step, "name", "&s", &name) && name[0] == '\0')
        continue;
      add_step (table, (guint) i, step, call->term->utf8);
    }
  if (n == 0)
    return;
  text = apm2_table_to_string (table,
                               !call->globals->no_legend,
                               width,
                               call->term->utf8,
                               call->term->out_color);
  printf ("\n%s", text);
}

static void
print_text (const Apm2CommandCall *call, GVariant *record)
{
  g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (record);
  g_autoptr (Apm2Table) facts
      = apm2_table_new (fact_columns, G_N_ELEMENTS (fact_columns));
  g_autofree char *text = NULL;
  g_autofree char *priority = g_strdup_printf ("%u", job->priority);

  add_fact (facts, _ ("Job"), job->id, APM2_STYLE_BOLD);
  add_fact (facts, _ ("Name"), job->name, APM2_STYLE_NORMAL);
  add_outcome (facts, job, call->term->utf8);
  add_fact (facts, _ ("Lane"), job->lane, APM2_STYLE_NORMAL);
  add_fact (facts, _ ("Priority"), priority, APM2_STYLE_NORMAL);
  add_spec (facts, record);
  add_life (call, facts, job);
  /* One job has room: long lines are not cut but left to the terminal. */
  text = apm2_table_to_string (
      facts, FALSE, 0, call->term->utf8, call->term->out_color);
  apm2_page_begin (call);
  fputs (text, stdout);
  print_steps (call, job, apm2_page_get_width (call));
}

/* The job went, as [retention] says; its receipt is what is left. */
static gboolean
print_receipt (const Apm2CommandCall *call, Apm2Client *client)
{
  g_autofree char *digest = NULL;
  g_autofree char *text
      = apm2_client_get_receipt (client, call->args[0], &digest, NULL);
  g_autofree char *out = NULL;
  json_t *object = NULL;

  if (text == NULL)
    return FALSE;
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      object = apm2_format_json_new ("apm2.fac.forgotten_job.v1");
      json_object_set_new (object, "id", json_string (call->args[0]));
      json_object_set_new (object, "receipt_digest", json_string (digest));
      json_object_set_new (
          object,
          "receipt",
          apm2_format_json_text (text, APM2_RECEIPT_BYTES_MAX));
      apm2_format_json_print (call, object);
      return TRUE;
    }
  out = apm2_receipt_text_format (text,
                                  digest,
                                  call->globals->timestamp,
                                  call->term->utf8,
                                  call->term->out_color,
                                  NULL);
  if (out == NULL)
    return FALSE;
  fprintf (stderr,
           _ ("job %s is no longer kept; this is its receipt\n"),
           call->args[0]);
  apm2_page_begin (call);
  fputs (out, stdout);
  return TRUE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (GVariant) record = NULL;

  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  record = apm2_client_get_job (client, call->args[0], &local);
  if (record == NULL)
    {
      if (g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND)
          && print_receipt (call, client))
        return APM2_EXIT_OK;
      g_propagate_error (error, g_steal_pointer (&local));
      apm2_job_hint_add (client, call->globals, call->args[0], error);
      return -1;
    }
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    apm2_format_json_print (call, apm2_format_json_new_job (record));
  else
    print_text (call, record);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_job_show = {
  .name = "show",
  .summary = N_ ("Show all that is known of a job"),
  .arguments = N_ ("ID"),
  .args_min = 1,
  .args_max = 1,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
