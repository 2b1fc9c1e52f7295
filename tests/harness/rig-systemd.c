/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A service manager that says what the test tells it to. It serves from the
 * test's own main loop: who asks it must not block that.
 */

#include "rig-systemd-private.h"

#include <glib/gstdio.h>

#define MANAGER_PATH  "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define UNIT_IFACE    "org.freedesktop.systemd1.Unit"

static const char xml[]
    = "<node>"
      "<interface name='org.freedesktop.systemd1.Manager'>"
      "<method name='Subscribe'/>"
      "<method name='ListUnitsByPatterns'>"
      "<arg direction='in' type='as'/><arg direction='in' type='as'/>"
      "<arg direction='out' type='a(ssssssouso)'/></method>"
      "<method name='KillUnit'><arg direction='in' type='s'/>"
      "<arg direction='in' type='s'/><arg direction='in' type='i'/></method>"
      "<method name='StopUnit'><arg direction='in' type='s'/>"
      "<arg direction='in' type='s'/><arg direction='out' type='o'/></method>"
      "<method name='StartTransientUnit'><arg direction='in' type='s'/>"
      "<arg direction='in' type='s'/><arg direction='in' type='a(sv)'/>"
      "<arg direction='in' type='a(sa(sv))'/>"
      "<arg direction='out' type='o'/></method>"
      "</interface>"
      "<interface name='org.freedesktop.DBus.Properties'>"
      "<method name='GetAll'><arg direction='in' type='s'/>"
      "<arg direction='out' type='a{sv}'/></method>"
      "</interface>"
      "</node>";

static GDBusNodeInfo *
get_info (void)
{
  static GDBusNodeInfo *info = NULL;
  g_autoptr (GError) error = NULL;

  if (info == NULL)
    info = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  return info;
}

static char *
unit_path (const char *unit)
{
  g_autofree char *element = g_dbus_escape_object_path (unit);

  return g_strconcat (MANAGER_PATH "/unit/", element, NULL);
}

static const char *
get_text (GHashTable *properties, const char *name)
{
  GVariant *value = g_hash_table_lookup (properties, name);

  return value != NULL ? g_variant_get_string (value, NULL) : "";
}

static GVariant *
list_units (RigSystemd *self, const char *const *patterns)
{
  GVariantBuilder units
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ssssssouso)"));
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer properties = NULL;

  self->n_listed++;
  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, &name, &properties))
    {
      g_autofree char *path = unit_path (name);

      for (gsize i = 0; patterns[i] != NULL; i++)
        if (g_pattern_match_simple (patterns[i], name))
          g_variant_builder_add (&units,
                                 "(ssssssouso)",
                                 name,
                                 "",
                                 get_text (properties, "LoadState"),
                                 get_text (properties, "ActiveState"),
                                 get_text (properties, "SubState"),
                                 "",
                                 path,
                                 0u,
                                 "",
                                 "/");
    }
  return g_variant_new ("(a(ssssssouso))", &units);
}

static void
on_manager_call (GDBusConnection *connection,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters,
                 GDBusMethodInvocation *invocation,
                 gpointer user_data)
{
  RigSystemd *self = user_data;
  g_autofree const char **patterns = NULL;

  if (self->is_mute)
    {
      g_object_unref (invocation);
      return;
    }
  if (g_str_equal (method, "ListUnitsByPatterns"))
    {
      g_variant_get (parameters, "(^a&s^a&s)", NULL, &patterns);
      g_dbus_method_invocation_return_value (invocation,
                                             list_units (self, patterns));
      return;
    }
  if (g_str_equal (method, "StartTransientUnit"))
    {
      rig_systemd_start_service (self, parameters, invocation);
      return;
    }
  if (!g_str_equal (method, "Subscribe"))
    {
      rig_systemd_end_unit (
          self, g_str_equal (method, "StopUnit"), parameters, invocation);
      return;
    }
  self->n_subscribed++;
  if (self->is_subscribed)
    g_dbus_method_invocation_return_dbus_error (
        invocation, "org.freedesktop.systemd1.AlreadySubscribed", "twice");
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
emit (RigSystemd *self,
      const char *path,
      const char *interface,
      const char *signal,
      GVariant *parameters)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (parameters);

  for (guint i = 0; i < self->connections->len; i++)
    (void) g_dbus_connection_emit_signal (
        g_ptr_array_index (self->connections, i),
        NULL,
        path,
        interface,
        signal,
        sunk,
        NULL);
}

static GVariant *
get_all (GHashTable *properties)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, properties);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_variant_builder_add (&builder, "{sv}", name, value);
  return g_variant_new ("(a{sv})", &builder);
}

/* As the real one does with a unit that nothing keeps loaded. */
static void
load_and_unload (RigSystemd *self, const char *path, const char *name)
{
  emit (self,
        MANAGER_PATH,
        MANAGER_IFACE,
        "UnitNew",
        g_variant_new ("(so)", name, path));
  emit (self,
        MANAGER_PATH,
        MANAGER_IFACE,
        "UnitRemoved",
        g_variant_new ("(so)", name, path));
}

static void
on_unit_call (GDBusConnection *connection,
              const char *sender,
              const char *path,
              const char *interface,
              const char *method,
              GVariant *parameters,
              GDBusMethodInvocation *invocation,
              gpointer user_data)
{
  RigSystemd *self = user_data;
  g_autofree guint8 *name
      = g_dbus_unescape_object_path (strrchr (path, '/') + 1);
  GHashTable *properties = g_hash_table_lookup (self->units, name);
  const char *asked = NULL;

  if (self->is_mute)
    {
      g_object_unref (invocation);
      return;
    }
  g_variant_get (parameters, "(&s)", &asked);
  g_assert_cmpstr (asked, ==, "");
  self->n_read++;
  if (properties == NULL)
    {
      g_dbus_method_invocation_return_dbus_error (
          invocation, "org.freedesktop.DBus.Error.UnknownObject", "no such");
      return;
    }
  g_dbus_method_invocation_return_value (invocation, get_all (properties));
  if (g_str_equal (get_text (properties, "LoadState"), "not-found"))
    load_and_unload (self, path, (const char *) name);
}

