/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates in words: one line each, and the verdict.
 */

#include "apm2-gates-text.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-format.h"
#include "apm2-term.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define ADVICE_MAX 5 /* logs that are named */

/* Of the gates alone, so that it stays the same. */
static guint
get_name_width (const Apm2GatesView *gates)
{
  gsize width = 0;

  for (guint i = 0; i < gates->gates->len; i++)
    width = MAX (
        width,
        strlen (((Apm2Step *) g_ptr_array_index (gates->gates, i))->name));
  return (guint) width;
}

/* What a gate needs first that has not passed yet, or could not. */
static const char *
find_need (const Apm2GatesText *self,
           const Apm2GateView *gate,
           gboolean (*matches) (const Apm2GateView *))
{
  const Apm2Step *step = gate->gate;

  for (guint i = 0;
       step != NULL && step->needs != NULL && step->needs[i] != NULL;
       i++)
    {
      const Apm2GateView *need
          = apm2_gates_view_find (self->gates, step->needs[i]);

      if (need != NULL && matches (need))
        return need->name;
    }
  return NULL;
}

static gboolean
is_to_come (const Apm2GateView *gate)
{
  return !apm2_gate_view_has_ended (gate);
}

static void
append_waiting (GString *out,
                const Apm2GatesText *self,
                const Apm2GateView *gate)
{
  const char *need = find_need (self, gate, is_to_come);

  if (need != NULL)
    g_string_append_printf (out, _ ("waits for %s"), need);
  else
    g_string_append (out, _ ("waits"));
}

static void
append_running (GString *out, const Apm2GateView *gate, gint64 now_usec)
{
  guint64 sec = 0;

  g_string_append (out, _ ("running"));
  if (gate->started_at == 0 || now_usec <= 0)
    return;
  if ((guint64) now_usec > gate->started_at)
    sec = ((guint64) now_usec - gate->started_at) / G_USEC_PER_SEC;
  g_string_append_printf (
      out, " %" PRIu64 ":%02u", sec / 60, (guint) (sec % 60));
}

static void
append_ended (GString *out, const Apm2GateView *gate)
{
  g_autofree char *span
      = apm2_format_span_between (gate->started_at, gate->finished_at);
  const gboolean passed = apm2_gate_view_has_passed (gate);

  g_string_append (out, apm2_word_get (gate->state));
  if (gate->started_at > 0 && gate->finished_at > 0)
    g_string_append_printf (out, passed ? _ (" in %s") : _ (" after %s"), span);
  if (gate->signal > 0)
    g_string_append_printf (
        out, _ (": signal %d (%s)"), gate->signal, strsignal (gate->signal));
  else if (!passed && gate->exit_status > 0)
    g_string_append_printf (out, _ (": exit status %d"), gate->exit_status);
  if (!passed && !apm2_gate_view_is_in_the_way (gate))
    g_string_append (out, _ (", which is allowed"));
}

static void
append_skipped (GString *out,
                const Apm2GatesText *self,
                const Apm2GateView *gate)
{
  const char *need = find_need (self, gate, apm2_gate_view_is_in_the_way);

  g_string_append (out, apm2_word_get (gate->state));
  if (need != NULL)
    g_string_append_printf (out, _ (": %s did not pass"), need);
}

static void
get_look (const Apm2GatesText *self,
          const Apm2GateView *gate,
          const char **ret_mark,
          Apm2Style *ret_style)
{
  if (apm2_gate_view_is_waiting (gate) || g_str_equal (gate->state, "skipped"))
    {
      *ret_mark = self->utf8 ? "○" : "-";
      *ret_style = APM2_STYLE_DIM;
    }
  else if (apm2_gate_view_is_running (gate))
    {
      *ret_mark = self->utf8 ? "●" : "*";
      *ret_style = APM2_STYLE_BUSY;
    }
  else if (apm2_gate_view_has_passed (gate))
    {
      *ret_mark = self->utf8 ? "✓" : "+";
      *ret_style = APM2_STYLE_GOOD;
    }
  else
    {
      *ret_mark = self->utf8 ? "×" : "x";
      *ret_style = apm2_gate_view_is_in_the_way (gate) ? APM2_STYLE_BAD
                                                       : APM2_STYLE_WARN;
    }
}

