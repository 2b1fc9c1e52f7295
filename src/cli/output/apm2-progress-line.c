/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One line on stderr that tells how far a job is.
 *
 * It is taken away before anything else is written, and never drawn into a line
 * that a job has begun and not ended.
 */

#include "apm2-progress-line.h"

#include <inttypes.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-format.h"
#include "apm2-word.h"

#define BAR_WIDTH 20

/**
 * apm2_progress_line_is_possible:
 * @term: the streams
 *
 * Returns: %TRUE if stderr is a terminal that can redraw a line
 */
gboolean
apm2_progress_line_is_possible (const Apm2Term *term)
{
  return term->err_tty && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

static void
append_bar (GString *out, double progress, gboolean utf8)
{
  const double clamped = CLAMP (progress, 0.0, 1.0);
  const guint full = (guint) (clamped * BAR_WIDTH);

  g_string_append (out, " [");
  for (guint i = 0; i < BAR_WIDTH; i++)
    g_string_append (out, i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "."));
  g_string_append_printf (out, "] %3u%%", (guint) (clamped * 100));
}

static void
append_step (GString *out, const Apm2JobView *job)
{
  if (job->step[0] == '\0')
    return;
  if (job->step_count > 0)
    g_string_append_printf (
        out, _ (", step %u/%u"), job->step_index + 1, job->step_count);
  g_string_append_printf (out, " %s", job->step);
}

/**
 * apm2_progress_line_format:
 * @job: a job
 * @now_usec: the time now
 * @width: columns that the line may take
 * @utf8: whether the terminal shows UTF-8
 *
 * Returns: (transfer full): the line
 */
char *
apm2_progress_line_format (const Apm2JobView *job,
                           gint64 now_usec,
                           guint width,
                           gboolean utf8)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *line = NULL;
  const guint64 since
      = job->started_at > 0 ? job->started_at : job->submitted_at;

  g_string_append (
      out, apm2_word_get (apm2_format_state_word (job->state, job->verdict)));
  append_step (out, job);
  if (job->progress_valid)
    append_bar (out, job->progress, utf8);
  if (since > 0 && now_usec > 0)
    {
      const guint64 sec = (guint64) now_usec > since
                              ? ((guint64) now_usec - since) / G_USEC_PER_SEC
                              : 0;

      g_string_append_printf (
          out, " %" PRIu64 ":%02u", sec / 60, (guint) (sec % 60));
    }
  if (job->status_text[0] != '\0')
    g_string_append_printf (out, " %s", job->status_text);
  line = apm2_display_escape_line (out->str, utf8);
  return apm2_display_ellipsize (line, width, utf8);
}

/**
 * apm2_progress_line_show:
 * @self: the line
 * @text: what it shows, no wider than the terminal
 *
 * Draws the line, or draws it anew.
 */
void
apm2_progress_line_show (Apm2ProgressLine *self, const char *text)
{
  fprintf (stderr, "\r%s\x1b[K", text);
  (void) fflush (stderr);
  self->shown = TRUE;
}

/**
 * apm2_progress_line_hide:
 * @self: the line
 *
 * Takes the line away; the cursor stands where it began.
 */
void
apm2_progress_line_hide (Apm2ProgressLine *self)
{
  if (!self->shown)
    return;
  fputs ("\r\x1b[K", stderr);
  (void) fflush (stderr);
  self->shown = FALSE;
}
