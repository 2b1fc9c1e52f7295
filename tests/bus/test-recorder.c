/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-recorder.h"

#include "test-loop.h"

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  Recorder *self = user_data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (
      self->lines,
      g_strdup_printf ("%s %s %s", strrchr (path, '/') + 1, signal, text));
}

Recorder *
recorder_new (GDBusConnection *connection)
{
  Recorder *self = g_new0 (Recorder, 1);

  self->connection = g_object_ref (connection);
  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->subscription
      = g_dbus_connection_signal_subscribe (connection,
                                            NULL,
                                            NULL,
                                            NULL,
                                            NULL,
                                            NULL,
                                            G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE,
                                            on_signal,
                                            self,
                                            NULL);
  return self;
}

void
recorder_free (Recorder *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_object_unref (self->connection);
  g_ptr_array_unref (self->lines);
  g_free (self);
}

char *
recorder_take (Recorder *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *joined = NULL;

  reply = test_call (self->connection,
                     NULL,
                     "/",
                     "org.freedesktop.DBus.Peer",
                     "Ping",
                     NULL,
                     &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->lines, NULL);
  joined = g_strjoinv ("\n", (char **) self->lines->pdata);
  g_ptr_array_set_size (self->lines, 0);
  return joined;
}
