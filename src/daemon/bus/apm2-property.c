/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Properties that are plain members of the model's structs, read by table.
 */

#include "apm2-property.h"

/**
 * apm2_property_strv:
 * @strv: (nullable): strings
 *
 * Returns: (transfer floating): an "as", empty for %NULL
 */
GVariant *
apm2_property_strv (const char *const *strv)
{
  return g_variant_new_strv (strv, strv != NULL ? -1 : 0);
}

static GVariant *
read_member (const Apm2Property *property, gconstpointer base)
{
  gconstpointer member = (const char *) base + property->offset;
  const char *text;

  switch (property->type)
    {
    case 's':
      text = *(const char *const *) member;
      return g_variant_new_string (text != NULL ? text : "");
    case 'u':
      return g_variant_new_uint32 (*(const guint *) member);
    case 't':
      return g_variant_new_uint64 (*(const guint64 *) member);
    case 'a':
      return apm2_property_strv (*(const char *const *const *) member);
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * apm2_property_get:
 * @properties: table that ends with a %NULL name
 * @base: the struct
 * @name: name of a D-Bus property
 *
 * Returns: (transfer floating) (nullable): its value; %NULL if the table does
 * not have it
 */
GVariant *
apm2_property_get (const Apm2Property *properties,
                   gconstpointer base,
                   const char *name)
{
  for (; properties->name != NULL; properties++)
    if (g_str_equal (properties->name, name))
      return read_member (properties, base);
  return NULL;
}
