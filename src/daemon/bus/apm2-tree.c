/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tree: which objects there are, on which connections they are served, and
 * the signals that they send.
 *
 * The tree holds faces and no state of its own: faces, model objects and
 * folders are borrowed and outlive it. Generated skeletons are not used: one
 * keeps a copy of each property, and sends each change to every connection.
 */

#include "apm2-tree.h"

#include "apm2-audience.h"
#include "apm2-binding.h"
#include "apm2-face.h"
#include "apm2-names.h"
#include "apm2-object-manager.h"
#include "apm2-peer.h"
#include "apm2-permit.h"
#include "apm2-serving.h"

#define IFACE_PROPERTIES "org.freedesktop.DBus.Properties"

struct _Apm2Tree
{
  GObject parent_instance;

  Apm2Face manager_face;
  GPtrArray *bindings;    /* (element-type Apm2Binding) */
  GHashTable *peers_only; /* (element-type utf8) paths */
  GHashTable *served;     /* (element-type GDBusConnection Apm2Serving) */
  Apm2Audience *audience; /* (owned) */
};

G_DEFINE_FINAL_TYPE (Apm2Tree, apm2_tree, G_TYPE_OBJECT)

static void
stop_serving (Apm2Tree *self, GDBusConnection *connection)
{
  Apm2Serving *serving = g_hash_table_lookup (self->served, connection);

  if (serving == NULL)
    return;
  apm2_audience_remove (self->audience, apm2_serving_get_peer (serving));
  (void) g_hash_table_remove (self->served, connection);
}

static void
apm2_tree_dispose (GObject *object)
{
  Apm2Tree *self = APM2_TREE (object);

  for (guint i = 0; self->bindings != NULL && i < self->bindings->len; i++)
    apm2_binding_sever (g_ptr_array_index (self->bindings, i));
  g_clear_pointer (&self->audience, apm2_audience_free);
  g_clear_pointer (&self->served, g_hash_table_unref);
  g_clear_pointer (&self->bindings, g_ptr_array_unref);
  g_clear_pointer (&self->peers_only, g_hash_table_unref);

  G_OBJECT_CLASS (apm2_tree_parent_class)->dispose (object);
}

static void
apm2_tree_class_init (Apm2TreeClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_tree_dispose;
}

static void
handle_get_managed_objects (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation)
{
  Apm2Tree *self = data;

  g_dbus_method_invocation_return_value (
      invocation, apm2_object_manager_list (self->bindings));
}

static void
apm2_tree_init (Apm2Tree *self)
{
  static const Apm2Method methods[] = {
    { "GetManagedObjects", handle_get_managed_objects, apm2_permit_anybody },
    { NULL, NULL },
  };

  self->bindings
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_binding_unref);
  self->peers_only
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->served = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify) apm2_serving_free);
  self->audience = apm2_audience_new ();

  self->manager_face.info = apm2_object_manager_get_info ();
  self->manager_face.methods = methods;
  self->manager_face.data = self;
  apm2_tree_add_object (
      self, APM2_OBJECT_ROOT, &self->manager_face, NULL, FALSE);
}

/**
 * apm2_tree_new:
 *
 * Returns: (transfer full): a tree with nothing but the object manager at its
 *   root
 */
Apm2Tree *
apm2_tree_new (void)
{
  return g_object_new (APM2_TYPE_TREE, NULL);
}

/**
 * apm2_tree_add_object:
 * @self: a tree that is not served yet
 * @path: an object path; it may have several faces, each added by itself
 * @face: borrowed for the life of the tree, as is what it points to
 * @object: (nullable): model object, borrowed likewise
 * @peers_only: not on the message bus, and not told by the object manager
 */
void
apm2_tree_add_object (Apm2Tree *self,
                      const char *path,
                      const Apm2Face *face,
                      gpointer object,
                      gboolean peers_only)
{
  g_return_if_fail (APM2_IS_TREE (self));
  g_return_if_fail (g_variant_is_object_path (path));
  g_return_if_fail (face != NULL && face->info != NULL);
  g_return_if_fail (g_hash_table_size (self->served) == 0);

  g_ptr_array_add (self->bindings,
                   apm2_binding_new (path, face, object, peers_only));
  if (peers_only)
    (void) g_hash_table_add (self->peers_only, g_strdup (path));
}

