/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is read from a face: its methods by name and its properties as they are
 * at this moment. Nothing is kept.
 */

#include "apm2-face.h"

/**
 * apm2_face_find_method:
 * @self: a face
 * @name: name of a method
 *
 * Returns: (nullable): (transfer none): it, or %NULL if the face has none
 */
const Apm2Method *
apm2_face_find_method (const Apm2Face *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  for (const Apm2Method *method = self->methods;
       method != NULL && method->name != NULL;
       method++)
    if (g_str_equal (method->name, name))
      return method;
  return NULL;
}

static void
add_property (const Apm2Face *self,
              gpointer object,
              const char *name,
              GVariantBuilder *builder)
{
  g_autoptr (GVariant) value = NULL;

  value = self->get_property (self->data, object, name);
  if (value == NULL)
    return;
  g_variant_ref_sink (value);
  g_variant_builder_add (builder, "{sv}", name, value);
}

/**
 * apm2_face_get_properties:
 * @self: a face
 * @object: its model object
 *
 * Returns: (transfer floating): all properties, `a{sv}`
 */
GVariant *
apm2_face_get_properties (const Apm2Face *self, gpointer object)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GDBusPropertyInfo **infos = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  infos = self->info->properties;
  for (gsize i = 0; infos != NULL && infos[i] != NULL; i++)
    add_property (self, object, infos[i]->name, &builder);
  return g_variant_builder_end (&builder);
}

/**
 * apm2_face_get_some_properties:
 * @self: a face
 * @object: its model object
 * @names: which; ends with %NULL
 *
 * Returns: (transfer floating): those properties, `a{sv}`
 */
GVariant *
apm2_face_get_some_properties (const Apm2Face *self,
                               gpointer object,
                               const char *const *names)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_return_val_if_fail (self != NULL && names != NULL, NULL);

  for (gsize i = 0; names[i] != NULL; i++)
    add_property (self, object, names[i], &builder);
  return g_variant_builder_end (&builder);
}
