/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The one gate through which JSON from outside enters.
 *
 * What passes is one JSON object exactly as RFC 8259 has it, without duplicate
 * keys, NUL characters or fractions, and bounded in bytes, depth, nodes and
 * keys. So nothing behind the gate needs to guard against size or shape again,
 * only against meaning. It knows no schema.
 *
 * Nesting is counted before the parser sees the text: the parser recurses, and
 * a caller may be a thread with a small stack.
 */

#include "apm2-json-gate.h"

#include <inttypes.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-json-place.h"
#include "apm2-text.h"

typedef struct
{
  guint depth;
  guint nodes;
} Tally;

static gboolean check_value (json_t *value,
                             const Apm2JsonPlace *place,
                             Tally *tally,
                             GError **error);

static gboolean
check_object (json_t *object,
              const Apm2JsonPlace *up,
              Tally *tally,
              GError **error)
{
  const char *key = NULL;
  json_t *value = NULL;

  if (json_object_size (object) > APM2_JSON_KEYS_MAX)
    return apm2_json_place_refuse (up,
                                   error,
                                   _ ("%zu members, more than %d"),
                                   json_object_size (object),
                                   APM2_JSON_KEYS_MAX);

  json_object_foreach (object, key, value)
    {
      Apm2JsonPlace place = { .up = up, .key = key };

      if (!check_value (value, &place, tally, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_array (json_t *array,
             const Apm2JsonPlace *up,
             Tally *tally,
             GError **error)
{
  gsize index = 0;
  json_t *value = NULL;

  json_array_foreach (array, index, value)
    {
      Apm2JsonPlace place = { .up = up, .index = index };

      if (!check_value (value, &place, tally, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_container (json_t *value,
                 const Apm2JsonPlace *place,
                 Tally *tally,
                 GError **error)
{
  gboolean good;

  if (tally->depth == APM2_JSON_DEPTH_MAX)
    return apm2_json_place_refuse (
        place, error, _ ("nested deeper than %d"), APM2_JSON_DEPTH_MAX);

  tally->depth++;
  good = json_is_object (value) ? check_object (value, place, tally, error)
                                : check_array (value, place, tally, error);
  tally->depth--;
  return good;
}

static gboolean
check_value (json_t *value,
             const Apm2JsonPlace *place,
             Tally *tally,
             GError **error)
{
  if (++tally->nodes > APM2_JSON_NODES_MAX)
    return apm2_json_place_refuse (
        place, error, _ ("more than %d values"), APM2_JSON_NODES_MAX);

  switch (json_typeof (value))
    {
    case JSON_OBJECT:
    case JSON_ARRAY:
      return check_container (value, place, tally, error);
    case JSON_REAL:
      return apm2_json_place_refuse (place, error, _ ("not an integer"));
    case JSON_INTEGER:
      if (ABS (json_integer_value (value)) > APM2_JSON_INT_MAX)
        return apm2_json_place_refuse (
            place,
            error,
            _ ("%" PRId64 " is not within 2^53-1 of 0"),
            (gint64) json_integer_value (value));
      return TRUE;
    case JSON_STRING:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
    default:
      return TRUE;
    }
}

/* Counts brackets outside of strings, which needs no valid JSON: where the text
 * is broken the count may be off, but never below what the parser would nest
 * before it finds the break. */
static gboolean
check_nesting (const char *text, gsize length, GError **error)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < length; i++)
    {
      if (in_string && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        in_string = !in_string;
      else if (in_string)
        continue;
      else if ((text[i] == ']' || text[i] == '}') && depth > 0)
        depth--;
      else if ((text[i] == '[' || text[i] == '{')
               && ++depth > APM2_JSON_DEPTH_MAX)
        return apm2_json_place_refuse (NULL,
                                       error,
                                       _ ("nested deeper than %d at byte %zu"),
                                       APM2_JSON_DEPTH_MAX,
                                       i + 1);
    }
  return TRUE;
}

static void
set_syntax_error (const json_error_t *fault, GError **error)
{
  g_autofree char *why = NULL;

  if (json_error_code (fault) == json_error_null_character
      || json_error_code (fault) == json_error_null_byte_in_key)
    why = g_strdup (_ ("a string holds a NUL character"));
  else
    why = apm2_text_quote (fault->text);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("line %d, column %d: %s"),
               fault->line,
               fault->column,
               why);
}

/**
 * apm2_json_gate_sized:
 * @text: (array length=length): the bytes; need not end in a NUL
 * @length: how many
 * @bytes_max: how many are allowed
 * @error: return location
 *
 * Like apm2_json_gate() with another bound on the bytes; all others hold.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set
 */
json_t *
apm2_json_gate_sized (const char *text,
                      gsize length,
                      gsize bytes_max,
                      GError **error)
{
  g_autoptr (json_t) root = NULL;
  json_error_t fault = { 0 };
  Tally tally = { 0 };

  g_return_val_if_fail (text != NULL || length == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (length == 0)
    {
      (void) apm2_json_place_refuse (NULL, error, _ ("empty"));
      return NULL;
    }
  if (length > bytes_max)
    {
      (void) apm2_json_place_refuse (
          NULL, error, _ ("%zu bytes, more than %zu"), length, bytes_max);
      return NULL;
    }
  if (!check_nesting (text, length, error))
    return NULL;

  root = json_loadb (text, length, JSON_REJECT_DUPLICATES, &fault);
  if (root == NULL)
    {
      set_syntax_error (&fault, error);
      return NULL;
    }
  if (!json_is_object (root))
    {
      (void) apm2_json_place_refuse (NULL, error, _ ("not an object"));
      return NULL;
    }
  if (!check_value (root, NULL, &tally, error))
    return NULL;
  return g_steal_pointer (&root);
}

/**
 * apm2_json_gate:
 * @text: (array length=length): the bytes; need not end in a NUL
 * @length: how many; at most %APM2_JSON_BYTES_MAX pass
 * @error: return location
 *
 * Reads one JSON object of RFC 8259, strictly: no duplicate keys, no NUL in a
 * string, no byte order mark, nothing behind the object, no number but integers
 * within %APM2_JSON_INT_MAX of 0, at most %APM2_JSON_DEPTH_MAX containers
 * inside each other, %APM2_JSON_NODES_MAX values and %APM2_JSON_KEYS_MAX
 * members in one object.
 *
 * Errors: INVALID_ARGUMENT; the message begins with line and column where the
 * text is no JSON, else with the path of the value that breaks a rule.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set
 */
json_t *
apm2_json_gate (const char *text, gsize length, GError **error)
{
  return apm2_json_gate_sized (text, length, APM2_JSON_BYTES_MAX, error);
}
