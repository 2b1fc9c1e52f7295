/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates on a terminal or in a pipe, while they run.
 *
 * A gate that ended gets its line once and for all, so that at the end there is
 * one line for each, in the order in which they ended. Below them a terminal
 * shows what runs and waits, as far as there is room.
 */

#include "apm2-gates-live.h"

#include "apm2-display.h"
#include "apm2-screen.h"

/* The line with the cursor, and one more for a line that a terminal wraps. */
#define ROWS_SPARE 2

/**
 * apm2_gates_live_init:
 * @self: (out caller-allocates): where gates are shown
 * @gates: the gates; must outlive @self
 * @term: what the streams can do
 * @to_stderr: not to write to stdout
 */
void
apm2_gates_live_init (Apm2GatesLive *self,
                      const Apm2GatesView *gates,
                      const Apm2Term *term,
                      gboolean to_stderr)
{
  const gboolean tty = to_stderr ? term->err_tty : term->out_tty;

  self->out = to_stderr ? stderr : stdout;
  self->redraws = tty && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  self->text.gates = gates;
  self->text.utf8 = term->utf8;
  self->text.color = to_stderr ? term->err_color : term->out_color;
  self->drawn = 0;
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * apm2_gates_live_clear:
 * @self: where gates are shown
 */
void
apm2_gates_live_clear (Apm2GatesLive *self)
{
  if (self->told != NULL)
    apm2_gates_live_hide (self);
  g_clear_pointer (&self->told, g_hash_table_unref);
}

/**
 * apm2_gates_live_hide:
 * @self: where gates are shown
 *
 * Takes away what is redrawn; the cursor stands where it began.
 */
void
apm2_gates_live_hide (Apm2GatesLive *self)
{
  g_clear_pointer (&self->frame, g_free);
  if (self->drawn == 0)
    return;
  fprintf (self->out, "\x1b[%uA\r\x1b[J", self->drawn);
  (void) fflush (self->out);
  self->drawn = 0;
}

/**
 * apm2_gates_live_forget:
 * @self: where gates are shown
 *
 * The job begins again; so what was told will be told again.
 */
void
apm2_gates_live_forget (Apm2GatesLive *self)
{
  g_hash_table_remove_all (self->told);
}

/* Steps that bring the commit are of interest if they go wrong. */
static gboolean
is_worth_telling (const Apm2GatesLive *self, const Apm2GateView *gate)
{
  if (gate->gate == NULL)
    return apm2_gate_view_has_ended (gate) && !apm2_gate_view_has_passed (gate);
  if (apm2_gate_view_is_running (gate))
    return !self->redraws;
  return apm2_gate_view_has_ended (gate);
}

/**
 * apm2_gates_live_tell:
 * @self: where gates are shown
 *
 * Writes what has changed and will not change again.
 */
void
apm2_gates_live_tell (Apm2GatesLive *self)
{
  GPtrArray *views = self->text.gates->views;

  for (guint i = 0; i < views->len; i++)
    {
      const Apm2GateView *gate = g_ptr_array_index (views, i);
      g_autofree char *line = NULL;

      if (!is_worth_telling (self, gate)
          || g_strcmp0 (g_hash_table_lookup (self->told, gate->name),
                        gate->state)
                 == 0)
        continue;
      g_hash_table_replace (
          self->told, g_strdup (gate->name), g_strdup (gate->state));
      apm2_gates_live_hide (self);
      line = apm2_gates_text_line (&self->text, gate, 0);
      fprintf (self->out, "%s\n", line);
    }
  (void) fflush (self->out);
}

/* One that is too long for the terminal loses its colour with its end. */
static void
append_line (const Apm2GatesLive *self,
             GString *frame,
             const Apm2GateView *gate,
             gint64 now_usec,
             guint columns)
{
  const Apm2GatesText plain = { self->text.gates, self->text.utf8, FALSE };
  g_autofree char *line = apm2_gates_text_line (&plain, gate, now_usec);

  if (apm2_display_get_width (line) >= columns)
    {
      g_autofree char *cut
          = apm2_display_ellipsize (line, columns - 1, self->text.utf8);

      g_string_append_printf (frame, "%s\n", cut);
    }
  else
    {
      g_autofree char *colored
          = apm2_gates_text_line (&self->text, gate, now_usec);

      g_string_append_printf (frame, "%s\n", colored);
    }
}

static guint
count_unended (GPtrArray *views)
{
  guint n = 0;

  for (guint i = 0; i < views->len; i++)
    n += !apm2_gate_view_has_ended (g_ptr_array_index (views, i));
  return n;
}

/**
 * apm2_gates_live_draw:
 * @self: where gates are shown
 * @now_usec: the time now
 *
 * Redraws what runs and waits, on a terminal.
 */
void
apm2_gates_live_draw (Apm2GatesLive *self, gint64 now_usec)
{
  GPtrArray *views = self->text.gates->views;
  g_autoptr (GString) frame = g_string_new (NULL);
  guint columns = 0, rows = 0, room, n = 0;
  gboolean running_only;

  if (!self->redraws)
    return;
  apm2_screen_get_size (&columns, &rows);
  room = rows > ROWS_SPARE ? rows - ROWS_SPARE : 1;
  running_only = count_unended (views) > room;
  for (guint i = 0; i < views->len && n < room; i++)
    {
      const Apm2GateView *gate = g_ptr_array_index (views, i);

      if (apm2_gate_view_has_ended (gate)
          || (running_only && !apm2_gate_view_is_running (gate)))
        continue;
      append_line (self, frame, gate, now_usec, MAX (columns, 10));
      n++;
    }
  if (g_strcmp0 (self->frame, frame->str) == 0)
    return;
  apm2_gates_live_hide (self);
  fputs (frame->str, self->out);
  (void) fflush (self->out);
  self->frame = g_string_free (g_steal_pointer (&frame), FALSE);
  self->drawn = n;
}
