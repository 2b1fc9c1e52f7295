/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The terminal, if there is one: its width, and whether it wants colour.
 *
 * An explicit --color wins over the environment; then NO_COLOR, SYSTEMD_COLORS
 * and TERM=dumb are honoured. Colour never carries meaning alone.
 */

#include "apm2-term.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80

static const char *const sequences[] = {
  [APM2_STYLE_NORMAL] = "",        [APM2_STYLE_GOOD] = "\x1b[32m",
  [APM2_STYLE_BAD] = "\x1b[1;31m", [APM2_STYLE_WARN] = "\x1b[33m",
  [APM2_STYLE_BUSY] = "\x1b[36m",  [APM2_STYLE_DIM] = "\x1b[2m",
  [APM2_STYLE_BOLD] = "\x1b[1m",
};

/**
 * apm2_term_wants_color:
 * @when: what --color says
 * @is_tty: whether the stream is a terminal
 * @environ_: (array zero-terminated=1): the environment
 *
 * Returns: %TRUE if the stream gets colour
 */
gboolean
apm2_term_wants_color (Apm2ColorWhen when, gboolean is_tty, GStrv environ_)
{
  const char *no_color = g_environ_getenv (environ_, "NO_COLOR");
  const char *systemd = g_environ_getenv (environ_, "SYSTEMD_COLORS");
  const char *term = g_environ_getenv (environ_, "TERM");

  if (when != APM2_COLOR_AUTO)
    return when == APM2_COLOR_ALWAYS;
  if (!is_tty || (no_color != NULL && no_color[0] != '\0'))
    return FALSE;
  if (g_strcmp0 (systemd, "0") == 0)
    return FALSE;
  return term != NULL && term[0] != '\0' && !g_str_equal (term, "dumb");
}

/**
 * apm2_term_init:
 * @self: (out caller-allocates): what the streams of this process can do
 * @color: what --color says
 */
void
apm2_term_init (Apm2Term *self, Apm2ColorWhen color)
{
  g_auto (GStrv) env = g_get_environ ();

  g_return_if_fail (self != NULL);

  self->out_tty = isatty (STDOUT_FILENO) == 1;
  self->err_tty = isatty (STDERR_FILENO) == 1;
  self->out_color = apm2_term_wants_color (color, self->out_tty, env);
  self->err_color = apm2_term_wants_color (color, self->err_tty, env);
  self->utf8 = g_get_charset (NULL);
}

/**
 * apm2_term_get_width:
 * @fd: a terminal
 *
 * Returns: its width in columns as it is now, COLUMNS or 80 if it does not tell
 */
guint
apm2_term_get_width (int fd)
{
  struct winsize size = { 0 };
  const char *columns = g_getenv ("COLUMNS");
  guint64 value = 0;

  if (ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  if (columns != NULL
      && g_ascii_string_to_unsigned (columns, 10, 1, 10000, &value, NULL))
    return (guint) value;
  return WIDTH_DEFAULT;
}

/**
 * apm2_term_begin:
 * @color: whether the stream gets colour
 * @style: what the text is
 *
 * Returns: (transfer none): bytes to write before the text, maybe none
 */
const char *
apm2_term_begin (gboolean color, Apm2Style style)
{
  g_return_val_if_fail ((guint) style < G_N_ELEMENTS (sequences), "");

  return color ? sequences[style] : "";
}

/**
 * apm2_term_end:
 * @color: as given to apm2_term_begin()
 * @style: as given to apm2_term_begin()
 *
 * Returns: (transfer none): bytes to write after the text, maybe none
 */
const char *
apm2_term_end (gboolean color, Apm2Style style)
{
  return color && style != APM2_STYLE_NORMAL ? "\x1b[0m" : "";
}

/**
 * apm2_term_ellipsis:
 * @utf8: whether the locale has it
 *
 * Returns: (transfer none): what stands for text that was cut
 */
const char *
apm2_term_ellipsis (gboolean utf8)
{
  return utf8 ? "…" : "...";
}
