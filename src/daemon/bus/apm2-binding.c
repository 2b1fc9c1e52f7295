/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A binding: a face at its place, and how calls get from a connection to it.
 *
 * GDBus looks objects up twice, some turns of the main loop apart, so nothing
 * it is told may point to a model object that comes and goes: an object of a
 * folder is found by its name at the moment of the call, and a call that comes
 * too late is the error UnknownObject.
 *
 * Properties are answered here and not by GDBus, so that GetAll finds its
 * object once.
 */

#include "apm2-binding.h"

#include <string.h>

#include "apm2-caller.h"
#include "apm2-face.h"
#include "apm2-peer.h"
#include "apm2-permit.h"

#define IFACE_PROPERTIES "org.freedesktop.DBus.Properties"

/**
 * apm2_binding_new:
 * @path: an object path
 * @face: a face of the object there
 * @object: (nullable): the object
 * @peers_only: not on a message bus
 *
 * Returns: (transfer full): a binding
 */
Apm2Binding *
apm2_binding_new (const char *path,
                  const Apm2Face *face,
                  gpointer object,
                  gboolean peers_only)
{
  Apm2Binding *self = g_atomic_rc_box_new0 (Apm2Binding);

  self->path = g_strdup (path);
  self->face = face;
  self->object = object;
  self->peers_only = peers_only;
  return self;
}

/**
 * apm2_binding_new_folder:
 * @path: path of the folder
 * @face: the face of each object in it
 * @folder: how its objects are found; copied
 *
 * Returns: (transfer full): a binding
 */
Apm2Binding *
apm2_binding_new_folder (const char *path,
                         const Apm2Face *face,
                         const Apm2Folder *folder)
{
  Apm2Binding *self = apm2_binding_new (path, face, NULL, FALSE);

  self->folder = *folder;
  self->is_folder = TRUE;
  return self;
}

Apm2Binding *
apm2_binding_ref (Apm2Binding *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
binding_clear (gpointer data)
{
  Apm2Binding *self = data;

  g_free (self->path);
}

void
apm2_binding_unref (Apm2Binding *self)
{
  g_atomic_rc_box_release_full (self, binding_clear);
}

/**
 * apm2_binding_sever:
 * @self: a binding
 *
 * Parts it from its model: GDBus may hold calls for it that it has not
 * delivered yet.
 */
void
apm2_binding_sever (Apm2Binding *self)
{
  self->face = NULL;
  self->object = NULL;
}

/* @element: escaped. */
static gpointer
find_in_folder (Apm2Binding *self, const char *element)
{
  g_autofree char *name = NULL;

  name = (char *) g_dbus_unescape_object_path (element);
  if (name == NULL)
    return NULL;
  return self->folder.find (self->folder.data, name);
}

static gboolean
find_object (Apm2Binding *self, const char *path, gpointer *ret_object)
{
  if (self->face == NULL)
    return FALSE;
  *ret_object = self->is_folder ? find_in_folder (self, strrchr (path, '/') + 1)
                                : self->object;
  return *ret_object != NULL || !self->is_folder;
}

/* GDBus has checked interface, property, access and type. */
static void
set_property (Apm2Binding *self,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) value = NULL;
  const char *name = NULL;

  g_variant_get (parameters, "(&s&sv)", NULL, &name, &value);
  self->face->set_property (
      self->face->data, object, caller, name, value, invocation);
}

