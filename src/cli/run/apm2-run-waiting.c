/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Why a job waits, in words.
 */

#include "apm2-run-waiting.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-time.h"

/* So that the rest of the line has a place too. */
#define COMMAND_WIDTH 40
/* The last column makes some terminals go to the next line, and before it there
 * must be room for the "^C" of a key that is pressed: else that goes to the
 * next line, and only its part there can be taken away. */
#define RESERVED 3

/**
 * apm2_run_waiting_clear:
 * @self: what was shown
 *
 * Takes the line away.
 */
void
apm2_run_waiting_clear (Apm2RunWaiting *self)
{
  apm2_run_waiting_hide (self);
  g_clear_pointer (&self->said, g_free);
}

/**
 * apm2_run_waiting_is_live:
 * @self: what is shown
 *
 * Returns: whether there is a line that has to be drawn anew as time goes by
 */
gboolean
apm2_run_waiting_is_live (const Apm2RunWaiting *self)
{
  return self->line.shown;
}

static void
append_cause (GString *out, const Apm2RunWait *wait)
{
  static const struct
  {
    const char *cause;
    const char *text;
  } causes[] = {
    { "slots", N_ ("all slots of lane %s are taken") },
    { "cpus", N_ ("the processors of lane %s are taken") },
    { "memory", N_ ("the memory of lane %s is taken") },
    { "pressure", N_ ("the machine is too busy for lane %s") },
    { "paused",
      N_ ("lane %s, or the queue, is paused; see apm2 fac queue status") },
    { "turn", N_ ("others come first in lane %s") },
  };
  const char *cause = wait->why->cause;

  if (g_str_equal (cause, "exclusive"))
    {
      g_string_append_printf (out, _ ("'%s' is taken"), wait->why->resource);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (causes); i++)
    if (g_str_equal (causes[i].cause, cause))
      {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_string_append_printf (out, _ (causes[i].text), wait->lane);
#pragma GCC diagnostic pop
        return;
      }
  g_string_append_printf (out, _ ("no slot of lane %s"), wait->lane);
}

/* Both directions of time, as a person says them. Whole seconds: the rest only
 * flickers. */
static char *
span (gint64 usec)
{
  const guint64 sec = (guint64) MAX (usec, 0) / G_USEC_PER_SEC;

  return apm2_time_format_span (sec * G_USEC_PER_SEC);
}

static void
append_times (GString *out, const Apm2RunHolder *holder, gint64 now)
{
  if (holder->since_usec > 0)
    {
      g_autofree char *text = span (now - (gint64) holder->since_usec);

      /* TRANSLATORS: how long a command has had its slot. */
      g_string_append_printf (out, _ (" for %s"), text);
    }
  if (holder->expected_end_usec > (guint64) now)
    {
      g_autofree char *text = span ((gint64) holder->expected_end_usec - now);

      /* TRANSLATORS: of the same command; "in /DIRECTORY" may follow. */
      g_string_append_printf (out, _ (", should end in %s,"), text);
    }
  else if (holder->expected_end_usec > 0)
    g_string_append (out, _ (", should have ended,"));
}

/* What matters most comes first: a narrow terminal does not show the rest. */
static void
append_holder (GString *out, const Apm2RunHolder *holder, gint64 now)
{
  const char *what = holder->name[0] != '\0' ? holder->name : holder->command;
  g_autofree char *shown = apm2_display_ellipsize (what, COMMAND_WIDTH, TRUE);

  if (shown[0] != '\0')
    g_string_append_printf (out, _ ("'%s'"), shown);
  if (now > 0)
    append_times (out, holder, now);
  if (holder->directory[0] != '\0')
    /* As in "'make' in /home/user/src". */
    g_string_append_printf (out, C_ ("directory", " in %s"), holder->directory);
  g_string_append_printf (out, " (%s)", holder->job_id);
}

static void
append_holders (GString *out, const Apm2RunDetails *why, gint64 now)
{
  guint more = why->holders_more;

  if (why->holders->len == 0)
    return;
  g_string_append (out, _ (": "));
  append_holder (out, g_ptr_array_index (why->holders, 0), now);
  more += why->holders->len - 1;
  if (more > 0)
    g_string_append_printf (out, _ (", and %u more"), more);
}

static void
append_claim (GString *out, const Apm2RunWait *wait, gint64 now)
{
  g_string_append (out, _ ("waiting"));
  if (now > 0 && now - wait->since_usec >= G_USEC_PER_SEC)
    {
      g_autofree char *text = span (now - wait->since_usec);

      g_string_append_printf (out, " %s", text);
    }
  if (wait->why->position > 0)
    /* TRANSLATORS: the place in the queue. */
    g_string_append_printf (out, _ (", number %u"), wait->why->position);
  g_string_append (out, _ (": "));
  append_cause (out, wait);
}

/**
 * apm2_run_waiting_format:
 * @wait: what there is to tell
 * @now_usec: the time now, UTC; 0 leaves all times out
 *
 * Returns: (transfer full): it, in one line
 */
char *
apm2_run_waiting_format (const Apm2RunWait *wait, gint64 now_usec)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (wait->is_joined)
    g_string_append_printf (out,
                            _ ("the same work is done by job %s; waiting for "
                               "its end"),
                            wait->job_id);
  else
    append_claim (out, wait, now_usec);
  append_holders (out, wait->why, now_usec);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
draw (Apm2RunWaiting *self, const char *text)
{
  const guint width = apm2_term_get_width (STDERR_FILENO);
  g_autofree char *line = apm2_display_escape_line (text, self->term->utf8);
  g_autofree char *prefixed = g_strconcat ("apm2: ", line, NULL);
  g_autofree char *shown = apm2_display_ellipsize (
      prefixed, width > RESERVED ? width - RESERVED : 1, self->term->utf8);

  apm2_progress_line_show (&self->line, shown);
}

/**
 * apm2_run_waiting_show:
 * @self: what was shown
 * @wait: what there is to tell now
 *
 * Tells it, if that is any news.
 */
void
apm2_run_waiting_show (Apm2RunWaiting *self, const Apm2RunWait *wait)
{
  g_autofree char *text = NULL;
  g_autofree char *lasting = NULL;

  if (self->quiet)
    return;
  text = apm2_run_waiting_format (wait, apm2_time_realtime_usec ());
  if (apm2_progress_line_is_possible (self->term))
    {
      draw (self, text);
      return;
    }
  lasting = apm2_run_waiting_format (wait, 0);
  if (g_strcmp0 (lasting, self->said) == 0)
    return;
  g_free (self->said);
  self->said = g_steal_pointer (&lasting);
  {
    g_autofree char *line = apm2_display_escape_line (text, self->term->utf8);

    fprintf (stderr, "apm2: %s\n", line);
    (void) fflush (stderr);
  }
}

/**
 * apm2_run_waiting_hide:
 * @self: what is shown
 *
 * Leaves the terminal as it was.
 */
void
apm2_run_waiting_hide (Apm2RunWaiting *self)
{
  apm2_progress_line_hide (&self->line);
}
