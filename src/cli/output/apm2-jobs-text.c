/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs as rows of a table.
 */

#include "apm2-jobs-text.h"

#include <glib/gi18n.h>

#include "apm2-format.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

const Apm2Column apm2_jobs_text_columns[] = {
  { N_ ("ID"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("PRIO"), APM2_COLUMN_RIGHT | APM2_COLUMN_SPARE, 0 },
  { N_ ("SUBMITTED"), APM2_COLUMN_LEFT | APM2_COLUMN_SPARE, 0 },
  { N_ ("TIME"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("REASON"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 6 },
  { N_ ("NAME"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 8 },
};

/**
 * apm2_jobs_text_new:
 *
 * Returns: (transfer full): a table without rows
 */
Apm2Table *
apm2_jobs_text_new (void)
{
  return apm2_table_new (apm2_jobs_text_columns, APM2_JOBS_TEXT_N_COLUMNS);
}

/**
 * apm2_jobs_text_add:
 * @call: says how times are shown
 * @table: of apm2_jobs_text_new()
 * @job: a job
 * @now_usec: the time now
 *
 * Adds a row.
 */
void
apm2_jobs_text_add (const Apm2CommandCall *call,
                    Apm2Table *table,
                    const Apm2JobView *job,
                    gint64 now_usec)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, call->term->utf8, &style);
  g_autofree char *priority = g_strdup_printf ("%u", job->priority);
  g_autofree char *submitted = apm2_timestamp_format_short (
      job->submitted_at, now_usec, call->globals->timestamp);
  g_autofree char *span = apm2_format_span_between (
      job->started_at,
      job->finished_at > 0 ? job->finished_at : (guint64) now_usec);

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
