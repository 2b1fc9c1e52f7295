/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job ended, in one line: what came out, why, how long it took, and where
 * to read on.
 */

#include "apm2-outcome.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-format.h"
#include "apm2-phrase.h"
#include "apm2-term.h"
#include "apm2-word.h"

static void
append_failed_step (GString *out, const Apm2JobView *job)
{
  guint index = 0;
  g_autoptr (GVariant) step = apm2_job_view_find_failed_step (job, &index);
  const char *name = "";
  gint32 status = -1;
  gint32 signal = 0;

  if (step == NULL)
    return;
  (void) g_variant_lookup (step, "name", "&s", &name);
  (void) g_variant_lookup (step, "exit_status", "i", &status);
  (void) g_variant_lookup (step, "signal", "i", &signal);
  /* TRANSLATORS: behind "failed": the number of a step and its name. What it
   * did may follow. */
  g_string_append_printf (out, _ (": step %u (%s)"), index + 1, name);
  if (signal > 0)
    g_string_append_printf (
        out, _ (" ended by signal %d (%s)"), signal, strsignal (signal));
  else if (status >= 0)
    g_string_append_printf (out, _ (" exited with status %d"), status);
}

static void
append_reason (GString *out, const Apm2JobView *job)
{
  /* The message names the step already; that a cancelled job's step was stopped
   * says nothing. */
  if (job->message[0] != '\0')
    {
      g_autofree char *said = apm2_phrase_say (job->message);

      g_string_append_printf (out, ": %s", said);
    }
  else if (job->verdict[0] != '\0')
    append_failed_step (out, job);
  if (job->reason[0] != '\0' && !g_str_equal (job->reason, job->state))
    g_string_append_printf (out, " (%s)", apm2_word_get (job->reason));
}

/**
 * apm2_outcome_describe:
 * @job: a job that ended
 * @options: say which broker was asked
 *
 * Returns: (transfer full): what stands behind the state
 */
char *
apm2_outcome_describe (const Apm2JobView *job, const Apm2Options *options)
{
  GString *out = g_string_new (NULL);

  if (!apm2_job_view_has_passed (job))
    append_reason (out, job);
  if (job->started_at > 0 && job->finished_at > 0)
    {
      g_autofree char *span
          = apm2_format_span_between (job->started_at, job->finished_at);

      g_string_append_printf (
          out,
          /* TRANSLATORS: a length of time, behind "passed" or "failed". */
          apm2_job_view_has_passed (job) ? _ (" in %s") : _ (" after %s"),
          span);
    }
  if (job->receipt_digest[0] != '\0')
    {
      g_autofree char *digest = apm2_format_digest (job->receipt_digest);

      g_string_append_printf (out, _ ("; receipt %s"), digest);
    }
  if (!apm2_job_view_has_passed (job) && job->attempt > 0)
    g_string_append_printf (out,
                            _ ("; log: %s fac job logs %s"),
                            apm2_options_get_program (options),
                            job->id);
  return g_string_free (out, FALSE);
}

/**
 * apm2_outcome_format:
 * @job: a job that ended
 * @options: say which broker was asked
 * @utf8: whether the stream shows UTF-8
 * @color: whether the stream gets colour
 *
 * Returns: (transfer full): the whole line, without its end
 */
char *
apm2_outcome_format (const Apm2JobView *job,
                     const Apm2Options *options,
                     gboolean utf8,
                     gboolean color)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, utf8, &style);
  g_autofree char *rest = apm2_outcome_describe (job, options);

  return g_strdup_printf ("%s%s%s%s",
                          apm2_term_begin (color, style),
                          state,
                          apm2_term_end (color, style),
                          rest);
}
