/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Text of strangers on a terminal.
 *
 * A job must not drive the terminal of the one who reads its log: of control
 * characters only line ends, tabs and, where colour is on, colour sequences
 * come through. All others are written out (^[, \x9b, <U+202E>), as are bytes
 * that are no UTF-8. A carriage return ends the line, so that nothing is
 * overwritten and progress bars stay readable.
 */

#include "apm2-display.h"

#include <string.h>

#include "apm2-term.h"

static gboolean
is_bidi_control (gunichar c)
{
  return c == 0x061c || c == 0x200e || c == 0x200f
         || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void
append_char (GString *out, gunichar c, gboolean utf8)
{
  if (c < 0x20 || c == 0x7f)
    g_string_append_printf (out, "^%c", (int) (c ^ 0x40));
  else if (c < 0x80)
    g_string_append_c (out, (char) c);
  else if (c < 0xa0)
    g_string_append_printf (out, "\\x%02x", c);
  else if (!utf8 || is_bidi_control (c) || c == 0x2028 || c == 0x2029)
    g_string_append_printf (out, "<U+%04X>", c);
  else
    g_string_append_unichar (out, c);
}

/* Length of the colour sequence at @data; 0 if it is none, -1 if it may become
 * one when more bytes come. */
static gssize
match_color (const guint8 *data, gsize length)
{
  gsize i = 2;

  if (length < 2)
    return -1;
  if (data[1] != '[')
    return 0;
  while (i < length && i < 32
         && (g_ascii_isdigit (data[i]) || data[i] == ';' || data[i] == ':'))
    i++;
  if (i == 32)
    return 0;
  if (i == length)
    return -1;
  return data[i] == 'm' ? (gssize) i + 1 : 0;
}

/* Shows the beginning of @data; returns how many bytes that took, 0 if the rest
 * must come first. */
static gsize
push_one (Apm2DisplayFilter *self,
          const guint8 *data,
          gsize length,
          gboolean utf8,
          gboolean color,
          GString *out)
{
  gunichar c;

  if (data[0] == '\n' || data[0] == '\t')
    {
      g_string_append_c (out, (char) data[0]);
      return 1;
    }
  if (data[0] == '\r')
    {
      if (length < 2)
        return 0;
      g_string_append_c (out, '\n');
      return data[1] == '\n' ? 2 : 1;
    }
  if (data[0] == 0x1b)
    {
      const gssize n = match_color (data, length);

      if (n < 0)
        return 0;
      if (n > 0)
        {
          if (color)
            g_string_append_len (out, (const char *) data, n);
          self->colored = color;
          return (gsize) n;
        }
    }
  if (data[0] == '\0')
    {
      g_string_append (out, "^@");
      return 1;
    }
  c = g_utf8_get_char_validated ((const char *) data, (gssize) length);
  if (c == (gunichar) -2)
    return 0;
  if (c == (gunichar) -1)
    {
      g_string_append_printf (out, "\\x%02x", data[0]);
      return 1;
    }
  append_char (out, c, utf8);
  return (gsize) g_unichar_to_utf8 (c, NULL);
}

/**
 * apm2_display_filter_push:
 * @self: the filter of one stream
 * @data: (array length=length): bytes
 * @length: how many
 * @utf8: whether the terminal shows UTF-8
 * @color: whether colour sequences come through; else they are left out
 * @out: gets what can be shown
 */
void
apm2_display_filter_push (Apm2DisplayFilter *self,
                          const guint8 *data,
                          gsize length,
                          gboolean utf8,
                          gboolean color,
                          GString *out)
{
  g_autoptr (GByteArray) all = g_byte_array_sized_new ((guint) length + 64);
  gsize at = 0;

  g_return_if_fail (self != NULL && out != NULL);

  g_byte_array_append (all, self->kept, self->n_kept);
  g_byte_array_append (all, data, (guint) length);
  self->n_kept = 0;
  while (at < all->len)
    {
      const gsize n
          = push_one (self, all->data + at, all->len - at, utf8, color, out);

      if (n == 0)
        break;
      at += n;
    }
  /* What waits for more is shorter than a colour sequence may be. */
  self->n_kept = all->len - (guint) at;
  g_assert (self->n_kept <= sizeof self->kept);
  if (self->n_kept > 0)
    memcpy (self->kept, all->data + at, self->n_kept);
  if (out->len > 0)
    self->partial = out->str[out->len - 1] != '\n';
}

/**
 * apm2_display_filter_end:
 * @self: the filter of one stream
 * @utf8: whether the terminal shows UTF-8
 * @out: gets what was kept, the end of a colour and the end of the line
 */
void
apm2_display_filter_end (Apm2DisplayFilter *self, gboolean utf8, GString *out)
{
  g_return_if_fail (self != NULL && out != NULL);

  for (guint i = 0; i < self->n_kept; i++)
    {
      self->partial = TRUE;
      if (self->kept[i] == '\r')
        continue;
      if (self->kept[i] < 0x80)
        append_char (out, self->kept[i], utf8);
      else
        g_string_append_printf (out, "\\x%02x", self->kept[i]);
    }
  if (self->colored)
    g_string_append (out, "\x1b[0m");
  if (self->partial)
    g_string_append_c (out, '\n');
  memset (self, 0, sizeof *self);
}

static guint
get_char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/**
 * apm2_display_get_width:
 * @text: UTF-8 without control characters
 *
 * Returns: how many columns of a terminal it takes
 */
guint
apm2_display_get_width (const char *text)
{
  guint width = 0;

  g_return_val_if_fail (text != NULL, 0);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += get_char_width (g_utf8_get_char (p));
  return width;
}

/**
 * apm2_display_measure_line:
 * @text: valid UTF-8, one line
 * @width: columns, at least 1
 *
 * Breaks at spaces, and between the characters of scripts that have none, but
 * not before a mark that ends what is before it.
 *
 * Returns: how many bytes of @text go into the first line; all that cannot be
 *   broken does, even if it is wider
 */
gsize
apm2_display_measure_line (const char *text, guint width)
{
  static const char closing[]
      = "、。，．・：；？！）」』】〉》〕々ーっゃゅょッャュョ";
  const char *fits = NULL;
  guint used = 0;

  g_return_val_if_fail (text != NULL && width > 0, 0);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);
      const gboolean is_wide = g_unichar_iswide (c);
      const char *next = g_utf8_next_char (p);

      if (c == ' ')
        fits = p;
      used += g_unichar_iszerowidth (c) ? 0 : is_wide ? 2 : 1;
      if (used > width && fits != NULL)
        return (gsize) (fits - text);
      if (is_wide
          && g_utf8_strchr (closing, -1, g_utf8_get_char (next)) == NULL)
        fits = next;
    }
  return strlen (text);
}

