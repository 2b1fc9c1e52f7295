/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log on stdout: byte for byte into a pipe or a file, made harmless on a
 * terminal.
 */

#include "apm2-log-out.h"

#include <stdio.h>

/**
 * apm2_log_out_write:
 * @self: the way out
 * @bytes: what the job wrote
 */
void
apm2_log_out_write (Apm2LogOut *self, GBytes *bytes)
{
  g_autoptr (GString) text = NULL;
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  if (length == 0)
    return;
  if (self->term->out_tty)
    {
      text = g_string_sized_new (length);
      apm2_display_filter_push (&self->filter,
                                data,
                                length,
                                self->term->utf8,
                                self->term->out_color,
                                text);
      (void) fwrite (text->str, 1, text->len, stdout);
    }
  else
    (void) fwrite (data, 1, length, stdout);
  self->in_line = data[length - 1] != '\n';
  (void) fflush (stdout);
}

/**
 * apm2_log_out_begin_step:
 * @self: the way out
 * @title: what names it
 *
 * Prints a line that says that the log of another step follows, in a line of
 * its own even if the one before has no end.
 */
void
apm2_log_out_begin_step (Apm2LogOut *self, const char *title)
{
  const char *rule = self->term->utf8 ? "──" : "--";
  const gboolean color = self->term->out_color;
  g_autofree char *shown = apm2_display_escape_line (title, self->term->utf8);

  if (self->term->out_tty)
    apm2_log_out_end (self);
  else if (self->in_line)
    (void) putchar ('\n');
  self->in_line = FALSE;
  printf ("%s%s %s %s%s\n",
          apm2_term_begin (color, APM2_STYLE_BOLD),
          rule,
          shown,
          rule,
          apm2_term_end (color, APM2_STYLE_BOLD));
  (void) fflush (stdout);
}

/**
 * apm2_log_out_end:
 * @self: the way out
 *
 * On a terminal ends colours and the last line.
 */
void
apm2_log_out_end (Apm2LogOut *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!self->term->out_tty)
    return;
  apm2_display_filter_end (&self->filter, self->term->utf8, text);
  (void) fwrite (text->str, 1, text->len, stdout);
  (void) fflush (stdout);
}

/**
 * apm2_log_out_is_in_line:
 * @self: the way out
 *
 * Returns: %TRUE if the cursor stands behind text of the job
 */
gboolean
apm2_log_out_is_in_line (const Apm2LogOut *self)
{
  return self->term->out_tty
         && (self->filter.partial || self->filter.n_kept > 0);
}
