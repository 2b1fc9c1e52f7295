/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A name on a message bus: asked for without queueing, and asked for again when
 * whoever has it lets it go. Each time that it becomes ours or turns out not to
 * be, the function hears it.
 */

#include "apm2-bus-name.h"

#define DRIVER_NAME "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"

/* The specification's flag and replies of RequestName. */
#define FLAG_DO_NOT_QUEUE  4
#define REPLY_OWNER        1
#define REPLY_ALREADY_OURS 4

struct _Apm2BusName
{
  GDBusConnection *connection; /* (owned) */
  char *name;
  guint subscription;
  Apm2BusNameFunc func; /* (nullable) once dropped */
  gpointer data;
};

static void
name_clear (gpointer data)
{
  Apm2BusName *self = data;

  g_clear_object (&self->connection);
  g_free (self->name);
}

static void
name_unref (gpointer data)
{
  g_rc_box_release_full (data, name_clear);
}

static void
on_requested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2BusName *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint32 code = 0;

  reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  if (reply != NULL)
    g_variant_get (reply, "(u)", &code);
  else
    (void) g_dbus_error_strip_remote_error (error);
  if (self->func == NULL)
    ;
  else if (reply == NULL)
    self->func (APM2_BUS_NAME_REFUSED, error->message, self->data);
  else if (code == REPLY_OWNER || code == REPLY_ALREADY_OURS)
    self->func (APM2_BUS_NAME_OWNED, NULL, self->data);
  else
    self->func (APM2_BUS_NAME_TAKEN, "another process has it", self->data);
  name_unref (self);
}

/**
 * apm2_bus_name_request:
 * @self: a name
 *
 * Asks for it.
 */
void
apm2_bus_name_request (Apm2BusName *self)
{
  g_return_if_fail (self != NULL);

  g_dbus_connection_call (self->connection,
                          DRIVER_NAME,
                          DRIVER_PATH,
                          DRIVER_NAME,
                          "RequestName",
                          g_variant_new ("(su)", self->name, FLAG_DO_NOT_QUEUE),
                          G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE,
                          -1,
                          NULL,
                          on_requested,
                          g_rc_box_acquire (self));
}

static void
on_owner_changed (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *signal,
                  GVariant *parameters,
                  gpointer user_data)
{
  Apm2BusName *self = user_data;
  const char *old_owner = NULL;
  const char *owner = NULL;
  const char *us = g_dbus_connection_get_unique_name (connection);

  if (self->func == NULL
      || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (parameters, "(&s&s&s)", NULL, &old_owner, &owner);
  if (g_strcmp0 (old_owner, us) == 0)
    self->func (APM2_BUS_NAME_TAKEN, "it was taken away", self->data);
  if (*owner == '\0' && self->func != NULL)
    apm2_bus_name_request (self);
}

/**
 * apm2_bus_name_new:
 * @connection: a connection to a message bus
 * @name: a well-known name
 * @func: told of each change
 * @data: (closure): for @func; borrowed until apm2_bus_name_drop()
 *
 * Asks for @name; @func hears the answer.
 *
 * Returns: (transfer full): the name
 */
Apm2BusName *
apm2_bus_name_new (GDBusConnection *connection,
                   const char *name,
                   Apm2BusNameFunc func,
                   gpointer data)
{
  Apm2BusName *self = g_rc_box_new0 (Apm2BusName);

  self->connection = g_object_ref (connection);
  self->name = g_strdup (name);
  self->func = func;
  self->data = data;
  self->subscription
      = g_dbus_connection_signal_subscribe (connection,
                                            DRIVER_NAME,
                                            DRIVER_NAME,
                                            "NameOwnerChanged",
                                            DRIVER_PATH,
                                            name,
                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                            on_owner_changed,
                                            g_rc_box_acquire (self),
                                            name_unref);
  apm2_bus_name_request (self);
  return self;
}

/**
 * apm2_bus_name_drop:
 * @self: (transfer full): a name
 *
 * Forgets it; the function is not called any more. The bus takes the name back
 * when the connection ends.
 */
void
apm2_bus_name_drop (Apm2BusName *self)
{
  self->func = NULL;
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  name_unref (self);
}
