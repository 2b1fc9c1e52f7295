/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads the properties of objects. A property that is absent, because the
 * broker is of another version, reads as nothing.
 */

#include "apm2-properties.h"

#include <string.h>

#include "apm2-format-json.h"

static int
compare_texts (gconstpointer a, gconstpointer b, gpointer key)
{
  return strcmp (apm2_properties_get_text (*(GVariant *const *) a, key),
                 apm2_properties_get_text (*(GVariant *const *) b, key));
}

/**
 * apm2_properties_sort:
 * @all: (element-type GVariant): properties of objects
 * @key: (nullable): one of them, a text; %NULL: leave the order
 */
void
apm2_properties_sort (GPtrArray *all, const char *key)
{
  if (key != NULL)
    g_ptr_array_sort_with_data (all, compare_texts, (gpointer) key);
}

/**
 * apm2_properties_find_all:
 * @objects: a{oa{sa{sv}}}
 * @iface: an interface
 * @sort_key: (nullable): one of its properties, a text
 *
 * Returns: (transfer full) (element-type GVariant): the properties of all
 *   objects that have @iface, in the order of @sort_key
 */
GPtrArray *
apm2_properties_find_all (GVariant *objects,
                          const char *iface,
                          const char *sort_key)
{
  GPtrArray *found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  GVariantIter iter;
  GVariant *interfaces = NULL;

  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_next (&iter, "{&o@a{sa{sv}}}", NULL, &interfaces))
    {
      GVariant *properties
          = g_variant_lookup_value (interfaces, iface, G_VARIANT_TYPE_VARDICT);

      if (properties != NULL)
        g_ptr_array_add (found, properties);
      g_variant_unref (interfaces);
    }
  apm2_properties_sort (found, sort_key);
  return found;
}

/**
 * apm2_properties_get_count:
 * @properties: a{sv}
 * @name: a property of type t or u
 *
 * Returns: its value; 0 if it is absent
 */
guint64
apm2_properties_get_count (GVariant *properties, const char *name)
{
  guint64 value = 0;
  guint32 small = 0;

  if (!g_variant_lookup (properties, name, "t", &value)
      && g_variant_lookup (properties, name, "u", &small))
    value = small;
  return value;
}

/**
 * apm2_properties_get_flag:
 * @properties: a{sv}
 * @name: a property of type b
 *
 * Returns: its value; %FALSE if it is absent
 */
gboolean
apm2_properties_get_flag (GVariant *properties, const char *name)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (properties, name, "b", &value);
  return value;
}

/**
 * apm2_properties_get_text:
 * @properties: a{sv}
 * @name: a property of type s
 *
 * Returns: (transfer none): its value; "" if it is absent
 */
const char *
apm2_properties_get_text (GVariant *properties, const char *name)
{
  const char *value = "";

  (void) g_variant_lookup (properties, name, "&s", &value);
  return value;
}

/* CamelCase of properties to snake_case of documents. */
static char *
to_snake (const char *name)
{
  GString *out = g_string_new (NULL);

  for (const char *c = name; *c != '\0'; c++)
    {
      if (g_ascii_isupper (*c) && c > name)
        g_string_append_c (out, '_');
      g_string_append_c (out, g_ascii_tolower (*c));
    }
  return g_string_free (out, FALSE);
}

/**
 * apm2_properties_put_json:
 * @properties: a{sv}
 * @object: gets each of them under its name in snake_case
 */
void
apm2_properties_put_json (GVariant *properties, json_t *object)
{
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autofree char *name = to_snake (key);

      json_object_set_new (object, name, apm2_format_json_variant (value));
      g_variant_unref (value);
    }
}

/**
 * apm2_properties_list_to_json:
 * @all: (element-type GVariant): properties of many objects
 *
 * Returns: (transfer full): an array with an object for each
 */
json_t *
apm2_properties_list_to_json (GPtrArray *all)
{
  json_t *array = json_array ();

  for (guint i = 0; i < all->len; i++)
    {
      json_t *element = json_object ();

      apm2_properties_put_json (g_ptr_array_index (all, i), element);
      json_array_append_new (array, element);
    }
  return array;
}
