/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * JSON on stdout: what a program reads.
 *
 * Documents are made of what the broker sends, under the keys it uses, and
 * begin with a "schema". Nothing is translated, rounded or shortened. Control
 * characters are written as \u escapes, so that a terminal is safe here too.
 *
 * jansson and no second library: json-glib exports a json_object_iter_next() of
 * its own, so one process must not load both.
 */

#include "apm2-format-json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apm2-json-gate.h"
#include "apm2-page.h"

/* Deeper values than any that the broker sends become null. */
#define DEPTH_MAX 16

static json_t *to_json (GVariant *value, guint depth);

/**
 * apm2_format_json_string:
 * @text: text of any origin
 *
 * Returns: (transfer full): @text; what is no UTF-8 in it is replaced
 */
json_t *
apm2_format_json_string (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return json_string_nocheck (valid);
}

/**
 * apm2_format_json_new:
 * @schema: name of the form of the document
 *
 * Returns: (transfer full): an object with the member "schema"
 */
json_t *
apm2_format_json_new (const char *schema)
{
  json_t *object = json_object ();

  json_object_set_new (object, "schema", json_string (schema));
  return object;
}

static void
add_members (json_t *object, GVariant *dict, guint depth)
{
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      json_object_set_new (object, key, to_json (value, depth + 1));
      g_variant_unref (value);
    }
}

static json_t *
container_to_json (GVariant *value, guint depth)
{
  json_t *container = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      container = json_object ();
      add_members (container, value, depth);
      return container;
    }
  container = json_array ();
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      json_array_append_new (container, to_json (child, depth + 1));
    }
  return container;
}

static json_t *
unsigned_to_json (guint64 value)
{
  return value <= G_MAXINT64 ? json_integer ((json_int_t) value)
                             : json_real ((double) value);
}

static json_t *
number_to_json (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      return json_integer (g_variant_get_byte (value));
    case G_VARIANT_CLASS_INT16:
      return json_integer (g_variant_get_int16 (value));
    case G_VARIANT_CLASS_UINT16:
      return json_integer (g_variant_get_uint16 (value));
    case G_VARIANT_CLASS_INT32:
      return json_integer (g_variant_get_int32 (value));
    case G_VARIANT_CLASS_UINT32:
      return json_integer (g_variant_get_uint32 (value));
    case G_VARIANT_CLASS_INT64:
      return json_integer (g_variant_get_int64 (value));
    case G_VARIANT_CLASS_UINT64:
      return unsigned_to_json (g_variant_get_uint64 (value));
    case G_VARIANT_CLASS_DOUBLE:
      return isfinite (g_variant_get_double (value))
                 ? json_real (g_variant_get_double (value))
                 : json_null ();
    case G_VARIANT_CLASS_BOOLEAN:
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      return json_null ();
    }
}

static json_t *
to_json (GVariant *value, guint depth)
{
  if (depth > DEPTH_MAX)
    return json_null ();
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      return to_json (inner, depth + 1);
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return json_boolean (g_variant_get_boolean (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
      || g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH)
      || g_variant_is_of_type (value, G_VARIANT_TYPE_SIGNATURE))
    return apm2_format_json_string (g_variant_get_string (value, NULL));
  if (g_variant_is_container (value))
    return container_to_json (value, depth);
  return number_to_json (value);
}

/**
 * apm2_format_json_variant:
 * @value: any value; dictionaries are of type a{sv}
 *
 * Returns: (transfer full): @value as JSON, numbers as numbers
 */
json_t *
apm2_format_json_variant (GVariant *value)
{
  return to_json (value, 0);
}

/**
 * apm2_format_json_new_from_dict:
 * @schema: name of the form of the document
 * @dict: a{sv}
 *
 * Returns: (transfer full): an object with the schema and the members of @dict
 */
json_t *
apm2_format_json_new_from_dict (const char *schema, GVariant *dict)
{
  json_t *object = apm2_format_json_new (schema);

  add_members (object, dict, 0);
  return object;
}

/**
 * apm2_format_json_text:
 * @text: JSON of any origin
 * @max: at most so many bytes of it
 *
 * Returns: (transfer full): what @text says; null if it is no JSON
 */
json_t *
apm2_format_json_text (const char *text, gsize max)
{
  const gsize length = strlen (text);
  json_t *value = NULL;

  /* jansson bounds the depth by itself; the length is ours to bound. */
  if (length <= max)
    value = json_loadb (text, length, JSON_REJECT_DUPLICATES, NULL);
  return value != NULL ? value : json_null ();
}

/**
 * apm2_format_json_new_job:
 * @record: a record as Get returns it
 *
 * Returns: (transfer full): a document of it; the spec in it is JSON, not text
 */
json_t *
apm2_format_json_new_job (GVariant *record)
{
  json_t *object = apm2_format_json_new_from_dict ("apm2.fac.job.v1", record);
  const char *spec = NULL;

  if (g_variant_lookup (record, "spec", "&s", &spec))
    json_object_set_new (
        object, "spec", apm2_format_json_text (spec, APM2_JSON_BYTES_MAX));
  return object;
}

static gboolean
controls_terminal (gunichar c)
{
  return c == 0x7f || (c >= 0x80 && c < 0xa0) || c == 0x061c || c == 0x200e
         || c == 0x200f || (c >= 0x2028 && c <= 0x202e)
         || (c >= 0x2066 && c <= 0x2069);
}

/**
 * apm2_format_json_to_string:
 * @value: a document
 * @style: short (one line) or pretty
 *
 * Returns: (transfer full): its text without a final line end
 */
char *
apm2_format_json_to_string (const json_t *value, Apm2JsonStyle style)
{
  g_autoptr (GString) out = g_string_new (NULL);
  char *text = json_dumps (
      value,
      JSON_ENCODE_ANY
          | (style == APM2_JSON_STYLE_PRETTY ? JSON_INDENT (2) : JSON_COMPACT));

  g_return_val_if_fail (text != NULL, NULL);

  /* These stand only inside of strings, where an escape means the same. */
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      if (controls_terminal (c))
        g_string_append_printf (out, "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
    }
  free (text);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * apm2_format_json_print:
 * @call: says the style
 * @document: (transfer full): what to print
 *
 * Prints @document on stdout.
 */
void
apm2_format_json_print (const Apm2CommandCall *call, json_t *document)
{
  g_autoptr (json_t) owned = document;
  g_autofree char *text
      = apm2_format_json_to_string (owned, call->globals->json);

  apm2_page_begin (call);
  puts (text);
}
