/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Text that comes from outside: may it be stored, and how is it shown.
 *
 * Whatever passes apm2_text_is_line() cannot move a cursor, end a line or hide
 * in a log; whatever leaves apm2_text_quote() is short and printable.
 */

#include "apm2-text.h"

#include <string.h>

static gboolean
is_clean (const char *text, const char *allowed_controls)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (const guchar *p = (const guchar *) text; *p != '\0'; p++)
    {
      if ((*p < 0x20 && strchr (allowed_controls, *p) == NULL) || *p == 0x7f)
        return FALSE;
      /* C1: U+0080 to U+009F, which some terminals obey like escapes. */
      if (*p == 0xc2 && p[1] < 0xa0)
        return FALSE;
    }
  return TRUE;
}

/**
 * apm2_text_is_line:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text is UTF-8 without any control character
 */
gboolean
apm2_text_is_line (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return is_clean (text, "");
}

/**
 * apm2_text_is_lines:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text is UTF-8 whose only control characters are line feed
 *   and tab
 */
gboolean
apm2_text_is_lines (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return is_clean (text, "\n\t");
}

/**
 * apm2_text_is_word:
 * @text: bytes from outside
 * @first: the characters that may begin it
 * @rest: the characters that may follow
 * @max: how many bytes it may have
 *
 * Returns: %TRUE if @text has 1 to @max bytes, all of them allowed
 */
gboolean
apm2_text_is_word (const char *text,
                   const char *first,
                   const char *rest,
                   gsize max)
{
  gsize length;

  g_return_val_if_fail (text != NULL, FALSE);

  length = strlen (text);
  return length >= 1 && length <= max && strchr (first, text[0]) != NULL
         && strspn (text + 1, rest) == length - 1;
}

/* Writes the character at @text to @out, which holds 16 bytes; returns how many
 * bytes of @text it covers. */
static gsize
show_character (const char *text, char out[16])
{
  gunichar c = g_utf8_get_char_validated (text, -1);

  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      g_snprintf (out, 16, "\\x%02x", (guint) (guchar) *text);
      return 1;
    }
  /* Line and paragraph separator are printable to GLib, but end the line. */
  if (c == '\n' || c == '\t' || c == '\\')
    g_snprintf (out, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : '\\');
  else if (g_unichar_isprint (c) && c != 0x2028 && c != 0x2029)
    out[g_unichar_to_utf8 (c, out)] = '\0';
  else
    g_snprintf (out, 16, "\\u{%x}", c);
  return (gsize) g_utf8_skip[(guchar) *text];
}

/**
 * apm2_text_quote:
 * @text: bytes from outside
 *
 * Makes @text fit to stand in a message: what is not printable is escaped, what
 * is longer than %APM2_TEXT_QUOTE_MAX characters is cut and ends in an
 * ellipsis.
 *
 * Returns: (transfer full): printable UTF-8 on one line
 */
char *
apm2_text_quote (const char *text)
{
  g_autoptr (GString) quoted = g_string_sized_new (APM2_TEXT_QUOTE_MAX);
  glong room = APM2_TEXT_QUOTE_MAX;

  g_return_val_if_fail (text != NULL, NULL);

  while (*text != '\0')
    {
      char shown[16];
      gsize bytes = show_character (text, shown);

      room -= g_utf8_strlen (shown, -1);
      if (room < 0)
        {
          g_string_append (quoted, "…");
          break;
        }
      g_string_append (quoted, shown);
      text += bytes;
    }
  return g_string_free (g_steal_pointer (&quoted), FALSE);
}

/**
 * apm2_text_clean:
 * @text: untrusted text
 * @max: at most so many bytes are kept
 *
 * Makes one line of @text that is safe to show and to keep: what is not UTF-8
 * is replaced, control characters become spaces.
 *
 * Returns: (transfer full): the line
 */
char *
apm2_text_clean (const char *text, gsize max)
{
  g_autofree char *valid = NULL;
  g_autoptr (GString) clean = g_string_new (NULL);

  g_return_val_if_fail (text != NULL, NULL);

  valid = g_utf8_make_valid (text, (gssize) strnlen (text, max));
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (clean, g_unichar_iscntrl (c) ? ' ' : c);
    }
  while (clean->len > max)
    g_string_truncate (
        clean,
        (gsize) (g_utf8_find_prev_char (clean->str, clean->str + clean->len)
                 - clean->str));
  return g_string_free (g_steal_pointer (&clean), FALSE);
}
