/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All objects of the broker at once: what they are, and every change of them.
 */

#include <gio/gio.h>

#include "apm2-client-private.h"
#include "apm2-names.h"

typedef struct
{
  const Apm2ClientObjectsFuncs *funcs;
  gpointer user_data; /* borrowed: outlives the client by contract */
} Watch;

static void
on_changed (GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *iface,
            const char *signal,
            GVariant *parameters,
            gpointer user_data)
{
  const Watch *watch = user_data;
  const char *of = NULL;
  g_autoptr (GVariant) changed = NULL;

  if (!g_str_has_prefix (path, APM2_OBJECT_ROOT)
      || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (parameters, "(&s@a{sv}as)", &of, &changed, NULL);
  watch->funcs->changed (path, of, changed, watch->user_data);
}

static void
on_added (GDBusConnection *connection,
          const char *sender,
          const char *path,
          const char *iface,
          const char *signal,
          GVariant *parameters,
          gpointer user_data)
{
  const Watch *watch = user_data;
  const char *object = NULL;
  g_autoptr (GVariant) interfaces = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oa{sa{sv}})")))
    return;
  g_variant_get (parameters, "(&o@a{sa{sv}})", &object, &interfaces);
  watch->funcs->added (object, interfaces, watch->user_data);
}

static void
on_removed (GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *iface,
            const char *signal,
            GVariant *parameters,
            gpointer user_data)
{
  const Watch *watch = user_data;
  const char *object = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oas)")))
    return;
  g_variant_get (parameters, "(&oas)", &object, NULL);
  watch->funcs->removed (object, watch->user_data);
}

static void
subscribe (Apm2Client *self,
           const char *iface,
           const char *signal,
           const char *path,
           GDBusSignalCallback callback,
           const Watch *watch)
{
  guint id
      = g_dbus_connection_signal_subscribe (self->connection,
                                            self->peer ? NULL : APM2_BUS_NAME,
                                            iface,
                                            signal,
                                            path,
                                            NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                            callback,
                                            g_memdup2 (watch, sizeof *watch),
                                            g_free);

  g_array_append_val (self->subscriptions, id);
}

/**
 * apm2_client_watch_objects:
 * @self: the broker
 * @funcs: what to call; must live until @self is closed
 * @user_data: for @funcs; must live until @self is closed
 *
 * Watch first, then read, or what changes between the two is missed.
 */
void
apm2_client_watch_objects (Apm2Client *self,
                           const Apm2ClientObjectsFuncs *funcs,
                           gpointer user_data)
{
  const Watch watch = { .funcs = funcs, .user_data = user_data };

  subscribe (self,
             "org.freedesktop.DBus.Properties",
             "PropertiesChanged",
             NULL,
             on_changed,
             &watch);
  subscribe (self,
             APM2_IFACE_OBJECT_MANAGER,
             "InterfacesAdded",
             APM2_OBJECT_ROOT,
             on_added,
             &watch);
  subscribe (self,
             APM2_IFACE_OBJECT_MANAGER,
             "InterfacesRemoved",
             APM2_OBJECT_ROOT,
             on_removed,
             &watch);
}

static void
on_objects_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_task_return_error (task, apm2_client_take_error (error));
  else
    g_task_return_pointer (task,
                           g_variant_get_child_value (reply, 0),
                           (GDestroyNotify) g_variant_unref);
}

/**
 * apm2_client_read_objects_async:
 * @self: the broker
 * @cancellable: (nullable): calls it off
 * @callback: gets the result
 * @user_data: for @callback
 */
void
apm2_client_read_objects_async (Apm2Client *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, apm2_client_read_objects_async);
  apm2_client_call_async (self,
                          APM2_OBJECT_ROOT,
                          APM2_IFACE_OBJECT_MANAGER,
                          "GetManagedObjects",
                          NULL,
                          "(a{oa{sa{sv}}})",
                          cancellable,
                          on_objects_read,
                          g_steal_pointer (&task));
}

/**
 * apm2_client_read_objects_finish:
 * @result: what the callback got
 * @error: return location
 *
 * Returns: (transfer full): a{oa{sa{sv}}}
 */
GVariant *
apm2_client_read_objects_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
