/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sizes in bytes as people write them: "512", "64K", "512M", "2G", "1T".
 *
 * The letters are binary (K is 1024), as in systemd's unit files. What
 * apm2_size_to_string() writes, apm2_size_parse() reads back exactly.
 */

#include "apm2-size.h"

#include <glib/gi18n.h>

#include "apm2-error.h"

static const char letters[] = "KMGT";

/**
 * apm2_size_parse:
 * @text: digits, then nothing or one of K, M, G, T
 * @ret_bytes: (out): bytes
 * @error: INVALID_ARGUMENT for anything else, or what overflows
 *
 * Returns: %TRUE if @text is a size
 */
gboolean
apm2_size_parse (const char *text, guint64 *ret_bytes, GError **error)
{
  g_autofree char *digits = NULL;
  const char *letter = NULL;
  guint64 bytes = 0;
  guint shift = 0;
  gsize length = 0;

  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (ret_bytes != NULL, FALSE);

  length = strlen (text);
  letter = length > 0 ? strchr (letters, text[length - 1]) : NULL;
  if (letter != NULL)
    shift = 10 * (guint) (letter - letters + 1);
  digits = g_strndup (text, letter != NULL ? length - 1 : length);
  if (!g_ascii_string_to_unsigned (
          digits, 10, 0, G_MAXUINT64 >> shift, &bytes, NULL))
    {
      g_set_error (
          error,
          APM2_ERROR,
          APM2_ERROR_INVALID_ARGUMENT,
          _ ("'%s' is not a size; write bytes, or for example 64K, 512M "
             "or 2G"),
          text);
      return FALSE;
    }

  *ret_bytes = bytes << shift;
  return TRUE;
}

/**
 * apm2_size_to_string:
 * @bytes: a size
 *
 * Returns: (transfer full): @bytes exactly, in the largest unit that fits
 */
char *
apm2_size_to_string (guint64 bytes)
{
  gsize unit = 0;

  while (bytes != 0 && bytes % 1024 == 0 && letters[unit] != '\0')
    {
      bytes /= 1024;
      unit++;
    }
  if (unit == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, bytes);
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%c", bytes, letters[unit - 1]);
}
