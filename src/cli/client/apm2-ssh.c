/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A message bus of another machine, spoken to through a child's pipes.
 *
 * The bridge at the other end lets anybody in who can write to it, and is
 * itself on the bus as whom ssh logged in. What ssh has to say or to ask goes
 * to the terminal as usual.
 */

#include "apm2-ssh.h"

#include <signal.h>

#include <glib/gi18n.h>

#include "apm2-error.h"

/* The shell there did not find the bridge. */
#define STATUS_NOT_FOUND 127
/* ssh itself failed. */
#define STATUS_SSH 255

typedef struct
{
  GSubprocess *child; /* (owned) */
  char *problem;      /* (owned) (nullable) */
} Opening;

static void
opening_free (gpointer data)
{
  Opening *self = data;

  g_clear_object (&self->child);
  g_free (self->problem);
  g_free (self);
}

static void
on_child_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  const int status = g_subprocess_wait_finish (self->child, result, NULL)
                             && g_subprocess_get_if_exited (self->child)
                         ? g_subprocess_get_exit_status (self->child)
                         : -1;

  if (status == STATUS_SSH)
    g_task_return_new_error (
        task, APM2_ERROR, APM2_ERROR_UNAVAILABLE, _ ("ssh did not get there"));
  else if (status == STATUS_NOT_FOUND)
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_UNAVAILABLE,
                             _ ("there is no systemd-stdio-bridge there"));
  else if (status > 0)
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_UNAVAILABLE,
                             _ ("systemd-stdio-bridge ended with status %d"),
                             status);
  else
    g_task_return_new_error (
        task, APM2_ERROR, APM2_ERROR_UNAVAILABLE, "%s", self->problem);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus
      = g_dbus_connection_new_finish (result, &error);

  if (bus != NULL)
    {
      /* Lives as long as the connection. */
      g_object_set_data_full (G_OBJECT (bus),
                              "apm2-ssh",
                              g_object_ref (self->child),
                              g_object_unref);
      g_task_return_pointer (task, g_steal_pointer (&bus), g_object_unref);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_subprocess_send_signal (self->child, SIGTERM);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  /* Why the child ended says more. */
  g_dbus_error_strip_remote_error (error);
  self->problem = g_strdup (error->message);
  (void) g_output_stream_close (
      g_subprocess_get_stdin_pipe (self->child), NULL, NULL);
  g_subprocess_wait_async (self->child,
                           g_task_get_cancellable (task),
                           on_child_ended,
                           g_object_ref (task));
}

/**
 * apm2_ssh_open_async:
 * @argv: (array zero-terminated=1): a command that speaks D-Bus
 * @cancellable: (nullable): calls it off, and ends the child
 * @callback: gets the result, from the main loop
 * @user_data: for @callback
 *
 * Runs @argv and says hello to the bus behind it.
 */
void
apm2_ssh_open_async (const char *const *argv,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = NULL;
  Opening *self = g_new0 (Opening, 1);

  g_task_set_source_tag (task, apm2_ssh_open_async);
  g_task_set_task_data (task, self, opening_free);
  self->child = g_subprocess_newv (argv,
                                   G_SUBPROCESS_FLAGS_STDIN_PIPE
                                       | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                   &error);
  if (self->child == NULL)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               _ ("cannot run ssh: %s"),
                               error->message);
      return;
    }
  stream = g_simple_io_stream_new (g_subprocess_get_stdout_pipe (self->child),
                                   g_subprocess_get_stdin_pipe (self->child));
  g_dbus_connection_new (stream,
                         NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                             | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                         NULL,
                         cancellable,
                         on_connected,
                         g_object_ref (task));
}

/**
 * apm2_ssh_open_finish:
 * @result: what the callback got
 * @error: UNAVAILABLE, with the reason alone; %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full): the message bus
 */
GDBusConnection *
apm2_ssh_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
