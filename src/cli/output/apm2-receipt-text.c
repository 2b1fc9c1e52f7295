/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A receipt for people.
 */

#include "apm2-receipt-text.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-format.h"
#include "apm2-phrase.h"
#include "apm2-receipt-json.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

static const Apm2Column columns[] = {
  { "", APM2_COLUMN_RIGHT, 0 },
  { "", APM2_COLUMN_LEFT, 0 },
};

static void
add (Apm2Table *table, const char *title, const char *text)
{
  g_autofree char *label = g_strdup_printf ("%s:", title);

  if (text == NULL || text[0] == '\0')
    return;
  apm2_table_add (table, label, APM2_STYLE_DIM);
  apm2_table_add (table, text, APM2_STYLE_NORMAL);
}

static void
add_time (Apm2Table *table, const char *title, gint64 usec, Apm2Timestamp style)
{
  g_autofree char *text = apm2_timestamp_format_long (
      (guint64) usec, apm2_time_realtime_usec (), style);

  if (usec > 0)
    add (table, title, text);
}

static void
add_step (Apm2Table *table, guint index, const Apm2StepResult *step)
{
  g_autofree char *title = g_strdup_printf (_ ("Step %u"), index + 1);
  g_autofree char *span = apm2_format_span_between (
      (guint64) step->started_at, (guint64) step->finished_at);
  g_autoptr (GString) text = g_string_new (step->name);

  g_string_append_printf (text, ": %s", apm2_word_get (step->result));
  if (step->term_signal > 0)
    g_string_append_printf (text, _ (", signal %d"), step->term_signal);
  else if (step->exit_status >= 0)
    g_string_append_printf (text, _ (", exit status %d"), step->exit_status);
  if (step->started_at > 0)
    g_string_append_printf (text, ", %s", span);
  add (table, title, text->str);
}

static void
add_receipt (Apm2Table *table,
             const Apm2Receipt *receipt,
             const char *digest,
             Apm2Timestamp style)
{
  g_autofree char *sequence = g_strdup_printf ("%" PRIu64, receipt->sequence);
  g_autofree char *attempt = g_strdup_printf ("%u", receipt->attempt);
  g_autofree char *message
      = receipt->message != NULL ? apm2_phrase_say (receipt->message) : NULL;

  add (table, _ ("Receipt"), digest);
  add (table, _ ("Number"), sequence);
  add (table, _ ("Before it"), receipt->previous_digest);
  add (table, _ ("Job"), receipt->job_id);
  add (table, _ ("Spec"), receipt->spec_digest);
  add (table,
       _ ("Outcome"),
       apm2_word_get (apm2_job_state_to_string (receipt->outcome)));
  add (table,
       _ ("Verdict"),
       apm2_word_get (apm2_verdict_to_string (receipt->verdict)));
  add (table, _ ("Reason"), apm2_word_get (receipt->reason));
  add (table, _ ("Message"), message);
  add (table, _ ("Repository"), receipt->source_repository);
  add (table, _ ("Commit"), receipt->source_commit);
  add (table, _ ("Lane"), receipt->lane);
  add (table, _ ("Attempt"), attempt);
  add (table, _ ("Worker"), receipt->worker);
  add (table, _ ("Executor"), receipt->executor);
  add (table, _ ("Containment"), receipt->containment);
  add_time (table, _ ("Submitted"), receipt->submitted_at, style);
  add_time (table, _ ("Started"), receipt->started_at, style);
  add_time (table, _ ("Ended"), receipt->finished_at, style);
  for (guint i = 0; i < receipt->steps->len; i++)
    add_step (table, i, g_ptr_array_index (receipt->steps, i));
}

/**
 * apm2_receipt_text_format:
 * @text: a receipt, JSON
 * @digest: its digest
 * @style: how times are shown
 * @utf8: whether the terminal shows more than ASCII
 * @color: whether it shows colours
 * @error: as apm2_receipt_from_json()
 *
 * Returns: (transfer full) (nullable): lines
 */
char *
apm2_receipt_text_format (const char *text,
                          const char *digest,
                          Apm2Timestamp style,
                          gboolean utf8,
                          gboolean color,
                          GError **error)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (Apm2Receipt) receipt
      = apm2_receipt_from_json (text, strlen (text), error);

  if (receipt == NULL)
    return NULL;
  add_receipt (table, receipt, digest, style);
  return apm2_table_to_string (table, FALSE, 0, utf8, color);
}