static void
register_at (RigSystemd *self,
             GDBusConnection *connection,
             const char *path,
             const char *interface,
             GDBusInterfaceMethodCallFunc func)
{
  GDBusInterfaceVTable vtable = { func, NULL, NULL, { NULL } };
  g_autoptr (GError) error = NULL;

  (void) g_dbus_connection_register_object (
      connection,
      path,
      g_dbus_node_info_lookup_interface (get_info (), interface),
      &vtable,
      self,
      NULL,
      &error);
  g_assert_no_error (error);
}

static void
register_unit (RigSystemd *self, GDBusConnection *connection, const char *unit)
{
  g_autofree char *path = unit_path (unit);

  register_at (
      self, connection, path, "org.freedesktop.DBus.Properties", on_unit_call);
}

/**
 * rig_systemd_new:
 *
 * Returns: (transfer full): a manager without units that serves nobody
 */
RigSystemd *
rig_systemd_new (void)
{
  RigSystemd *self = g_new0 (RigSystemd, 1);

  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->units = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  return self;
}

/**
 * rig_systemd_free:
 * @self: (transfer full): a manager
 */
void
rig_systemd_free (RigSystemd *self)
{
  rig_systemd_leave (self);
  g_ptr_array_unref (self->connections);
  g_hash_table_unref (self->units);
  g_free (self);
}

/**
 * rig_systemd_serve:
 * @self: a manager
 * @connection: a connection to a client or to a bus
 */
void
rig_systemd_serve (RigSystemd *self, GDBusConnection *connection)
{
  GHashTableIter iter;
  gpointer unit = NULL;

  g_ptr_array_add (self->connections, g_object_ref (connection));
  register_at (self, connection, MANAGER_PATH, MANAGER_IFACE, on_manager_call);
  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, &unit, NULL))
    register_unit (self, connection, unit);
}

static gboolean
on_new_connection (GDBusServer *server,
                   GDBusConnection *connection,
                   gpointer user_data)
{
  rig_systemd_serve (user_data, connection);
  return TRUE;
}

/**
 * rig_systemd_listen:
 * @self: a manager
 * @runtime_dir: of the user whose manager it is
 */
void
rig_systemd_listen (RigSystemd *self, const char *runtime_dir)
{
  g_autofree char *dir = g_build_filename (runtime_dir, "systemd", NULL);
  g_autofree char *socket = g_build_filename (dir, "private", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", socket, NULL);
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  (void) g_unlink (socket);
  self->server = g_dbus_server_new_sync (
      address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (
      self->server, "new-connection", G_CALLBACK (on_new_connection), self);
  g_dbus_server_start (self->server);
}

/**
 * rig_systemd_leave:
 * @self: a manager
 */
void
rig_systemd_leave (RigSystemd *self)
{
  if (self->server != NULL)
    g_dbus_server_stop (self->server);
  g_clear_object (&self->server);
  for (guint i = 0; i < self->connections->len; i++)
    g_dbus_connection_close (
        g_ptr_array_index (self->connections, i), NULL, NULL, NULL);
  g_ptr_array_set_size (self->connections, 0);
}

/**
 * rig_systemd_set:
 * @self: a manager
 * @unit: name of a unit
 * @properties: what it has besides, or has now
 */
void
rig_systemd_set (RigSystemd *self, const char *unit, const char *properties)
{
  GHashTable *table = g_hash_table_lookup (self->units, unit);
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  char *name = NULL;
  GVariant *value = NULL;

  dict = g_variant_parse (
      G_VARIANT_TYPE_VARDICT, properties, NULL, NULL, &error);
  g_assert_no_error (error);
  if (table == NULL)
    {
      table = g_hash_table_new_full (
          g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
      g_hash_table_insert (self->units, g_strdup (unit), table);
      for (guint i = 0; i < self->connections->len; i++)
        register_unit (self, g_ptr_array_index (self->connections, i), unit);
    }
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{sv}", &name, &value))
    g_hash_table_insert (table, name, value);
}

/**
 * rig_systemd_change:
 * @self: a manager
 * @unit: name of a unit
 * @properties: what it has besides, or has now
 */
void
rig_systemd_change (RigSystemd *self, const char *unit, const char *properties)
{
  g_autofree char *path = unit_path (unit);

  rig_systemd_set (self, unit, properties);
  emit (self,
        path,
        "org.freedesktop.DBus.Properties",
        "PropertiesChanged",
        g_variant_new_parsed ("(%s, @a{sv} {}, @as [])", UNIT_IFACE));
}

/**
 * rig_systemd_remove:
 * @self: a manager
 * @unit: name of a unit
 */
void
rig_systemd_remove (RigSystemd *self, const char *unit)
{
  g_autofree char *path = unit_path (unit);

  (void) g_hash_table_remove (self->units, unit);
  rig_systemd_emit (self, "UnitRemoved", "(%s, %o)", unit, path);
}

/**
 * rig_systemd_emit:
 * @self: a manager
 * @signal: a signal of org.freedesktop.systemd1.Manager
 * @format: its parameters, as for g_variant_new_parsed()
 * @...: arguments of @format
 */
void
rig_systemd_emit (RigSystemd *self, const char *signal, const char *format, ...)
{
  va_list args;
  GVariant *parameters = NULL;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  emit (self, MANAGER_PATH, MANAGER_IFACE, signal, parameters);
}
