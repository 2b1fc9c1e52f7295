/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The bus driver: as much of org.freedesktop.DBus as makes a client of a
 * message bus feel at home on the operator socket.
 *
 * There are three names: that of the bus, ours and the peer's own. Nobody may
 * own another, nothing can be started, and no name ever changes its owner, so
 * NameOwnerChanged is never sent: when we go, the connection goes.
 *
 * The model object of the face is the Apm2Peer that calls.
 */

#include "apm2-bus-driver.h"

#include <unistd.h>

#include "apm2-names.h"
#include "apm2-peer.h"

#define DRIVER_NAME "org.freedesktop.DBus"

/* Replies of the specification. */
#define START_REPLY_ALREADY_RUNNING 2

static const char driver_xml[]
    = "<node>"
      "<interface name='" DRIVER_NAME "'>"
      "<method name='Hello'><arg direction='out' type='s'/></method>"
      "<method name='RequestName'><arg direction='in' type='s'/>"
      "<arg direction='in' type='u'/><arg direction='out' type='u'/></method>"
      "<method name='ReleaseName'><arg direction='in' type='s'/>"
      "<arg direction='out' type='u'/></method>"
      "<method name='StartServiceByName'><arg direction='in' type='s'/>"
      "<arg direction='in' type='u'/><arg direction='out' type='u'/></method>"
      "<method name='NameHasOwner'><arg direction='in' type='s'/>"
      "<arg direction='out' type='b'/></method>"
      "<method name='GetNameOwner'><arg direction='in' type='s'/>"
      "<arg direction='out' type='s'/></method>"
      "<method name='ListNames'><arg direction='out' type='as'/></method>"
      "<method name='ListActivatableNames'>"
      "<arg direction='out' type='as'/></method>"
      "<method name='ListQueuedOwners'><arg direction='in' type='s'/>"
      "<arg direction='out' type='as'/></method>"
      "<method name='AddMatch'><arg direction='in' type='s'/></method>"
      "<method name='RemoveMatch'><arg direction='in' type='s'/></method>"
      "<method name='GetConnectionUnixUser'><arg direction='in' type='s'/>"
      "<arg direction='out' type='u'/></method>"
      "<method name='GetConnectionUnixProcessID'>"
      "<arg direction='in' type='s'/><arg direction='out' type='u'/></method>"
      "<method name='GetConnectionCredentials'>"
      "<arg direction='in' type='s'/>"
      "<arg direction='out' type='a{sv}'/></method>"
      "<method name='GetId'><arg direction='out' type='s'/></method>"
      "<signal name='NameOwnerChanged'><arg type='s'/><arg type='s'/>"
      "<arg type='s'/></signal>"
      "<signal name='NameLost'><arg type='s'/></signal>"
      "<signal name='NameAcquired'><arg type='s'/></signal>"
      "</interface>"
      "</node>";

typedef struct
{
  guint32 uid;
  gint32 pid;
} Owner;

static gboolean
is_our_name (const char *name)
{
  return g_str_equal (name, APM2_BUS_NAME)
         || g_str_equal (name, APM2_MATCH_OWN_UNIQUE_NAME)
         || g_str_equal (name, DRIVER_NAME);
}

/* Answers the call if @name has none. */
static gboolean
find_owner (Apm2Peer *peer,
            const char *name,
            GDBusMethodInvocation *invocation,
            Owner *ret_owner)
{
  if (is_our_name (name))
    *ret_owner = (Owner){ geteuid (), getpid () };
  else if (g_strcmp0 (name, apm2_peer_get_unique_name (peer)) == 0)
    *ret_owner = (Owner){ apm2_peer_get_uid (peer), apm2_peer_get_pid (peer) };
  else
    {
      g_dbus_method_invocation_return_error (invocation,
                                             G_DBUS_ERROR,
                                             G_DBUS_ERROR_NAME_HAS_NO_OWNER,
                                             "The name %s has no owner here",
                                             name);
      return FALSE;
    }
  return TRUE;
}

static void
handle_hello (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  Apm2Peer *peer = object;

  if (!apm2_peer_hello (peer))
    g_dbus_method_invocation_return_error (
        invocation, G_DBUS_ERROR, G_DBUS_ERROR_FAILED, "Hello was said before");
  else
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(s)", apm2_peer_get_unique_name (peer)));
}

static void
handle_refuse_name (gpointer data,
                    gpointer object,
                    const Apm2Caller *caller,
                    GVariant *parameters,
                    GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error (invocation,
                                         G_DBUS_ERROR,
                                         G_DBUS_ERROR_ACCESS_DENIED,
                                         "This is the socket of " APM2_BUS_NAME
                                         "; nobody else owns a name here");
}

static void
handle_start_service (gpointer data,
                      gpointer object,
                      const Apm2Caller *caller,
                      GVariant *parameters,
                      GDBusMethodInvocation *invocation)
{
  const char *name = NULL;

  g_variant_get (parameters, "(&su)", &name, NULL);
  if (is_our_name (name))
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(u)", START_REPLY_ALREADY_RUNNING));
  else
    g_dbus_method_invocation_return_error (invocation,
                                           G_DBUS_ERROR,
                                           G_DBUS_ERROR_SERVICE_UNKNOWN,
                                           "No service %s here",
                                           name);
}

static void
handle_name_has_owner (gpointer data,
                       gpointer object,
                       const Apm2Caller *caller,
                       GVariant *parameters,
                       GDBusMethodInvocation *invocation)
{
  const char *name = NULL;

  g_variant_get (parameters, "(&s)", &name);
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(b)",
                     is_our_name (name)
                         || g_strcmp0 (name, apm2_peer_get_unique_name (object))
                                == 0));
}

