/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Moves values between JSON objects and C.
 *
 * The getters expect an object that has its shape (apm2-json-shape) and know no
 * error; a member that is absent reads as NULL, FALSE or what the caller says.
 * The putters leave out what reads back the same when absent, so that one
 * meaning has one text. Lists of pairs are "key=value", sorted by key.
 */

#include "apm2-json-fields.h"

#include <stdlib.h>
#include <string.h>

/**
 * apm2_json_get_string:
 * @object: an object of known shape
 * @name: a member of type STRING
 *
 * Returns: (transfer full) (nullable): its text; %NULL if absent
 */
char *
apm2_json_get_string (const json_t *object, const char *name)
{
  return g_strdup (json_string_value (json_object_get (object, name)));
}

/**
 * apm2_json_get_uint:
 * @object: an object of known shape
 * @name: a member of type INTEGER that is not negative
 * @otherwise: the value of an absent one
 *
 * Returns: its value
 */
guint64
apm2_json_get_uint (const json_t *object, const char *name, guint64 otherwise)
{
  const json_t *value = json_object_get (object, name);

  return value == NULL ? otherwise : (guint64) json_integer_value (value);
}

/**
 * apm2_json_get_boolean:
 * @object: an object of known shape
 * @name: a member of type BOOLEAN
 *
 * Returns: its value; %FALSE if absent
 */
gboolean
apm2_json_get_boolean (const json_t *object, const char *name)
{
  return json_is_true (json_object_get (object, name));
}

/**
 * apm2_json_get_strings:
 * @object: an object of known shape
 * @name: a member of type STRINGS
 *
 * Returns: (transfer full) (nullable): its elements; %NULL if there are none
 */
GStrv
apm2_json_get_strings (const json_t *object, const char *name)
{
  const json_t *array = json_object_get (object, name);
  gsize n = json_array_size (array);
  GStrv values = n == 0 ? NULL : g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = g_strdup (json_string_value (json_array_get (array, i)));
  return values;
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * apm2_json_sort_strings:
 * @strings: (nullable): sorted in place, by bytes
 */
void
apm2_json_sort_strings (GStrv strings)
{
  if (strings != NULL)
    qsort (strings, g_strv_length (strings), sizeof *strings, compare_strings);
}

/**
 * apm2_json_get_pairs:
 * @object: an object of known shape
 * @name: a member of type MAP
 *
 * Returns: (transfer full) (nullable): "key=value" for each, sorted by key;
 *   %NULL if there are none
 */
GStrv
apm2_json_get_pairs (const json_t *object, const char *name)
{
  g_autoptr (GPtrArray) keys = NULL;
  json_t *map = json_object_get (object, name);
  const char *key = NULL;
  json_t *value = NULL;
  GStrv pairs;

  if (json_object_size (map) == 0)
    return NULL;

  keys = g_ptr_array_new ();
  json_object_foreach (map, key, value)
    g_ptr_array_add (keys, (gpointer) key);
  g_ptr_array_sort (keys, compare_strings);

  pairs = g_new0 (char *, keys->len + 1);
  for (guint i = 0; i < keys->len; i++)
    {
      key = g_ptr_array_index (keys, i);
      pairs[i] = g_strconcat (
          key, "=", json_string_value (json_object_get (map, key)), NULL);
    }
  return pairs;
}

/* Text that is not UTF-8 has no place in JSON: what cannot be said exactly is
 * said with replacement characters rather than left out. */
static json_t *
new_string (const char *text)
{
  json_t *value = json_string (text);
  g_autofree char *valid = NULL;

  if (value != NULL)
    return value;
  valid = g_utf8_make_valid (text, -1);
  return json_string (valid);
}

/**
 * apm2_json_put:
 * @object: an object being built
 * @name: a member
 * @value: (transfer full): its value
 */
void
apm2_json_put (json_t *object, const char *name, json_t *value)
{
  /* Fails only without memory, where GLib aborts too. */
  if (json_object_set_new (object, name, value) != 0)
    g_abort ();
}

/**
 * apm2_json_append:
 * @array: an array being built
 * @value: (transfer full): its next element
 */
void
apm2_json_append (json_t *array, json_t *value)
{
  if (json_array_append_new (array, value) != 0)
    g_abort ();
}

/**
 * apm2_json_put_unless_empty:
 * @object: an object being built
 * @name: a member
 * @value: (transfer full): an object or array; left out if there is nothing in
 *   it
 */
void
apm2_json_put_unless_empty (json_t *object, const char *name, json_t *value)
{
  if (json_object_size (value) + json_array_size (value) > 0)
    apm2_json_put (object, name, value);
  else
    json_decref (value);
}

/**
 * apm2_json_put_string:
 * @object: an object being built
 * @name: a member
 * @value: (nullable): left out if %NULL
 */
void
apm2_json_put_string (json_t *object, const char *name, const char *value)
{
  if (value != NULL)
    apm2_json_put (object, name, new_string (value));
}

/**
 * apm2_json_put_uint:
 * @object: an object being built
 * @name: a member
 * @value: at most %APM2_JSON_INT_MAX; a larger one is written as that
 * @otherwise: left out if @value is this
 */
void
apm2_json_put_uint (json_t *object,
                    const char *name,
                    guint64 value,
                    guint64 otherwise)
{
  if (value != otherwise)
    apm2_json_put (
        object,
        name,
        json_integer ((json_int_t) MIN (value, (guint64) APM2_JSON_INT_MAX)));
}

/**
 * apm2_json_put_true:
 * @object: an object being built
 * @name: a member
 * @value: left out if %FALSE
 */
void
apm2_json_put_true (json_t *object, const char *name, gboolean value)
{
  if (value)
    apm2_json_put (object, name, json_true ());
}

/**
 * apm2_json_put_strings:
 * @object: an object being built
 * @name: a member
 * @values: (nullable): left out if %NULL or empty
 */
void
apm2_json_put_strings (json_t *object,
                       const char *name,
                       const char *const *values)
{
  json_t *array;

  if (values == NULL || values[0] == NULL)
    return;

  array = json_array ();
  for (gsize i = 0; values[i] != NULL; i++)
    apm2_json_append (array, new_string (values[i]));
  apm2_json_put (object, name, array);
}

/**
 * apm2_json_put_pairs:
 * @object: an object being built
 * @name: a member
 * @pairs: (nullable): "key=value" each; left out if %NULL or empty
 */
void
apm2_json_put_pairs (json_t *object, const char *name, const char *const *pairs)
{
  json_t *map;

  if (pairs == NULL || pairs[0] == NULL)
    return;

  map = json_object ();
  for (gsize i = 0; pairs[i] != NULL; i++)
    {
      const char *equals = strchr (pairs[i], '=');
      g_autofree char *key = NULL;

      g_return_if_fail (equals != NULL);

      key = g_strndup (pairs[i], (gsize) (equals - pairs[i]));
      apm2_json_put_string (map, key, equals + 1);
    }
  apm2_json_put (object, name, map);
}
