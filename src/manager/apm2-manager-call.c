/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Asking the service manager. Errors come as the manager names them, so that a
 * caller can tell them apart by g_dbus_error_get_remote_error(); UNAVAILABLE is
 * ours, for a manager that is not connected.
 */

#include "apm2-manager-private.h"

#include "apm2-error.h"

/* The manager answers when it has read all unit files, and generators have run.
 */
#define RELOAD_MSEC 180000

static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GVariant *reply = NULL;
  GError *error = NULL;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  if (reply != NULL)
    {
      g_task_return_pointer (task, reply, (GDestroyNotify) g_variant_unref);
      return;
    }
  apm2_manager_note_failure (
      g_task_get_source_object (task), G_DBUS_CONNECTION (source), error);
  g_task_return_error (task, error);
}

/* @parameters: floating is sunk. */
static void
call (GTask *task,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *parameters,
      const GVariantType *reply_type)
{
  Apm2Manager *self = g_task_get_source_object (task);
  g_autoptr (GVariant) sunk
      = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;

  if (!self->is_connected)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               "The service manager of the %s is not connected",
                               apm2_mode_to_string (self->mode));
      return;
    }
  g_dbus_connection_call (self->connection,
                          apm2_manager_get_destination (self),
                          path,
                          interface,
                          method,
                          sunk,
                          reply_type,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          g_str_equal (method, "Reload") ? RELOAD_MSEC : -1,
                          g_task_get_cancellable (task),
                          on_called,
                          g_object_ref (task));
}

/**
 * apm2_manager_call_async:
 * @self: a manager
 * @method: a method of org.freedesktop.systemd1.Manager
 * @parameters: (nullable): its arguments as a tuple; floating is sunk
 * @reply_type: (nullable): what it must answer
 * @cancellable: (nullable): to give up waiting
 * @callback: told of the answer
 * @user_data: (closure): for @callback
 *
 * Calls a method of the manager.
 */
void
apm2_manager_call_async (Apm2Manager *self,
                         const char *method,
                         GVariant *parameters,
                         const GVariantType *reply_type,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (APM2_IS_MANAGER (self));
  g_return_if_fail (method != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, apm2_manager_call_async);
  call (task,
        APM2_MANAGER_PATH,
        APM2_MANAGER_IFACE,
        method,
        parameters,
        reply_type);
}

/**
 * apm2_manager_call_finish:
 * @self: a manager
 * @result: of apm2_manager_call_async()
 * @error: UNAVAILABLE, or an error of the manager or of the connection
 *
 * Returns: (transfer full): the answer, or %NULL
 */
GVariant *
apm2_manager_call_finish (Apm2Manager *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_manager_get_unit_path:
 * @name: name of a unit
 *
 * Returns: (transfer full): its object path at the manager
 */
char *
apm2_manager_get_unit_path (const char *name)
{
  g_autofree char *escaped = NULL;

  g_return_val_if_fail (name != NULL && *name != '\0', NULL);

  /* The manager escapes a digit that comes first, GLib does not. */
  if (!g_ascii_isdigit (*name))
    {
      escaped = g_dbus_escape_object_path (name);
      return g_strconcat (APM2_MANAGER_UNIT_PATHS, escaped, NULL);
    }
  escaped
      = name[1] != '\0' ? g_dbus_escape_object_path (name + 1) : g_strdup ("");
  return g_strdup_printf (
      APM2_MANAGER_UNIT_PATHS "_%02x%s", (guint) *name, escaped);
}

/**
 * apm2_manager_read_unit_async:
 * @self: a manager
 * @name: name of a unit; of an instance, not of a template
 * @cancellable: (nullable): to give up waiting
 * @callback: told of the answer
 * @user_data: (closure): for @callback
 *
 * Reads all of a unit at one moment; "unit-changed" tells of what happens to it
 * from now on. The manager loads the unit if it is not loaded.
 */
void
apm2_manager_read_unit_async (Apm2Manager *self,
                              const char *name,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autofree char *path = NULL;

  g_return_if_fail (APM2_IS_MANAGER (self));
  g_return_if_fail (name != NULL && *name != '\0');

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, apm2_manager_read_unit_async);
  g_task_set_task_data (task, g_strdup (name), g_free);
  path = apm2_manager_get_unit_path (name);
  /* First: a change after the answer was made must not be missed. */
  apm2_manager_watch (self, name, path);
  call (task,
        path,
        APM2_MANAGER_PROPERTIES,
        "GetAll",
        g_variant_new ("(s)", ""),
        G_VARIANT_TYPE ("(a{sv})"));
}

/**
 * apm2_manager_read_unit_finish:
 * @self: a manager
 * @result: of apm2_manager_read_unit_async()
 * @error: UNAVAILABLE, or an error of the manager or of the connection
 *
 * Returns: (transfer full): the unit, or %NULL. A unit that does not exist is
 *   no error: its load state is "not-found".
 */
Apm2UnitState *
apm2_manager_read_unit_finish (Apm2Manager *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) properties = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  reply = g_task_propagate_pointer (G_TASK (result), error);
  if (reply == NULL)
    return NULL;
  properties = g_variant_get_child_value (reply, 0);
  return apm2_unit_state_from_properties (
      g_task_get_task_data (G_TASK (result)), properties, error);
}