/**
 * apm2_tree_add_folder:
 * @self: a tree that is not served yet
 * @path: an object path below which the objects are
 * @face: the face of each; borrowed for the life of the tree
 * @folder: how they are found; copied, what it points to is borrowed
 *
 * An object that @folder finds is answered for even if it is not listed.
 * Introspecting a name that it does not find shows an object without our
 * interfaces; any other call to it is an error.
 */
void
apm2_tree_add_folder (Apm2Tree *self,
                      const char *path,
                      const Apm2Face *face,
                      const Apm2Folder *folder)
{
  g_return_if_fail (APM2_IS_TREE (self));
  g_return_if_fail (g_variant_is_object_path (path));
  g_return_if_fail (face != NULL && face->info != NULL);
  g_return_if_fail (folder != NULL && folder->find != NULL
                    && folder->list != NULL);
  g_return_if_fail (g_hash_table_size (self->served) == 0);

  g_ptr_array_add (self->bindings,
                   apm2_binding_new_folder (path, face, folder));
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  stop_serving (user_data, connection);
}

static gboolean
serve (Apm2Tree *self, Apm2Peer *peer, GError **error)
{
  GDBusConnection *connection = apm2_peer_get_connection (peer);
  Apm2Serving *serving = NULL;

  /* One that closed before we listen to it would never tell us. */
  if (g_dbus_connection_is_closed (connection))
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_CLOSED,
                           "The connection has closed already");
      return FALSE;
    }
  serving = apm2_serving_new (peer, self->bindings, error);
  if (serving == NULL)
    return FALSE;
  g_signal_connect_object (
      connection, "closed", G_CALLBACK (on_closed), self, 0);
  g_hash_table_insert (self->served, connection, serving);
  apm2_audience_add (self->audience, peer);
  return TRUE;
}

/**
 * apm2_tree_serve_bus:
 * @self: a tree
 * @connection: a connection to a message bus
 * @error: return location for an error
 *
 * Serves it until the connection closes. Own the name after this.
 *
 * Returns: %FALSE with @error set if an object could not be exported
 */
gboolean
apm2_tree_serve_bus (Apm2Tree *self,
                     GDBusConnection *connection,
                     GError **error)
{
  g_autoptr (Apm2Peer) peer = NULL;

  g_return_val_if_fail (APM2_IS_TREE (self), FALSE);
  g_return_val_if_fail (apm2_peer_of (connection) == NULL, FALSE);

  peer = apm2_peer_new_bus (connection);
  return serve (self, peer, error);
}

/**
 * apm2_tree_serve_peer:
 * @self: a tree
 * @connection: a connection of the operator socket, messages not processed yet
 * @uid: who is at the other end
 * @pid: the process there
 * @error: return location for an error
 *
 * Serves it until the connection closes, together with a bus driver.
 *
 * Returns: %FALSE with @error set if an object could not be exported
 */
gboolean
apm2_tree_serve_peer (Apm2Tree *self,
                      GDBusConnection *connection,
                      guint32 uid,
                      gint32 pid,
                      GError **error)
{
  g_autoptr (Apm2Peer) peer = NULL;

  g_return_val_if_fail (APM2_IS_TREE (self), FALSE);
  g_return_val_if_fail (apm2_peer_of (connection) == NULL, FALSE);

  peer = apm2_peer_new (connection, uid, pid);
  return serve (self, peer, error);
}

static gboolean
is_peers_only (Apm2Tree *self, const char *path)
{
  return g_hash_table_contains (self->peers_only, path);
}

/**
 * apm2_tree_changed:
 * @self: a tree
 * @path: path of an object
 * @face: the face whose properties changed
 * @object: its model object
 * @properties: names; ends with %NULL
 *
 * Sends PropertiesChanged with the values as they are now. Costs next to
 * nothing if nobody listens.
 */
void
apm2_tree_changed (Apm2Tree *self,
                   const char *path,
                   const Apm2Face *face,
                   gpointer object,
                   const char *const *properties)
{
  Apm2Signal signal = { path, IFACE_PROPERTIES, "PropertiesChanged", NULL };
  gboolean peers_only = FALSE;

  g_return_if_fail (APM2_IS_TREE (self));
  g_return_if_fail (face != NULL && properties != NULL);

  peers_only = is_peers_only (self, path);
  if (!apm2_audience_wants (self->audience, &signal, peers_only))
    return;
  signal.parameters = g_variant_ref_sink (
      g_variant_new ("(s@a{sv}@as)",
                     face->info->name,
                     apm2_face_get_some_properties (face, object, properties),
                     g_variant_new_strv (NULL, 0)));
  apm2_audience_send (self->audience, &signal, peers_only);
  g_variant_unref (signal.parameters);
}