/* GDBus has checked interface, property and access. */
static void
answer_properties (Apm2Binding *self,
                   gpointer object,
                   const char *method,
                   GDBusMethodInvocation *invocation)
{
  const GDBusPropertyInfo *info
      = g_dbus_method_invocation_get_property_info (invocation);
  GVariant *value = NULL;

  if (g_str_equal (method, "GetAll"))
    {
      g_dbus_method_invocation_return_value (
          invocation,
          g_variant_new ("(@a{sv})",
                         apm2_face_get_properties (self->face, object)));
      return;
    }
  if (info == NULL || !g_str_equal (method, "Get"))
    {
      g_dbus_method_invocation_return_error (
          invocation,
          G_DBUS_ERROR,
          G_DBUS_ERROR_PROPERTY_READ_ONLY,
          "Properties of this object can only be read");
      return;
    }
  value = self->face->get_property (self->face->data, object, info->name);
  if (value == NULL)
    {
      g_dbus_method_invocation_return_error (invocation,
                                             G_DBUS_ERROR,
                                             G_DBUS_ERROR_FAILED,
                                             "Property %s has no value",
                                             info->name);
      return;
    }
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(v)", value));
}

static Apm2Caller
caller_of (GDBusConnection *connection)
{
  Apm2Peer *peer = apm2_peer_of (connection);
  Apm2Caller caller = { TRUE, (guint32) -1, 0 };

  if (peer != NULL)
    {
      caller.on_bus = apm2_peer_is_bus (peer);
      caller.uid = apm2_peer_get_uid (peer);
      caller.pid = apm2_peer_get_pid (peer);
    }
  return caller;
}

/* Returns: (transfer none) (nullable): the method that is called, and its
 * object as it is now. */
static const Apm2Method *
find_method (Apm2Binding *self,
             GDBusMethodInvocation *invocation,
             gpointer *ret_object,
             GError **error)
{
  const char *path = g_dbus_method_invocation_get_object_path (invocation);
  const char *name = g_dbus_method_invocation_get_method_name (invocation);
  const Apm2Method *method = NULL;

  if (!find_object (self, path, ret_object))
    {
      g_set_error (error,
                   G_DBUS_ERROR,
                   G_DBUS_ERROR_UNKNOWN_OBJECT,
                   "No object at %s",
                   path);
      return NULL;
    }
  method = apm2_face_find_method (self->face, name);
  if (method == NULL)
    g_set_error (error,
                 G_DBUS_ERROR,
                 G_DBUS_ERROR_UNKNOWN_METHOD,
                 "No method %s.%s",
                 g_dbus_method_invocation_get_interface_name (invocation),
                 name);
  return method;
}

static void
judge_call (Apm2Permit *permit, gpointer user_data)
{
  Apm2Binding *self = user_data;
  GDBusMethodInvocation *invocation = apm2_permit_get_invocation (permit);
  const Apm2Method *method = NULL;
  gpointer object = NULL;
  GError *error = NULL;

  method = find_method (self, invocation, &object, &error);
  if (method != NULL && method->judge == NULL)
    g_set_error (&error,
                 G_DBUS_ERROR,
                 G_DBUS_ERROR_ACCESS_DENIED,
                 "%s.%s is not served on the system bus",
                 g_dbus_method_invocation_get_interface_name (invocation),
                 method->name);
  if (method == NULL || method->judge == NULL)
    apm2_permit_refuse (permit, error);
  else
    method->judge (self->face->data,
                   object,
                   g_dbus_method_invocation_get_parameters (invocation),
                   permit);
}