static const char *
unique_name_of (const char *name)
{
  return g_str_equal (name, APM2_BUS_NAME) ? APM2_MATCH_OWN_UNIQUE_NAME : name;
}

static void
handle_get_name_owner (gpointer data,
                       gpointer object,
                       const Apm2Caller *caller,
                       GVariant *parameters,
                       GDBusMethodInvocation *invocation)
{
  const char *name = NULL;
  Owner owner = { 0, 0 };

  g_variant_get (parameters, "(&s)", &name);
  if (find_owner (object, name, invocation, &owner))
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(s)", unique_name_of (name)));
}

static void
handle_list_queued_owners (gpointer data,
                           gpointer object,
                           const Apm2Caller *caller,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  const char *name = NULL;
  Owner owner = { 0, 0 };

  g_variant_get (parameters, "(&s)", &name);
  if (find_owner (object, name, invocation, &owner))
    {
      const char *const names[] = { unique_name_of (name), NULL };

      g_dbus_method_invocation_return_value (invocation,
                                             g_variant_new ("(^as)", names));
    }
}

static void
handle_list_names (gpointer data,
                   gpointer object,
                   const Apm2Caller *caller,
                   GVariant *parameters,
                   GDBusMethodInvocation *invocation)
{
  const char *const names[] = { DRIVER_NAME,
                                APM2_BUS_NAME,
                                APM2_MATCH_OWN_UNIQUE_NAME,
                                apm2_peer_get_unique_name (object),
                                NULL };

  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(^as)", names));
}

static void
handle_list_activatable_names (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation)
{
  const char *const names[] = { DRIVER_NAME, NULL };

  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(^as)", names));
}

static void
handle_add_match (gpointer data,
                  gpointer object,
                  const Apm2Caller *caller,
                  GVariant *parameters,
                  GDBusMethodInvocation *invocation)
{
  const char *rule = NULL;
  GError *error = NULL;

  g_variant_get (parameters, "(&s)", &rule);
  if (!apm2_peer_add_match (object, rule, &error))
    g_dbus_method_invocation_take_error (invocation, error);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
handle_remove_match (gpointer data,
                     gpointer object,
                     const Apm2Caller *caller,
                     GVariant *parameters,
                     GDBusMethodInvocation *invocation)
{
  const char *rule = NULL;
  GError *error = NULL;

  g_variant_get (parameters, "(&s)", &rule);
  if (!apm2_peer_remove_match (object, rule, &error))
    g_dbus_method_invocation_take_error (invocation, error);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
handle_get_user (gpointer data,
                 gpointer object,
                 const Apm2Caller *caller,
                 GVariant *parameters,
                 GDBusMethodInvocation *invocation)
{
  const char *name = NULL;
  Owner owner = { 0, 0 };

  g_variant_get (parameters, "(&s)", &name);
  if (find_owner (object, name, invocation, &owner))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(u)", owner.uid));
}

static void
handle_get_process_id (gpointer data,
                       gpointer object,
                       const Apm2Caller *caller,
                       GVariant *parameters,
                       GDBusMethodInvocation *invocation)
{
  const char *name = NULL;
  Owner owner = { 0, 0 };

  g_variant_get (parameters, "(&s)", &name);
  if (find_owner (object, name, invocation, &owner))
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(u)", (guint32) owner.pid));
}

static void
handle_get_credentials (gpointer data,
                        gpointer object,
                        const Apm2Caller *caller,
                        GVariant *parameters,
                        GDBusMethodInvocation *invocation)
{
  const char *name = NULL;
  Owner owner = { 0, 0 };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_get (parameters, "(&s)", &name);
  if (find_owner (object, name, invocation, &owner))
    {
      g_variant_builder_add (
          &builder, "{sv}", "UnixUserID", g_variant_new_uint32 (owner.uid));
      g_variant_builder_add (&builder,
                             "{sv}",
                             "ProcessID",
                             g_variant_new_uint32 ((guint32) owner.pid));
      g_dbus_method_invocation_return_value (
          invocation, g_variant_new ("(a{sv})", &builder));
    }
  g_variant_builder_clear (&builder);
}

static void
handle_get_id (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  static char *id = NULL;

  if (id == NULL)
    id = g_dbus_generate_guid ();
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", id));
}

static GDBusInterfaceInfo *
get_info (void)
{
  static GDBusNodeInfo *node = NULL;

  if (node == NULL)
    {
      g_autoptr (GError) error = NULL;

      node = g_dbus_node_info_new_for_xml (driver_xml, &error);
      g_assert_no_error (error);
    }
  return node->interfaces[0];
}

/**
 * apm2_bus_driver_get_face:
 *
 * Returns: (transfer none): org.freedesktop.DBus over an #Apm2Peer
 */
const Apm2Face *
apm2_bus_driver_get_face (void)
{
  static const Apm2Method methods[] = {
    { "Hello", handle_hello },
    { "RequestName", handle_refuse_name },
    { "ReleaseName", handle_refuse_name },
    { "StartServiceByName", handle_start_service },
    { "NameHasOwner", handle_name_has_owner },
    { "GetNameOwner", handle_get_name_owner },
    { "ListNames", handle_list_names },
    { "ListActivatableNames", handle_list_activatable_names },
    { "ListQueuedOwners", handle_list_queued_owners },
    { "AddMatch", handle_add_match },
    { "RemoveMatch", handle_remove_match },
    { "GetConnectionUnixUser", handle_get_user },
    { "GetConnectionUnixProcessID", handle_get_process_id },
    { "GetConnectionCredentials", handle_get_credentials },
    { "GetId", handle_get_id },
    { NULL, NULL },
  };
  static Apm2Face face = { NULL, methods, NULL, NULL };

  face.info = get_info ();
  return &face;
}
