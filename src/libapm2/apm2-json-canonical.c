/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The canonical form of JSON (RFC 8785) and its digest.
 *
 * Two documents that mean the same have the same bytes, hence the same digest.
 * Only integers are allowed, so the difficult half of the RFC, the shortest
 * form of a fraction, never arises.
 */

#include "apm2-json-canonical.h"

#include <string.h>

#include "apm2-json-gate.h"
#include "apm2-text.h"

/* UTF-16 code units sort like the bytes of UTF-8, but for one case: above the
 * basic plane they begin with a surrogate, and so come before U+E000. */
static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const guchar *x = *(const guchar *const *) a;
  const guchar *y = *(const guchar *const *) b;

  while (*x == *y && *x != '\0')
    {
      x++;
      y++;
    }
  if (*x >= 0xee && *y >= 0xee && (*x >= 0xf0) != (*y >= 0xf0))
    return *x >= 0xf0 ? -1 : 1;
  return (int) *x - (int) *y;
}

static void
append_string (GString *out, const char *text, gsize length)
{
  static const char names[] = "\bb\tt\nn\ff\rr\"\"\\\\";

  g_string_append_c (out, '"');
  for (gsize i = 0; i < length; i++)
    {
      guchar c = (guchar) text[i];
      const char *name = NULL;

      for (gsize n = 0; n + 1 < sizeof names && name == NULL; n += 2)
        if ((guchar) names[n] == c)
          name = names + n + 1;
      if (name != NULL)
        {
          g_string_append_c (out, '\\');
          g_string_append_c (out, *name);
        }
      else if (c < 0x20)
        g_string_append_printf (out, "\\u%04x", (guint) c);
      else
        g_string_append_c (out, (char) c);
    }
  g_string_append_c (out, '"');
}

static gboolean append_value (GString *out, const json_t *value, guint depth);

static gboolean
append_object (GString *out, const json_t *object, guint depth)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  const char *key = NULL;
  json_t *value = NULL;

  json_object_foreach ((json_t *) object, key, value)
    g_ptr_array_add (keys, (gpointer) key);
  g_ptr_array_sort (keys, compare_keys);

  g_string_append_c (out, '{');
  for (guint i = 0; i < keys->len; i++)
    {
      key = g_ptr_array_index (keys, i);
      if (i > 0)
        g_string_append_c (out, ',');
      append_string (out, key, strlen (key));
      g_string_append_c (out, ':');
      if (!append_value (out, json_object_get (object, key), depth))
        return FALSE;
    }
  g_string_append_c (out, '}');
  return TRUE;
}

static gboolean
append_array (GString *out, const json_t *array, guint depth)
{
  g_string_append_c (out, '[');
  for (gsize i = 0; i < json_array_size (array); i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      if (!append_value (out, json_array_get (array, i), depth))
        return FALSE;
    }
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
append_value (GString *out, const json_t *value, guint depth)
{
  g_return_val_if_fail (depth <= APM2_JSON_DEPTH_MAX, FALSE);

  switch (json_typeof (value))
    {
    case JSON_OBJECT:
      return append_object (out, value, depth + 1);
    case JSON_ARRAY:
      return append_array (out, value, depth + 1);
    case JSON_STRING:
      append_string (
          out, json_string_value (value), json_string_length (value));
      return TRUE;
    case JSON_INTEGER:
      g_string_append_printf (
          out, "%" JSON_INTEGER_FORMAT, json_integer_value (value));
      return TRUE;
    case JSON_TRUE:
      g_string_append (out, "true");
      return TRUE;
    case JSON_FALSE:
      g_string_append (out, "false");
      return TRUE;
    case JSON_NULL:
      g_string_append (out, "null");
      return TRUE;
    case JSON_REAL:
    default:
      g_return_val_if_reached (FALSE);
    }
}

/**
 * apm2_json_canonical:
 * @value: what passed apm2_json_gate(), or was built within its rules
 * @ret_length: (out) (optional): bytes of the text
 *
 * Writes @value as RFC 8785 has it: members sorted by UTF-16 code units, no
 * white space, the fewest escapes. @value must hold no fraction and nest no
 * deeper than %APM2_JSON_DEPTH_MAX.
 *
 * Returns: (transfer full): the text, NUL-terminated
 */
char *
apm2_json_canonical (const json_t *value, gsize *ret_length)
{
  g_autoptr (GString) out = g_string_sized_new (512);

  g_return_val_if_fail (value != NULL, NULL);

  if (!append_value (out, value, 0))
    return NULL;
  if (ret_length != NULL)
    *ret_length = out->len;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * apm2_json_digest:
 * @text: (array length=length): a canonical text
 * @length: its bytes
 *
 * Returns: (transfer full): SHA-256 of @text, %APM2_DIGEST_LENGTH lower-case
 *   hexadecimal digits
 */
char *
apm2_json_digest (const char *text, gsize length)
{
  g_return_val_if_fail (text != NULL, NULL);

  return g_compute_checksum_for_data (
      G_CHECKSUM_SHA256, (const guchar *) text, length);
}

/**
 * apm2_digest_is_valid:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text has the form of apm2_json_digest()
 */
gboolean
apm2_digest_is_valid (const char *text)
{
  static const char hex[] = APM2_TEXT_DIGITS "abcdef";

  g_return_val_if_fail (text != NULL, FALSE);

  return strlen (text) == APM2_DIGEST_LENGTH
         && apm2_text_is_word (text, hex, hex, APM2_DIGEST_LENGTH);
}