static void
serve_call (Apm2Permit *permit, gpointer user_data)
{
  Apm2Binding *self = user_data;
  GDBusMethodInvocation *invocation = apm2_permit_steal_invocation (permit);
  const Apm2Caller caller = { TRUE, apm2_permit_get_uid (permit), 0 };
  const Apm2Method *method = NULL;
  gpointer object = NULL;
  GError *error = NULL;

  /* The object may have gone while the caller was looked at. */
  method = find_method (self, invocation, &object, &error);
  if (method == NULL)
    g_dbus_method_invocation_take_error (invocation, error);
  else
    method->func (self->face->data,
                  object,
                  &caller,
                  g_dbus_method_invocation_get_parameters (invocation),
                  invocation);
}

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *name,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  g_autoptr (Apm2Binding) self = apm2_binding_ref (user_data);
  const Apm2Caller caller = caller_of (connection);
  const Apm2Method *method = NULL;
  gpointer object = NULL;
  GError *error = NULL;

  if (g_str_equal (interface, IFACE_PROPERTIES))
    {
      if (!find_object (self, path, &object))
        g_dbus_method_invocation_return_error (invocation,
                                               G_DBUS_ERROR,
                                               G_DBUS_ERROR_UNKNOWN_OBJECT,
                                               "No object at %s",
                                               path);
      else if (g_str_equal (name, "Set") && self->face->set_property != NULL)
        set_property (self, object, &caller, parameters, invocation);
      else
        answer_properties (self, object, name, invocation);
      return;
    }

  method = find_method (self, invocation, &object, &error);
  if (method == NULL)
    g_dbus_method_invocation_take_error (invocation, error);
  else if (method->judge != apm2_permit_anybody
           && apm2_caller_needs_permit (&caller))
    apm2_permit_open (invocation,
                      judge_call,
                      serve_call,
                      g_steal_pointer (&self),
                      (GDestroyNotify) apm2_binding_unref);
  else
    method->func (self->face->data, object, &caller, parameters, invocation);
}

static const GDBusInterfaceVTable object_vtable = {
  .method_call = on_method_call,
};

static char **
on_enumerate (GDBusConnection *connection,
              const char *sender,
              const char *path,
              gpointer user_data)
{
  Apm2Binding *self = user_data;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GPtrArray) names = NULL;

  if (self->face != NULL)
    names = self->folder.list (self->folder.data);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      g_autofree char *element
          = g_dbus_escape_object_path (g_ptr_array_index (names, i));

      g_strv_builder_add (builder, element);
    }
  return g_strv_builder_end (builder);
}

static GDBusInterfaceInfo **
on_introspect (GDBusConnection *connection,
               const char *sender,
               const char *path,
               const char *node,
               gpointer user_data)
{
  Apm2Binding *self = user_data;
  GDBusInterfaceInfo **infos = NULL;

  if (node == NULL || self->face == NULL || find_in_folder (self, node) == NULL)
    return NULL;

  infos = g_new0 (GDBusInterfaceInfo *, 2);
  infos[0] = g_dbus_interface_info_ref (self->face->info);
  return infos;
}

static const GDBusInterfaceVTable *
on_dispatch (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *node,
             gpointer *ret_user_data,
             gpointer user_data)
{
  *ret_user_data = user_data;
  return node != NULL ? &object_vtable : NULL;
}

static const GDBusSubtreeVTable folder_vtable = {
  .enumerate = on_enumerate,
  .introspect = on_introspect,
  .dispatch = on_dispatch,
};

/**
 * apm2_binding_export:
 * @self: a binding
 * @connection: where to serve it
 * @error: return location for an error
 *
 * Returns: id of the registration, or 0 with @error set
 */
guint
apm2_binding_export (Apm2Binding *self,
                     GDBusConnection *connection,
                     GError **error)
{
  if (self->is_folder)
    return g_dbus_connection_register_subtree (
        connection,
        self->path,
        &folder_vtable,
        G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES,
        apm2_binding_ref (self),
        (GDestroyNotify) apm2_binding_unref,
        error);
  return g_dbus_connection_register_object (connection,
                                            self->path,
                                            self->face->info,
                                            &object_vtable,
                                            apm2_binding_ref (self),
                                            (GDestroyNotify) apm2_binding_unref,
                                            error);
}

/**
 * apm2_binding_unexport:
 * @self: a binding
 * @connection: where it is served
 * @id: what apm2_binding_export() returned
 */
void
apm2_binding_unexport (Apm2Binding *self, GDBusConnection *connection, guint id)
{
  if (self->is_folder)
    (void) g_dbus_connection_unregister_subtree (connection, id);
  else
    (void) g_dbus_connection_unregister_object (connection, id);
}