/**
 * apm2_display_escape_line:
 * @text: text of any origin
 * @utf8: whether the terminal shows UTF-8
 *
 * Returns: (transfer full): @text as one line that controls no terminal
 */
char *
apm2_display_escape_line (const char *text, gboolean utf8)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *valid = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  valid = g_utf8_make_valid (text, -1);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    append_char (out, g_utf8_get_char (p), utf8);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * apm2_display_ellipsize:
 * @text: UTF-8 without control characters
 * @width: columns
 * @utf8: whether the terminal shows UTF-8
 *
 * Returns: (transfer full): @text, cut so that it takes at most @width columns
 */
char *
apm2_display_ellipsize (const char *text, guint width, gboolean utf8)
{
  const char *mark = apm2_term_ellipsis (utf8);
  const guint mark_width = apm2_display_get_width (mark);
  const char *p = text;
  guint used = 0;

  g_return_val_if_fail (text != NULL, NULL);

  if (apm2_display_get_width (text) <= width)
    return g_strdup (text);
  if (width < mark_width)
    return g_strnfill (width, '.');
  while (used + get_char_width (g_utf8_get_char (p)) <= width - mark_width)
    {
      used += get_char_width (g_utf8_get_char (p));
      p = g_utf8_next_char (p);
    }
  return g_strdup_printf ("%.*s%s", (int) (p - text), text, mark);
}