/**
 * apm2_tree_emit:
 * @self: a tree
 * @path: path of an object
 * @interface: interface of the signal
 * @signal: name of the signal
 * @parameters: (nullable): its arguments; floating is sunk
 *
 * Sends a signal to the message bus and to each peer that wants it.
 */
void
apm2_tree_emit (Apm2Tree *self,
                const char *path,
                const char *interface,
                const char *signal,
                GVariant *parameters)
{
  g_autoptr (GVariant) sunk = NULL;
  Apm2Signal full = { path, interface, signal, NULL };

  g_return_if_fail (APM2_IS_TREE (self));

  sunk = parameters != NULL ? g_variant_ref_sink (parameters)
                            : g_variant_ref_sink (g_variant_new ("()"));
  full.parameters = sunk;
  apm2_audience_send (self->audience, &full, is_peers_only (self, path));
}

/**
 * apm2_tree_emit_to:
 * @self: a tree
 * @peer: a connection on which the tree is served, else nothing happens
 * @path: path of an object
 * @interface: interface of the signal
 * @signal: name of the signal
 * @parameters: (nullable): its arguments; floating is sunk
 *
 * Sends a signal to one peer, whatever its match rules say.
 */
void
apm2_tree_emit_to (Apm2Tree *self,
                   GDBusConnection *peer,
                   const char *path,
                   const char *interface,
                   const char *signal,
                   GVariant *parameters)
{
  g_autoptr (GVariant) sunk = NULL;
  Apm2Signal full = { path, interface, signal, NULL };
  Apm2Serving *serving = NULL;

  g_return_if_fail (APM2_IS_TREE (self));

  sunk = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  full.parameters = sunk;
  serving = g_hash_table_lookup (self->served, peer);
  if (serving != NULL)
    apm2_audience_send_to (apm2_serving_get_peer (serving), &full);
}

/**
 * apm2_tree_added:
 * @self: a tree
 * @path: path of an object that is new
 * @face: its face
 * @object: its model object
 *
 * Sends InterfacesAdded with all its properties.
 */
void
apm2_tree_added (Apm2Tree *self,
                 const char *path,
                 const Apm2Face *face,
                 gpointer object)
{
  Apm2Signal signal = {
    APM2_OBJECT_ROOT, APM2_IFACE_OBJECT_MANAGER, "InterfacesAdded", NULL
  };

  g_return_if_fail (APM2_IS_TREE (self));
  g_return_if_fail (face != NULL);

  if (!apm2_audience_wants (self->audience, &signal, FALSE))
    return;
  signal.parameters = g_variant_ref_sink (
      apm2_object_manager_describe_added (path, face, object));
  apm2_audience_send (self->audience, &signal, FALSE);
  g_variant_unref (signal.parameters);
}

/**
 * apm2_tree_removed:
 * @self: a tree
 * @path: path of an object that is gone
 * @face: the face that it had
 *
 * Sends InterfacesRemoved.
 */
void
apm2_tree_removed (Apm2Tree *self, const char *path, const Apm2Face *face)
{
  g_return_if_fail (APM2_IS_TREE (self));
  g_return_if_fail (face != NULL);

  apm2_tree_emit (self,
                  APM2_OBJECT_ROOT,
                  APM2_IFACE_OBJECT_MANAGER,
                  "InterfacesRemoved",
                  apm2_object_manager_describe_removed (path, face));
}

/**
 * apm2_tree_element_to_path:
 * @folder: path of a folder
 * @name: name of an object in it, any bytes
 *
 * Returns: (transfer full): the object's path
 */
char *
apm2_tree_element_to_path (const char *folder, const char *name)
{
  g_autofree char *element = NULL;

  g_return_val_if_fail (folder != NULL && name != NULL, NULL);

  element = g_dbus_escape_object_path (name);
  return g_strconcat (folder, "/", element, NULL);
}
