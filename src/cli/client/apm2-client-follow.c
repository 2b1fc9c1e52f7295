/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker says by itself: signals of jobs, and its end.
 */

#include <gio/gio.h>

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-names.h"

/**
 * apm2_client_new:
 * @connection: to the broker or to the bus
 * @peer: whether it is the broker itself
 * @interactive: whether the system may ask for a password
 *
 * Returns: (transfer full): the broker
 */
Apm2Client *
apm2_client_new (GDBusConnection *connection,
                 gboolean peer,
                 gboolean interactive)
{
  Apm2Client *self = g_new0 (Apm2Client, 1);

  self->connection = g_object_ref (connection);
  self->peer = peer;
  self->interactive = interactive;
  self->subscriptions = g_array_new (FALSE, FALSE, sizeof (guint));
  return self;
}

/**
 * apm2_client_close:
 * @self: the broker
 *
 * Ends the connection; nothing is called back any more.
 */
void
apm2_client_close (Apm2Client *self)
{
  for (guint i = 0; i < self->subscriptions->len; i++)
    g_dbus_connection_signal_unsubscribe (
        self->connection, g_array_index (self->subscriptions, guint, i));
  g_array_unref (self->subscriptions);
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  g_clear_signal_handler (&self->closed_handler, self->connection);
  g_clear_pointer (&self->agent, apm2_password_agent_stop);
  g_clear_object (&self->connection);
  g_free (self);
}

static void
tell_gone (Apm2Client *self)
{
  Apm2ClientGoneFunc func = g_steal_pointer (&self->gone_func);

  if (func != NULL)
    func (self->gone_data);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  tell_gone (user_data);
}

static void
on_name_vanished (GDBusConnection *connection,
                  const char *name,
                  gpointer user_data)
{
  tell_gone (user_data);
}

/**
 * apm2_client_set_gone_func:
 * @self: the broker
 * @func: called once, when the connection is of no use any more
 * @user_data: for @func
 *
 * @func may close @self.
 */
void
apm2_client_set_gone_func (Apm2Client *self,
                           Apm2ClientGoneFunc func,
                           gpointer user_data)
{
  g_return_if_fail (self->closed_handler == 0);

  self->gone_func = func;
  self->gone_data = user_data;
  self->closed_handler = g_signal_connect (
      self->connection, "closed", G_CALLBACK (on_closed), self);
  if (!self->peer)
    self->name_watch
        = g_bus_watch_name_on_connection (self->connection,
                                          APM2_BUS_NAME,
                                          G_BUS_NAME_WATCHER_FLAGS_NONE,
                                          NULL,
                                          on_name_vanished,
                                          self,
                                          NULL);
}

/**
 * apm2_client_get_job_path:
 * @job_id: id of a job
 *
 * Returns: (transfer full): its object path
 */
char *
apm2_client_get_job_path (const char *job_id)
{
  GString *path = g_string_new (APM2_OBJECT_JOBS "/");

  for (const char *c = job_id; *c != '\0'; c++)
    if (g_ascii_isalnum (*c))
      g_string_append_c (path, *c);
    else
      g_string_append_printf (path, "_%02x", (guint) (guchar) *c);
  return g_string_free (path, FALSE);
}

/* The broker takes no more than 64 match rules of one client. What is watched
 * beyond this shares one rule, for all objects. */
#define PATHS_MAX 32

typedef struct
{
  char *path;
  Apm2ClientPropertiesFunc func;
  gpointer user_data; /* borrowed: outlives the client */
} Watch;

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_free (watch->path);
  g_free (watch);
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *iface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  const Watch *watch = user_data;
  g_autoptr (GVariant) changed = NULL;

  if (!g_str_equal (path, watch->path)
      || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  changed = g_variant_get_child_value (parameters, 1);
  watch->func (changed, watch->user_data);
}

/**
 * apm2_client_watch_properties:
 * @self: the broker
 * @path: object
 * @iface: interface
 * @func: gets each change of its properties, a{sv}
 * @user_data: for @func; must live until @self is closed
 *
 * Watch first, then read, or what changes between the two is missed.
 */
