/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The other end of a broker link, for its failures.
 */

#include "fake-broker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>

#include "apm2-dbus.h"
#include "apm2-error.h"
#include "apm2-json-canonical.h"
#include "apm2-names.h"
#include "wait.h"

#define BUS_PATH "/org/freedesktop/DBus"

static GVariant *
build_stale (FakeBroker *self)
{
  const char *const list[] = { self->stale, NULL };

  return g_variant_new_strv (list, -1);
}

static void
answer (FakeBroker *self, const char *method, GDBusMethodInvocation *invocation)
{
  if (g_str_equal (method, "RegisterWorker"))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(ot@as)",
                                                          APM2_OBJECT_WORKERS
                                                          "/test",
                                                          self->expiry_usec,
                                                          build_stale (self)));
  else if (g_str_equal (method, "Renew"))
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(@as)", build_stale (self)));
  else if (g_str_equal (method, "Finish"))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", "digest"));
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
take_socket (FakeBroker *self, GDBusMethodInvocation *invocation)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (
      g_dbus_method_invocation_get_message (invocation));

  if (self->leases >= 0)
    (void) close (self->leases);
  self->leases = list != NULL ? g_unix_fd_list_get (list, 0, NULL) : -1;
}

static void
note (FakeBroker *self, const char *method, GVariant *parameters)
{
  if (g_str_equal (method, "Heartbeat"))
    {
      self->n_beats++;
      return;
    }
  g_string_append_printf (self->calls, "%s ", method);
  if (g_str_equal (method, "RegisterWorker"))
    {
      self->n_registered++;
      g_clear_pointer (&self->registered, g_variant_unref);
      self->registered = g_variant_ref (parameters);
    }
  else
    {
      g_clear_pointer (&self->last, g_variant_unref);
      self->last = g_variant_ref (parameters);
    }
}

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  FakeBroker *self = user_data;

  if (g_str_equal (method, "Sweep"))
    {
      /* Nothing has to go. */
      g_object_unref (invocation);
      return;
    }
  note (self, method, parameters);
  if (g_str_equal (method, "RegisterWorker"))
    take_socket (self, invocation);
  if (g_strcmp0 (self->ignore, method) == 0)
    g_object_unref (invocation);
  else if (g_strcmp0 (self->refuse, method) == 0)
    g_dbus_method_invocation_return_error_literal (
        invocation, APM2_ERROR, self->refuse_code, "It is a test");
  else if (g_str_equal (method, "Lease"))
    g_ptr_array_add (self->parked, invocation);
  else
    answer (self, method, invocation);
}

/* As much of a message bus as a client library asks for. */
static void
on_bus_call (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *method,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  g_dbus_method_invocation_return_value (
      invocation,
      g_str_equal (method, "Hello") ? g_variant_new ("(s)", ":1.1") : NULL);
}

static const char bus_xml[]
    = "<node><interface name='org.freedesktop.DBus'>"
      "<method name='Hello'><arg type='s' direction='out'/></method>"
      "<method name='AddMatch'><arg type='s' direction='in'/></method>"
      "<method name='RemoveMatch'><arg type='s' direction='in'/></method>"
      "</interface></node>";

static void export(FakeBroker *self,
                   GDBusConnection *connection,
                   const char *path,
                   GDBusInterfaceInfo *info,
                   GDBusInterfaceMethodCallFunc func)
{
  const GDBusInterfaceVTable vtable = { .method_call = func };
  g_autoptr (GError) error = NULL;
  guint id = g_dbus_connection_register_object (
      connection, path, info, &vtable, self, NULL, &error);

  g_assert_no_error (error);
  g_object_set_data (G_OBJECT (connection), path, GUINT_TO_POINTER (id));
}

/* What has been read and not dispatched must not be any more. */
static void
unexport (GDBusConnection *connection, const char *path)
{
  gpointer id = g_object_get_data (G_OBJECT (connection), path);

  g_assert_true (
      g_dbus_connection_unregister_object (connection, GPOINTER_TO_UINT (id)));
}

static gboolean
on_new_connection (GDBusServer *server,
                   GDBusConnection *connection,
                   gpointer user_data)
{
  FakeBroker *self = user_data;

  g_ptr_array_add (self->connections, g_object_ref (connection));
  self->connection = connection;
  g_ptr_array_set_size (self->parked, 0);
  export(self,
         connection,
         APM2_OBJECT_BROKER,
         apm2_dbus_broker_interface_info (),
         on_call);
  export(
      self, connection, BUS_PATH, self->bus_info->interfaces[0], on_bus_call);
  return TRUE;
}

void
fake_broker_come (FakeBroker *self)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GError) error = NULL;

  self->server = g_dbus_server_new_sync (
      self->address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (
      self->server, "new-connection", G_CALLBACK (on_new_connection), self);
  g_dbus_server_start (self->server);
}

FakeBroker *
fake_broker_new (const char *dir)
{
  FakeBroker *self = g_new0 (FakeBroker, 1);

  self->path = g_build_filename (dir, "apm2", "operator.sock", NULL);
  self->address = g_strconcat ("unix:path=", self->path, NULL);
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->parked = g_ptr_array_new_with_free_func (g_object_unref);
  self->calls = g_string_new (NULL);
  self->leases = -1;
  self->bus_info = g_dbus_node_info_new_for_xml (bus_xml, NULL);
  self->expiry_usec = 600 * G_USEC_PER_SEC;
  fake_broker_come (self);
  return self;
}

