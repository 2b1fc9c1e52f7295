/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names the place of a value in a JSON document: steps[0].argv[2].
 *
 * Keys are attacker's text: each is cut and made printable. The number of
 * levels is bounded by the gate.
 */

#include "apm2-json-place.h"

#include "apm2-error.h"
#include "apm2-text.h"

static char *
show_level (const Apm2JsonPlace *self)
{
  g_autofree char *key = NULL;

  if (self->key == NULL)
    return g_strdup_printf ("[%" G_GSIZE_FORMAT "]", self->index);

  key = apm2_text_quote (self->key);
  if (!apm2_text_is_word (
          self->key, APM2_TEXT_ALNUM "_", APM2_TEXT_ALNUM "_-", G_MAXSIZE))
    return g_strdup_printf ("[\"%s\"]", key);
  return g_strconcat (self->up == NULL ? "" : ".", key, NULL);
}

/**
 * apm2_json_place_to_string:
 * @self: (nullable): a place; %NULL is the document
 *
 * Returns: (transfer full): the place for a message, printable
 */
char *
apm2_json_place_to_string (const Apm2JsonPlace *self)
{
  g_autoptr (GString) path = NULL;

  if (self == NULL)
    return g_strdup ("document");

  path = g_string_new (NULL);
  for (; self != NULL; self = self->up)
    {
      g_autofree char *level = show_level (self);

      g_string_prepend (path, level);
    }
  return g_string_free (g_steal_pointer (&path), FALSE);
}

/**
 * apm2_json_place_refuse:
 * @self: (nullable): where
 * @error: return location
 * @format: why
 * @...: arguments of @format; text from outside only as quoted
 *
 * Sets an INVALID_ARGUMENT that begins with the place.
 *
 * Returns: %FALSE, so that a check can end with it
 */
gboolean
apm2_json_place_refuse (const Apm2JsonPlace *self,
                        GError **error,
                        const char *format,
                        ...)
{
  g_autofree char *path = apm2_json_place_to_string (self);
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (
      error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, "%s: %s", path, why);
  return FALSE;
}
