/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A commit with its history, for a worker that cannot read the repository.
 *
 * git packs it as the caller, straight into the broker's socket: nothing is
 * stored on the way, and the broker says when it has all of it. What goes over
 * is a git bundle; its few lines of text are written here, since
 * "git bundle create" wants a ref of the repository and a commit need not have
 * one.
 */

#include "apm2-hand-over.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-names.h"

#define ANSWER_MAX 4096

typedef struct
{
  char *repository;
  char *commit;
  char *name;
  int fd;
  GSubprocess *git;
  char *git_error; /* (nullable) git failed, and that is what it said */
  GInputStream *answer;
} HandOver;

static void
hand_over_free (gpointer data)
{
  HandOver *self = data;

  apm2_fd_clear (&self->fd);
  g_clear_object (&self->git);
  g_clear_object (&self->answer);
  g_free (self->git_error);
  g_free (self->repository);
  g_free (self->commit);
  g_free (self->name);
  g_free (self);
}

/* The broker's word comes first, and that there is none: git fails, too, when
 * it hangs up. */
static void
finish (GTask *task, const char *answer)
{
  HandOver *self = g_task_get_task_data (task);

  if (g_str_has_prefix (answer, "error: "))
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_FAILED,
                             _ ("The commit cannot be handed over: %s"),
                             answer + strlen ("error: "));
  else if (!g_str_equal (answer, "ok"))
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_UNAVAILABLE,
                             _ ("The broker went away while the commit was "
                                "handed over"));
  else if (self->git_error != NULL)
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_FAILED,
                             _ ("git cannot pack %s of %s: %s"),
                             self->commit,
                             self->repository,
                             self->git_error);
  else
    g_task_return_pointer (task, g_steal_pointer (&self->name), g_free);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (
      G_INPUT_STREAM (source), result, &error);
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;

  /* What git sent and nobody read was lost with the broker. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    {
      finish (task, "");
      return;
    }
  if (bytes == NULL)
    {
      g_task_return_error (task,
                           apm2_error_normalize (g_steal_pointer (&error)));
      return;
    }
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  valid = g_utf8_make_valid (text, -1);
  finish (task, g_strchomp (valid));
}

/* It is one line and comes in one piece. */
static void
await_answer (GTask *task)
{
  HandOver *self = g_task_get_task_data (task);

  (void) shutdown (self->fd, SHUT_WR);
  self->answer = g_unix_input_stream_new (self->fd, FALSE);
  g_input_stream_read_bytes_async (self->answer,
                                   ANSWER_MAX,
                                   G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task),
                                   on_answer,
                                   g_object_ref (task));
}

static void
on_packed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  HandOver *self = g_task_get_task_data (task);
  GSubprocess *git = G_SUBPROCESS (source);
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_subprocess_communicate_utf8_finish (git, result, NULL, &said, &error))
    {
      g_subprocess_force_exit (git);
      g_task_return_error (task,
                           apm2_error_normalize (g_steal_pointer (&error)));
      return;
    }
  if (!g_subprocess_get_successful (git))
    self->git_error = g_strdup (g_strstrip (said));
  await_answer (task);
}

/* The packed commit follows on what is in the socket already. */
static GSubprocess *
spawn_git (const HandOver *self, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  int out = fcntl (self->fd, F_DUPFD_CLOEXEC, 3);

  if (out < 0)
    {
      apm2_error_set_errno (error, errno, _ ("Cannot start git"));
      return NULL;
    }
  g_subprocess_launcher_take_stdout_fd (launcher, out);
  g_subprocess_launcher_setenv (launcher, "GIT_NO_REPLACE_OBJECTS", "1", TRUE);
  return g_subprocess_launcher_spawn (launcher,
                                      error,
                                      "git",
                                      "-C",
                                      self->repository,
                                      "pack-objects",
                                      "--quiet",
                                      "--stdout",
                                      "--revs",
                                      "--delta-base-offset",
                                      NULL);
}

static gboolean
write_header (const HandOver *self, GError **error)
{
  gboolean sha256 = strlen (self->commit) == 64;
  g_autofree char *text
      = g_strdup_printf ("# v%d git bundle\n%s%s refs/apm2/commit\n\n",
                         sha256 ? 3 : 2,
                         sha256 ? "@object-format=sha256\n" : "",
                         self->commit);
  gssize length = (gssize) strlen (text);

  /* Far less than an empty socket takes. */
  if (send (self->fd, text, (gsize) length, MSG_NOSIGNAL) == length)
    return TRUE;
  apm2_error_set_errno (error, errno, _ ("Cannot write to the broker"));
  return FALSE;
}

static void
pack (GTask *task)
{
  HandOver *self = g_task_get_task_data (task);
  g_autofree char *revs = g_strdup_printf ("%s\n", self->commit);
  GError *error = NULL;

  if (write_header (self, &error))
    self->git = spawn_git (self, &error);
  if (self->git == NULL)
    {
      g_task_return_error (task, apm2_error_normalize (error));
      return;
    }
  g_subprocess_communicate_utf8_async (self->git,
                                       revs,
                                       g_task_get_cancellable (task),
                                       on_packed,
                                       g_object_ref (task));
}

static void
on_begun (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  HandOver *self = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) list = NULL;
  GError *error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &list, result, &error);
  int handle = -1;

  if (reply == NULL)
    {
      g_task_return_error (task, apm2_client_take_error (error));
      return;
    }
  g_variant_get (reply, "(hs)", &handle, &self->name);
  self->fd = list != NULL ? g_unix_fd_list_get (list, handle, &error) : -1;
  if (self->fd >= 0)
    pack (task);
  else if (error != NULL)
    g_task_return_error (task, apm2_error_normalize (error));
  else
    g_task_return_new_error (
        task, APM2_ERROR, APM2_ERROR_FAILED, _ ("The broker sent no socket"));
}

/**
 * apm2_hand_over_async:
 * @client: the broker, on its operator socket
 * @repository: path of a repository that the caller can read
 * @commit: full id of a commit there
 * @cancellable: (nullable): to give up
 * @callback: called when the broker has the commit on its disk
 * @user_data: for @callback
 *
 * Gives the broker a commit with its whole history. Needs "git", and as much
 * time as it takes to pack.
 */
void
apm2_hand_over_async (Apm2Client *client,
                      const char *repository,
                      const char *commit,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  HandOver *self = g_new0 (HandOver, 1);

  self->fd = -1;
  self->repository = g_strdup (repository);
  self->commit = g_strdup (commit);
  g_task_set_source_tag (task, apm2_hand_over_async);
  g_task_set_task_data (task, self, hand_over_free);
  if (!client->peer)
    {
      g_task_return_new_error (
          task,
          APM2_ERROR,
          APM2_ERROR_NOT_AUTHORIZED,
          _ ("A commit can be handed over on the operator socket only, which "
             "is open to the group apm2"));
      return;
    }
  g_dbus_connection_call_with_unix_fd_list (
      client->connection,
      APM2_BUS_NAME,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "HandOver",
      g_variant_new_parsed ("(@a{sv} {},)"),
      G_VARIANT_TYPE ("(hs)"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START,
      -1,
      NULL,
      cancellable,
      on_begun,
      g_object_ref (task));
}

/**
 * apm2_hand_over_finish:
 * @result: of apm2_hand_over_async()
 * @error: what broker or git said
 *
 * Returns: (transfer full): the name of the hand-over. The job for it is
 *   submitted with this as `job_id` and as `source.bundle`, within an hour
 */
char *
apm2_hand_over_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