void
fake_broker_hang_up (FakeBroker *self)
{
  g_autoptr (GError) error = NULL;

  g_ptr_array_set_size (self->parked, 0);
  for (guint i = 0; i < self->connections->len; i++)
    {
      GDBusConnection *connection = g_ptr_array_index (self->connections, i);

      unexport (connection, APM2_OBJECT_BROKER);
      unexport (connection, BUS_PATH);
      /* The other side may be the first. */
      if (!g_dbus_connection_close_sync (connection, NULL, &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      g_clear_error (&error);
    }
  g_ptr_array_set_size (self->connections, 0);
  self->connection = NULL;
}

void
fake_broker_go (FakeBroker *self)
{
  g_dbus_server_stop (self->server);
  g_clear_object (&self->server);
  (void) g_remove (self->path);
  fake_broker_hang_up (self);
}

void
fake_broker_free (FakeBroker *self)
{
  if (self->server != NULL)
    fake_broker_go (self);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->parked);
  (void) g_string_free (self->calls, TRUE);
  g_dbus_node_info_unref (self->bus_info);
  g_clear_pointer (&self->registered, g_variant_unref);
  g_clear_pointer (&self->last, g_variant_unref);
  if (self->leases >= 0)
    (void) close (self->leases);
  g_free (self->address);
  g_free (self->path);
  g_free (self);
}

static GVariant *
build_lease (const char *job_id, guint64 token, const char *json)
{
  g_autofree char *digest = apm2_json_digest (json, strlen (json));
  GVariant *terms = g_variant_new_parsed ("{'kill_grace_usec': <@t 60000000>}");

  return g_variant_new ("(stuss@a{sv})", job_id, token, 1, json, digest, terms);
}

void
fake_broker_lease (FakeBroker *self,
                   const char *job_id,
                   guint64 token,
                   const char *json)
{
  GDBusMethodInvocation *invocation = g_ptr_array_steal_index (self->parked, 0);

  g_dbus_method_invocation_return_value (invocation,
                                         build_lease (job_id, token, json));
}

static void
send_packet (FakeBroker *self, gboolean is_certain, GVariant *lease)
{
  g_autoptr (GVariant) packet = g_variant_ref_sink (
      g_variant_new ("(b@(stussa{sv}))", is_certain, lease));
  gsize size = g_variant_get_size (packet);

  g_assert_cmpint (
      send (self->leases, g_variant_get_data (packet), size, MSG_NOSIGNAL),
      ==,
      (gssize) size);
}

void
fake_broker_hint (FakeBroker *self,
                  const char *job_id,
                  guint64 token,
                  const char *json)
{
  send_packet (self, FALSE, build_lease (job_id, token, json));
}

void
fake_broker_tell_ahead (FakeBroker *self,
                        const char *job_id,
                        guint64 token,
                        const char *json)
{
  send_packet (self, TRUE, build_lease (job_id, token, json));
}

static void
emit (FakeBroker *self, const char *name, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_dbus_connection_emit_signal (self->connection,
                                                NULL,
                                                APM2_OBJECT_BROKER,
                                                APM2_IFACE_BROKER,
                                                name,
                                                parameters,
                                                &error));
  g_assert_no_error (error);
}

void
fake_broker_cancel (FakeBroker *self, const char *job_id, guint64 token)
{
  emit (self,
        "CancelRequested",
        g_variant_new ("(sts)", job_id, token, "It is a test"));
}

guint
fake_broker_count_calls (FakeBroker *self, const char *method)
{
  g_auto (GStrv) calls = g_strsplit (self->calls->str, " ", -1);
  guint count = 0;

  for (gsize i = 0; calls[i] != NULL; i++)
    count += g_str_equal (calls[i], method) ? 1 : 0;
  return count;
}

typedef struct
{
  FakeBroker *broker;
  const char *method;
  guint count;
} BrokerWait;

static gboolean
has_call (gpointer data)
{
  const BrokerWait *wait = data;

  return fake_broker_count_calls (wait->broker, wait->method) > wait->count;
}

/* One more than there were. */
void
fake_broker_wait_call (FakeBroker *self, const char *method)
{
  BrokerWait wait = { self, method, fake_broker_count_calls (self, method) };

  wait_until (has_call, &wait);
}

static gboolean
is_registered (gpointer data)
{
  const BrokerWait *wait = data;

  return wait->broker->n_registered >= wait->count;
}

void
fake_broker_wait_registered (FakeBroker *self, guint count)
{
  BrokerWait wait = { self, NULL, count };

  wait_until (is_registered, &wait);
}

static gboolean
is_parked (gpointer data)
{
  const BrokerWait *wait = data;

  return wait->broker->parked->len == wait->count;
}

void
fake_broker_wait_parked (FakeBroker *self, guint count)
{
  BrokerWait wait = { self, NULL, count };

  wait_until (is_parked, &wait);
}
