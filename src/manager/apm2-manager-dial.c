/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Opening a connection on the service manager's own socket.
 *
 * GDBus's own handshake ends with BEGIN, which nobody answers. A manager that
 * reads it together with the first message (seen with systemd 252 on a machine
 * under load) looks at that message only when more arrives, which is never. So
 * we shake hands ourselves, all in one write: the one answer to it is made by
 * a manager that has read BEGIN too, and only then GDBus begins to speak.
 */

#include "apm2-manager-dial.h"

#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "apm2-error.h"

/* "OK", a blank, 32 hex digits, an end of line. What follows are messages: not
 * a byte more must be read here. */
#define ANSWER_BYTES 37

typedef struct
{
  GSocketConnection *stream; /* (nullable) */
  char *words;
  gsize n_words;
  char answer[ANSWER_BYTES + 1];
} Dial;

static void
dial_free (gpointer data)
{
  Dial *dial = data;

  g_clear_object (&dial->stream);
  g_free (dial->words);
  g_free (dial);
}

/* EXTERNAL: the kernel tells who we are; the digits of the uid in hex. */
static void
set_words (Dial *dial)
{
  g_autofree char *uid = g_strdup_printf ("%u", (guint) geteuid ());
  g_autoptr (GString) words = g_string_new_len ("\0AUTH EXTERNAL ", 15);

  for (const char *digit = uid; *digit != '\0'; digit++)
    g_string_append_printf (words, "%02x", (guint) *digit);
  g_string_append (words, "\r\nBEGIN\r\n");
  dial->n_words = words->len;
  dial->words = g_string_free (g_steal_pointer (&words), FALSE);
}

static void
on_connection (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_finish (result, &error);

  if (connection != NULL)
    g_task_return_pointer (task, connection, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;
  gsize n_read = 0;

  if (!g_input_stream_read_all_finish (
          G_INPUT_STREAM (source), result, &n_read, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (n_read != ANSWER_BYTES || !g_str_has_prefix (dial->answer, "OK ")
      || !g_str_has_suffix (dial->answer, "\r\n"))
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_NOT_AUTHORIZED,
                               "The service manager refuses the connection");
      return;
    }
  g_dbus_connection_new (G_IO_STREAM (dial->stream),
                         NULL,
                         G_DBUS_CONNECTION_FLAGS_NONE,
                         NULL,
                         g_task_get_cancellable (task),
                         on_connection,
                         g_object_ref (task));
}

static void
on_said (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (
          G_OUTPUT_STREAM (source), result, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  g_input_stream_read_all_async (
      g_io_stream_get_input_stream (G_IO_STREAM (dial->stream)),
      dial->answer,
      ANSWER_BYTES,
      G_PRIORITY_DEFAULT,
      g_task_get_cancellable (task),
      on_answered,
      g_object_ref (task));
}

static void
on_stream (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;

  dial->stream = g_socket_client_connect_finish (
      G_SOCKET_CLIENT (source), result, &error);
  if (dial->stream == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  set_words (dial);
  g_output_stream_write_all_async (
      g_io_stream_get_output_stream (G_IO_STREAM (dial->stream)),
      dial->words,
      dial->n_words,
      G_PRIORITY_DEFAULT,
      g_task_get_cancellable (task),
      on_said,
      g_object_ref (task));
}

/**
 * apm2_manager_dial_async:
 * @path: of a manager's own socket
 * @cancellable: (nullable): to give up
 * @callback: told of the result
 * @user_data: (closure): for @callback
 */
void
apm2_manager_dial_async (const char *path,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  g_task_set_source_tag (task, apm2_manager_dial_async);
  g_task_set_task_data (task, g_new0 (Dial, 1), dial_free);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client,
                                 G_SOCKET_CONNECTABLE (address),
                                 cancellable,
                                 on_stream,
                                 g_object_ref (task));
}

/**
 * apm2_manager_dial_finish:
 * @result: of apm2_manager_dial_async()
 * @error: NOT_AUTHORIZED, or an error of the socket
 *
 * Returns: (transfer full): the connection, or %NULL
 */
GDBusConnection *
apm2_manager_dial_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