void
apm2_client_watch_properties (Apm2Client *self,
                              const char *path,
                              const char *iface,
                              Apm2ClientPropertiesFunc func,
                              gpointer user_data)
{
  gboolean shares_rule = self->subscriptions->len >= PATHS_MAX;
  Watch *watch = g_new0 (Watch, 1);
  guint id;

  watch->path = g_strdup (path);
  watch->func = func;
  watch->user_data = user_data;
  id = g_dbus_connection_signal_subscribe (self->connection,
                                           self->peer ? NULL : APM2_BUS_NAME,
                                           "org.freedesktop.DBus.Properties",
                                           "PropertiesChanged",
                                           shares_rule ? NULL : path,
                                           iface,
                                           G_DBUS_SIGNAL_FLAGS_NONE,
                                           on_properties_changed,
                                           watch,
                                           watch_free);
  g_array_append_val (self->subscriptions, id);
}

/**
 * apm2_client_watch_job:
 * @self: the broker
 * @job_id: id of a job
 * @func: gets each change of its properties, a{sv}
 * @user_data: for @func; must live until @self is closed
 *
 * Watch first, then read: a fast job would end between the two otherwise.
 */
void
apm2_client_watch_job (Apm2Client *self,
                       const char *job_id,
                       Apm2ClientPropertiesFunc func,
                       gpointer user_data)
{
  g_autofree char *path = apm2_client_get_job_path (job_id);

  apm2_client_watch_properties (self, path, APM2_IFACE_JOB, func, user_data);
}

typedef struct
{
  Apm2Client *client; /* borrowed: the caller cancels before it closes it */
  char *job_id;
} ReadJob;

static void
read_job_free (ReadJob *self)
{
  g_free (self->job_id);
  g_free (self);
}

static void
on_record_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  if (reply == NULL)
    g_task_return_error (task,
                         apm2_client_take_error (g_steal_pointer (&error)));
  else
    g_task_return_pointer (task,
                           g_variant_get_child_value (reply, 0),
                           (GDestroyNotify) g_variant_unref);
}

static void
on_properties_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const ReadJob *self = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, NULL);
  if (reply != NULL)
    {
      g_task_return_pointer (task,
                             g_variant_get_child_value (reply, 0),
                             (GDestroyNotify) g_variant_unref);
      return;
    }
  if (g_task_return_error_if_cancelled (task))
    return;
  /* No object: it may be history, or not exist at all. */
  apm2_client_call_async (
      self->client,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "Get",
      g_variant_new ("(s@a{sv})", self->job_id, g_variant_new ("a{sv}", NULL)),
      "(a{sv})",
      g_task_get_cancellable (task),
      on_record_read,
      g_object_ref (task));
}

/**
 * apm2_client_read_job_async:
 * @self: the broker; must not be closed before @cancellable is cancelled
 * @job_id: id of a job
 * @cancellable: calls it off
 * @callback: gets the result
 * @user_data: for @callback
 *
 * Reads the properties of a job, or its record once it is history.
 */
void
apm2_client_read_job_async (Apm2Client *self,
                            const char *job_id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autofree char *path = apm2_client_get_job_path (job_id);
  ReadJob *data = g_new0 (ReadJob, 1);

  data->client = self;
  data->job_id = g_strdup (job_id);
  g_task_set_source_tag (task, apm2_client_read_job_async);
  g_task_set_task_data (task, data, (GDestroyNotify) read_job_free);
  apm2_client_call_async (self,
                          path,
                          "org.freedesktop.DBus.Properties",
                          "GetAll",
                          g_variant_new ("(s)", APM2_IFACE_JOB),
                          "(a{sv})",
                          cancellable,
                          on_properties_read,
                          g_object_ref (task));
}

/**
 * apm2_client_read_job_finish:
 * @result: what the callback got
 * @error: NOT_FOUND if there is no such job
 *
 * Returns: (transfer full): a{sv}, keys of the Job interface or of a record
 */
GVariant *
apm2_client_read_job_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_client_read_properties_async:
 * @self: the broker
 * @path: object
 * @iface: interface
 * @cancellable: (nullable): calls it off
 * @callback: gets the result
 * @user_data: for @callback
 */
void
apm2_client_read_properties_async (Apm2Client *self,
                                   const char *path,
                                   const char *iface,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, apm2_client_read_properties_async);
  apm2_client_call_async (self,
                          path,
                          "org.freedesktop.DBus.Properties",
                          "GetAll",
                          g_variant_new ("(s)", iface),
                          "(a{sv})",
                          cancellable,
                          on_record_read,
                          g_steal_pointer (&task));
}

/**
 * apm2_client_read_properties_finish:
 * @result: what the callback got
 * @error: return location
 *
 * Returns: (transfer full): a{sv}
 */
GVariant *
apm2_client_read_properties_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
