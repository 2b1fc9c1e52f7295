/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of what a gate wrote: that is mostly where it says why it failed.
 */

#include "apm2-gates-tail.h"

#include <string.h>

#include "apm2-display.h"
#include "apm2-parts.h"

#define BYTES_MAX 4096
#define LINES_MAX 10

/* Returns: where the last %LINES_MAX lines of @text begin */
static const char *
find_beginning (const char *text, gsize length)
{
  guint n = 0;

  if (length > 0 && text[length - 1] == '\n')
    length--;
  for (gsize i = length; i > 0; i--)
    if (text[i - 1] == '\n' && ++n == LINES_MAX)
      return text + i;
  return text;
}

/**
 * apm2_gates_tail_format:
 * @text: (array length=length): bytes that a gate wrote, of any kind
 * @length: how many
 * @utf8: whether the terminal shows UTF-8
 *
 * Returns: (transfer full): the last lines of @text, each with a mark before
 * it, safe for a terminal
 */
char *
apm2_gates_tail_format (const char *text, gsize length, gboolean utf8)
{
  const char *beginning = find_beginning (text, length);
  g_autofree char *end
      = g_strndup (beginning, length - (gsize) (beginning - text));
  g_auto (GStrv) lines = g_strsplit (end, "\n", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = NULL;

      if (lines[i][0] == '\0' && lines[i + 1] == NULL)
        break;
      g_strchomp (lines[i]);
      line = apm2_display_escape_line (lines[i], utf8);
      g_string_append_printf (out, "  %s %s\n", utf8 ? "│" : "|", line);
    }
  return g_string_free (out, FALSE);
}

/**
 * apm2_gates_tail_read:
 * @client: the broker
 * @jobs: (element-type GVariant): the records of the jobs that ran the gates
 * @gate: a gate that ended
 * @utf8: whether the terminal shows UTF-8
 *
 * Returns: (transfer full): the last lines that it wrote; none if it wrote none
 *   or they cannot be read
 */
char *
apm2_gates_tail_read (Apm2Client *client,
                      GPtrArray *jobs,
                      const Apm2GateView *gate,
                      gboolean utf8)
{
  const gboolean cut = gate->log_bytes > BYTES_MAX;
  Apm2LogPlace place = { 0, -1, cut ? gate->log_bytes - BYTES_MAX : 0 };
  GVariant *job = apm2_parts_find_step (jobs, gate->name, &place.step);
  gboolean eof = FALSE;
  g_autoptr (GBytes) bytes = NULL;
  const char *text = NULL;
  gsize length = 0;

  if (gate->log_bytes == 0 || job == NULL)
    return g_strdup ("");
  bytes = apm2_client_read_log (
      client, apm2_parts_get_id (job), &place, &eof, NULL);
  text = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;
  if (text == NULL)
    return g_strdup ("");
  /* Not with half a line, nor half a character. */
  if (cut)
    {
      const char *line = memchr (text, '\n', length);

      if (line != NULL)
        {
          length -= (gsize) (line + 1 - text);
          text = line + 1;
        }
    }
  return apm2_gates_tail_format (text, length, utf8);
}
