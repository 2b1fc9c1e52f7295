/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.freedesktop.DBus.ObjectManager at the root of the tree.
 *
 * It tells of all objects below the root with all their properties: the fixed
 * ones, and of each folder those that it announces. What only the operator
 * socket has is not told.
 */

#include "apm2-object-manager.h"

#include "apm2-face.h"
#include "apm2-names.h"

static const char manager_xml[]
    = "<node>"
      "<interface name='" APM2_IFACE_OBJECT_MANAGER "'>"
      "<method name='GetManagedObjects'>"
      "<arg name='objects' direction='out' type='a{oa{sa{sv}}}'/>"
      "</method>"
      "<signal name='InterfacesAdded'>"
      "<arg name='path' type='o'/>"
      "<arg name='interfaces' type='a{sa{sv}}'/>"
      "</signal>"
      "<signal name='InterfacesRemoved'>"
      "<arg name='path' type='o'/>"
      "<arg name='interfaces' type='as'/>"
      "</signal>"
      "</interface>"
      "</node>";

/**
 * apm2_object_manager_get_info:
 *
 * Returns: (transfer none): the interface
 */
GDBusInterfaceInfo *
apm2_object_manager_get_info (void)
{
  static GDBusNodeInfo *node = NULL;

  if (node == NULL)
    {
      g_autoptr (GError) error = NULL;

      node = g_dbus_node_info_new_for_xml (manager_xml, &error);
      g_assert_no_error (error);
    }
  return node->interfaces[0];
}

static gboolean
is_managed (const Apm2Binding *binding)
{
  return binding->face != NULL && !binding->peers_only
         && g_str_has_prefix (binding->path, APM2_OBJECT_ROOT "/");
}

static void
add_face (GVariantBuilder *builder, const Apm2Face *face, gpointer object)
{
  g_variant_builder_add (builder,
                         "{s@a{sv}}",
                         face->info->name,
                         apm2_face_get_properties (face, object));
}

/* All faces of the object at the path of binding @first. */
static void
add_object (GVariantBuilder *builder, GPtrArray *bindings, guint first)
{
  const Apm2Binding *named = g_ptr_array_index (bindings, first);

  g_variant_builder_open (builder, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
  g_variant_builder_add (builder, "o", named->path);
  g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (guint i = first; i < bindings->len; i++)
    {
      const Apm2Binding *binding = g_ptr_array_index (bindings, i);

      if (!binding->is_folder && is_managed (binding)
          && g_str_equal (binding->path, named->path))
        add_face (builder, binding->face, binding->object);
    }
  g_variant_builder_close (builder);
  g_variant_builder_close (builder);
}

static gboolean
is_first_of_path (GPtrArray *bindings, guint index)
{
  const Apm2Binding *binding = g_ptr_array_index (bindings, index);

  for (guint i = 0; i < index; i++)
    {
      const Apm2Binding *other = g_ptr_array_index (bindings, i);

      if (!other->is_folder && g_str_equal (other->path, binding->path))
        return FALSE;
    }
  return TRUE;
}

static void
add_folder (GVariantBuilder *builder, const Apm2Binding *binding)
{
  const Apm2Folder *folder = &binding->folder;
  g_autoptr (GPtrArray) names = folder->list (folder->data);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      gpointer object = folder->find (folder->data, name);
      g_autofree char *path = NULL;

      if (object == NULL)
        continue;
      path = apm2_tree_element_to_path (binding->path, name);
      g_variant_builder_open (builder, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
      g_variant_builder_add (builder, "o", path);
      g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sa{sv}}"));
      add_face (builder, binding->face, object);
      g_variant_builder_close (builder);
      g_variant_builder_close (builder);
    }
}

/**
 * apm2_object_manager_list:
 * @bindings: (element-type Apm2Binding): the tree
 *
 * Returns: (transfer floating): `(a{oa{sa{sv}}})`, the reply to
 *   GetManagedObjects
 */
GVariant *
apm2_object_manager_list (GPtrArray *bindings)
{
  GVariantBuilder builder
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("(a{oa{sa{sv}}})"));

  g_return_val_if_fail (bindings != NULL, NULL);

  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < bindings->len; i++)
    {
      const Apm2Binding *binding = g_ptr_array_index (bindings, i);

      if (!is_managed (binding))
        continue;
      if (binding->is_folder)
        add_folder (&builder, binding);
      else if (is_first_of_path (bindings, i))
        add_object (&builder, bindings, i);
    }
  g_variant_builder_close (&builder);
  return g_variant_builder_end (&builder);
}

/**
 * apm2_object_manager_describe_added:
 * @path: path of an object
 * @face: its face
 * @object: the object
 *
 * Returns: (transfer floating): the arguments of InterfacesAdded
 */
GVariant *
apm2_object_manager_describe_added (const char *path,
                                    const Apm2Face *face,
                                    gpointer object)
{
  GVariantBuilder faces = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));

  add_face (&faces, face, object);
  return g_variant_new ("(oa{sa{sv}})", path, &faces);
}

/**
 * apm2_object_manager_describe_removed:
 * @path: path of an object that is gone
 * @face: its face
 *
 * Returns: (transfer floating): the arguments of InterfacesRemoved
 */
GVariant *
apm2_object_manager_describe_removed (const char *path, const Apm2Face *face)
{
  const char *const names[] = { face->info->name, NULL };

  return g_variant_new ("(o^as)", path, names);
}
