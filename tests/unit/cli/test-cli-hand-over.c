/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is said when a commit is handed over, and what when that fails. */

#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-hand-over.h"
#include "apm2-names.h"

/* More than a socket takes before somebody reads. */
#define FILE_SIZE 1000000

/* A broker that reads so much, says a word or none, and hangs up. */
typedef struct
{
  gsize to_read; /* bytes; G_MAXSIZE: up to the end */
  const char *answer;
} Manners;

typedef struct
{
  char *dir;
  char *commit;
  GDBusServer *server;
  GDBusConnection *peer;
  guint object;
  Apm2Client *client;
  const Manners *manners;
  GThread *reader; /* (nullable) until something is handed over */
  int fd;          /* its end */
  gsize received;
} Fixture;

static char *
run_git (const char *dir, const char *script)
{
  const char *argv[] = { "sh", "-ec", script, NULL };
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  int status = -1;

  (void) g_spawn_sync (dir,
                       (char **) argv,
                       NULL,
                       G_SPAWN_SEARCH_PATH,
                       NULL,
                       NULL,
                       &out,
                       NULL,
                       &status,
                       &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return g_strdup (g_strstrip (out));
}

static gpointer
read_and_answer (gpointer data)
{
  Fixture *self = data;
  g_autofree char *buffer = g_malloc (65536);
  gssize n = 0;

  while (self->received < self->manners->to_read
         && (n = read (self->fd, buffer, 65536)) > 0)
    self->received += (gsize) n;
  if (self->manners->answer != NULL)
    (void) send (self->fd,
                 self->manners->answer,
                 strlen (self->manners->answer),
                 MSG_NOSIGNAL);
  (void) close (self->fd);
  return NULL;
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
  Fixture *self = user_data;
  g_autoptr (GUnixFDList) list = NULL;
  int fds[2] = { -1, -1 };

  g_assert_cmpint (
      socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  list = g_unix_fd_list_new_from_array (&fds[0], 1);
  self->fd = fds[1];
  self->reader = g_thread_new ("broker", read_and_answer, self);
  g_dbus_method_invocation_return_value_with_unix_fd_list (
      invocation, g_variant_new ("(hs)", 0, "h1"), list);
}

static const char xml[]
    = "<node><interface name='" APM2_IFACE_QUEUE "'><method name='HandOver'>"
      "<arg type='a{sv}' direction='in'/><arg type='h' direction='out'/>"
      "<arg type='s' direction='out'/></method></interface></node>";

static gboolean
on_new_connection (GDBusServer *server,
                   GDBusConnection *connection,
                   gpointer user_data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  Fixture *self = user_data;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GError) error = NULL;

  self->peer = g_object_ref (connection);
  self->object = g_dbus_connection_register_object (connection,
                                                    APM2_OBJECT_QUEUE,
                                                    node->interfaces[0],
                                                    &vtable,
                                                    self,
                                                    NULL,
                                                    &error);
  g_assert_no_error (error);
  return TRUE;
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **place)
{
  while (*place == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  return *place;
}

static void
connect_client (Fixture *self)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autofree char *address = g_strdup_printf ("unix:dir=%s", self->dir);
  g_autoptr (GAsyncResult) result = NULL;
  GDBusConnection *connection = NULL;
  g_autoptr (GError) error = NULL;

  self->server = g_dbus_server_new_sync (
      address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (
      self->server, "new-connection", G_CALLBACK (on_new_connection), self);
  g_dbus_server_start (self->server);
  g_dbus_connection_new_for_address (
      g_dbus_server_get_client_address (self->server),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
      NULL,
      NULL,
      on_result,
      &result);
  connection
      = g_dbus_connection_new_for_address_finish (wait_for (&result), &error);
  g_assert_no_error (error);
  while (self->peer == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  self->client = apm2_client_new (connection, TRUE, FALSE);
}

static void
set_up (Fixture *self, gconstpointer manners)
{
  g_autofree char *script = g_strdup_printf (
      "git init -q repo; cd repo; head -c %d /dev/urandom >file; git add file; "
      "git -c user.name=n -c user.email=e commit -q -m one; git rev-parse HEAD",
      FILE_SIZE);

  self->dir = g_dir_make_tmp ("apm2-hand-over-XXXXXX", NULL);
  self->manners = manners;
  self->commit = run_git (self->dir, script);
  connect_client (self);
}

static void
tear_down (Fixture *self, gconstpointer manners)
{
  g_autofree char *nothing = NULL;

  apm2_client_close (self->client);
  g_dbus_connection_unregister_object (self->peer, self->object);
  g_object_unref (self->peer);
  g_dbus_server_stop (self->server);
  g_object_unref (self->server);
  nothing = run_git (self->dir, "rm -rf repo");
  (void) g_rmdir (self->dir);
  g_free (self->dir);
  g_free (self->commit);
}

static char *
hand_over (Fixture *self, const char *commit, GError **error)
{
  g_autofree char *repository = g_build_filename (self->dir, "repo", NULL);
  g_autoptr (GAsyncResult) result = NULL;

  apm2_hand_over_async (
      self->client, repository, commit, NULL, on_result, &result);
  (void) wait_for (&result);
  g_thread_join (self->reader);
  return apm2_hand_over_finish (result, error);
}

static void
test_all_of_it (Fixture *self, gconstpointer manners)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = hand_over (self, self->commit, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "h1");
  g_assert_cmpuint (self->received, >, FILE_SIZE);
}

static void
test_broker_goes_away (Fixture *self, gconstpointer manners)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = hand_over (self, self->commit, &error);

  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_null (name);
}

static void
test_broker_refuses (Fixture *self, gconstpointer manners)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = hand_over (self, self->commit, &error);

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "handed over: too much"));
  g_assert_null (name);
}

static void
test_git_fails (Fixture *self, gconstpointer manners)
{
  g_autofree char *other = g_strnfill (strlen (self->commit), '1');
  g_autoptr (GError) error = NULL;
  g_autofree char *name = hand_over (self, other, &error);

  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "git cannot pack"));
  g_assert_null (name);
}

int
main (int argc, char **argv)
{
  static const Manners takes = { G_MAXSIZE, "ok\n" };
  static const Manners dies_at_once = { 0, NULL };
  static const Manners dies = { 100000, NULL };
  static const Manners dies_at_the_end = { G_MAXSIZE, NULL };
  static const Manners refuses = { 100000, "error: too much\n" };

  g_test_init (&argc, &argv, NULL);
#define ADD(path, manners, func)                                               \
  g_test_add (                                                                 \
      "/apm2/cli-hand-over/" path, Fixture, &manners, set_up, func, tear_down)
  ADD ("all-of-it", takes, test_all_of_it);
  ADD ("broker-goes-away/at-once", dies_at_once, test_broker_goes_away);
  ADD ("broker-goes-away/in-the-middle", dies, test_broker_goes_away);
  ADD ("broker-goes-away/unsaid", dies_at_the_end, test_broker_goes_away);
  ADD ("broker-refuses", refuses, test_broker_refuses);
  ADD ("git-fails", takes, test_git_fails);
#undef ADD
  return g_test_run ();
}