/**
 * apm2_gates_text_line:
 * @self: how to show it
 * @gate: one of the gates
 * @now_usec: the time now, to tell since when it runs; 0 not to tell
 *
 * Returns: (transfer full): the gate in one line, without its end
 */
char *
apm2_gates_text_line (const Apm2GatesText *self,
                      const Apm2GateView *gate,
                      gint64 now_usec)
{
  g_autoptr (GString) words = g_string_new (NULL);
  const char *mark = NULL;
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *shown = NULL;

  get_look (self, gate, &mark, &style);
  if (apm2_gate_view_is_waiting (gate))
    append_waiting (words, self, gate);
  else if (apm2_gate_view_is_running (gate))
    append_running (words, gate, now_usec);
  else if (g_str_equal (gate->state, "skipped"))
    append_skipped (words, self, gate);
  else
    append_ended (words, gate);
  shown = apm2_display_escape_line (words->str, self->utf8);
  return g_strdup_printf ("%s%s%s %-*s  %s",
                          apm2_term_begin (self->color, style),
                          mark,
                          apm2_term_end (self->color, style),
                          (int) get_name_width (self->gates),
                          gate->name,
                          shown);
}

static void
append_culprits (GString *out, const Apm2GatesText *self)
{
  const char *separator = ": ";

  for (guint i = 0; i < self->gates->views->len; i++)
    {
      const Apm2GateView *gate = g_ptr_array_index (self->gates->views, i);

      if (!apm2_gate_view_is_in_the_way (gate)
          || g_str_equal (gate->state, "skipped"))
        continue;
      g_string_append_printf (out, "%s%s", separator, gate->name);
      separator = ", ";
    }
}

/**
 * apm2_gates_text_verdict:
 * @self: how to show it
 * @job: the job, which ended
 *
 * Returns: (transfer full): how it ended, with the whole digest of its receipt
 */
char *
apm2_gates_text_verdict (const Apm2GatesText *self, const Apm2JobView *job)
{
  const gboolean passed = apm2_job_view_has_passed (job);
  const gboolean failed = g_str_equal (job->verdict, "failed");
  const Apm2Style style = passed ? APM2_STYLE_GOOD : APM2_STYLE_BAD;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *line = NULL;

  if (failed)
    append_culprits (out, self);
  else if (!passed && job->message[0] != '\0')
    g_string_append_printf (out, ": %s", job->message);
  if (!passed && job->reason[0] != '\0'
      && !g_str_equal (job->reason, job->state))
    g_string_append_printf (out, " (%s)", apm2_word_get (job->reason));
  if (job->started_at > 0 && job->finished_at > 0)
    {
      g_autofree char *span
          = apm2_format_span_between (job->started_at, job->finished_at);

      g_string_append_printf (
          out, passed ? _ (" in %s") : _ (" after %s"), span);
    }
  if (job->receipt_digest[0] != '\0')
    g_string_append_printf (out, _ ("; receipt %s"), job->receipt_digest);
  line = apm2_display_escape_line (out->str, self->utf8);
  return g_strdup_printf (
      "%s%s%s%s",
      apm2_term_begin (self->color, style),
      apm2_word_get (apm2_format_state_word (job->state, job->verdict)),
      apm2_term_end (self->color, style),
      line);
}

/**
 * apm2_gates_text_advice:
 * @self: how to show it
 * @job: the job, which ended
 * @options: say which broker was asked
 *
 * Returns: (transfer full): lines that say where to read why gates failed,
 *   maybe none
 */
char *
apm2_gates_text_advice (const Apm2GatesText *self,
                        const Apm2JobView *job,
                        const Apm2Options *options)
{
  GString *out = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < self->gates->views->len && n < ADVICE_MAX; i++)
    {
      const Apm2GateView *gate = g_ptr_array_index (self->gates->views, i);

      if (apm2_gate_view_is_waiting (gate) || apm2_gate_view_has_passed (gate)
          || g_str_equal (gate->state, "skipped"))
        continue;
      n++;
      g_string_append_printf (out,
                              _ ("log of %s: %s fac job logs -s %s %s\n"),
                              gate->name,
                              apm2_options_get_program (options),
                              gate->name,
                              job->id);
    }
  return g_string_free (out, FALSE);
}
