/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * "apm2 fac services" with a service manager of the test's own: what the real
 * one does not do on demand, and where there is none.
 */

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <glib/gstdio.h>

#include "rig-broker.h"
#include "rig-systemd.h"
#include "rig-wait.h"

#define ACTIVE                                                                 \
  "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, 'SubState': "          \
  "<'running'>, 'UnitFileState': <'enabled'>, 'MainPID': <uint32 4711>, "      \
  "'ActiveEnterTimestampMonotonic': <uint64 1>}"
#define STOPPED "{'ActiveState': <'inactive'>, 'SubState': <'dead'>}"
#define FAILED  "{'ActiveState': <'failed'>, 'SubState': <'failed'>}"

typedef struct
{
  RigHome *home;
  RigSystemd *systemd;
  GSubprocess *program; /* (nullable) */
  GString *output;
  gboolean is_over;
  char buffer[4096];
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static const char *const units[]
      = { "apm2-daemon.service", "apm2-daemon.socket", "apm2-worker.service" };

  self->home = rig_home_new (NULL);
  self->systemd = rig_systemd_new ();
  self->output = g_string_new (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    rig_systemd_set (self->systemd, units[i], ACTIVE);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->program);
  rig_systemd_free (self->systemd);
  (void) g_string_free (self->output, TRUE);
  rig_home_free (self->home);
}

static void read_more (Fixture *self, GInputStream *stream);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *self = user_data;
  const gssize n
      = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0)
    {
      self->is_over = TRUE;
      return;
    }
  g_string_append_len (self->output, self->buffer, n);
  read_more (self, G_INPUT_STREAM (source));
}

static void
read_more (Fixture *self, GInputStream *stream)
{
  g_input_stream_read_async (stream,
                             self->buffer,
                             sizeof self->buffer,
                             G_PRIORITY_DEFAULT,
                             NULL,
                             on_read,
                             self);
}

static void
start (Fixture *self, const char *const *words)
{
  g_auto (GStrv) env = rig_home_environment (self->home);
  g_autofree char *path = rig_program ("cli/apm2");
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (argv, path);
  g_ptr_array_add (argv, (gpointer) "--user");
  g_ptr_array_add (argv, (gpointer) "fac");
  g_ptr_array_add (argv, (gpointer) "services");
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_set_environ (launcher, env);
  g_clear_object (&self->program);
  g_string_truncate (self->output, 0);
  self->is_over = FALSE;
  self->program = g_subprocess_launcher_spawnv (
      launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  read_more (self, g_subprocess_get_stdout_pipe (self->program));
}

static gboolean
is_over (gpointer data)
{
  return ((Fixture *) data)->is_over;
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (
      g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
await_exit (Fixture *self, int expected)
{
  gboolean has_ended = FALSE;

  rig_wait (is_over, self, "the end of its output");
  g_subprocess_wait_async (self->program, NULL, on_ended, &has_ended);
  rig_wait (is_true, &has_ended, "its end");
  g_test_message ("it printed: %s", self->output->str);
  g_assert_true (g_subprocess_get_if_exited (self->program));
  g_assert_cmpint (g_subprocess_get_exit_status (self->program), ==, expected);
}

#define RUN(self, expected, ...)                                               \
  G_STMT_START                                                                 \
  {                                                                            \
    start (self, (const char *const[]){ __VA_ARGS__, NULL });                  \
    await_exit (self, expected);                                               \
  }                                                                            \
  G_STMT_END

static json_t *
parse (Fixture *self)
{
  json_t *document = json_loads (self->output->str, 0, NULL);

  g_assert_nonnull (document);
  return document;
}

/* A socket that listens like the one of a socket unit: whoever connects would
 * have started the broker. */
static int
set_trap (Fixture *self)
{
  g_autofree char *dir = g_path_get_dirname (self->home->socket);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  (void) g_strlcpy (
      address.sun_path, self->home->socket, sizeof address.sun_path);
  g_assert_cmpint (
      bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 8), ==, 0);
  return fd;
}

static gboolean
has_caught (int fd)
{
  struct pollfd trap = { .fd = fd, .events = POLLIN };

  return poll (&trap, 1, 0) > 0;
}

static void
test_socket_of_a_dead_broker_is_left_alone (Fixture *self, gconstpointer data)
{
  int trap = set_trap (self);
  json_t *document = NULL;

  rig_systemd_set (self->systemd, "apm2-daemon.service", STOPPED);
  rig_systemd_listen (self->systemd, self->home->runtime);
  RUN (self, 1, "status", "--json");
  g_assert_false (has_caught (trap));
  document = parse (self);
  g_assert_true (json_is_false (
      json_object_get (json_object_get (document, "broker"), "reachable")));
  json_decref (document);

  /* An active one is asked; the trap is one that does not answer. */
  rig_systemd_set (self->systemd, "apm2-daemon.service", ACTIVE);
  RUN (self, 1, "status");
  g_assert_true (has_caught (trap));
  g_assert_nonnull (strstr (self->output->str, "does not answer"));
  (void) close (trap);
}

static void
test_without_manager_the_broker_decides (Fixture *self, gconstpointer data)
{
  RigProcess *broker = NULL;
  json_t *document = NULL;

  RUN (self, 3, "is-healthy");
  g_assert_cmpstr (self->output->str, ==, "unknown\n");
  broker = rig_broker_start (self->home);
  RUN (self, 1, "status", "--json");
  document = parse (self);
  g_assert_cmpuint (
      json_array_size (json_object_get (document, "services")), ==, 0);
  g_assert_cmpstr (json_string_value (json_array_get (
                       json_object_get (document, "reasons"), 0)),
                   ==,
                   "no_worker");
  json_decref (document);
  RUN (self, 1, "is-healthy", "-q");
  g_assert_cmpstr (self->output->str, ==, "");
  RUN (self, 1, "is-healthy", "--json");
  document = parse (self);
  g_assert_cmpstr (
      json_string_value (json_object_get (document, "overall_health")),
      ==,
      "degraded");
  json_decref (document);
  rig_process_free (broker);
}

static void
test_failed_unit_exits_with_two (Fixture *self, gconstpointer data)
{
  rig_systemd_set (self->systemd, "apm2-worker.service", FAILED);
  rig_systemd_listen (self->systemd, self->home->runtime);
  RUN (self, 2, "status");
  RUN (self, 2, "is-healthy", "worker");
  RUN (self, 6, "status", "no-such-unit");
}

static gboolean
has_read (gpointer data)
{
  return ((Fixture *) data)->systemd->n_read >= 3;
}

static void
test_wait_ends_with_the_change (Fixture *self, gconstpointer data)
{
  const char *const words[]
      = { "wait", "worker", "--until", "unhealthy", "--timeout=25", NULL };

  rig_systemd_listen (self->systemd, self->home->runtime);
  start (self, words);
  rig_wait (has_read, self, "the first look");
  g_assert_false (self->is_over);
  rig_systemd_change (self->systemd, "apm2-worker.service", FAILED);
  await_exit (self, 0);

  RUN (self, 1, "wait", "worker", "--timeout=1");
  RUN (self, 2, "wait", "--until=well");
  RUN (self, 2, "wait", "--timeout=never");
}

typedef struct
{
  Fixture *fixture;
  const char *part;
} Line;

static gboolean
has_line (gpointer data)
{
  const Line *line = data;

  return strstr (line->fixture->output->str, line->part) != NULL;
}

static void
await_line (Fixture *self, const char *part)
{
  Line line = { self, part };

  rig_wait (has_line, &line, part);
}

static void
test_monitor_tells_each_change (Fixture *self, gconstpointer data)
{
  const char *const words[] = { "monitor", "--json", NULL };

  rig_systemd_listen (self->systemd, self->home->runtime);
  start (self, words);
  await_line (self, "\"event\":\"overall\",\"unit\":null,\"old\":null");
  rig_systemd_change (self->systemd, "apm2-worker.service", FAILED);
  await_line (self,
              "\"unit\":\"apm2-worker.service\",\"old\":\"healthy\",\"new\":"
              "\"unhealthy\",\"reason\":\"failed\"");
  rig_systemd_set (self->systemd, "apm2-worker@a.service", ACTIVE);
  rig_systemd_emit (
      self->systemd, "UnitNew", "('apm2-worker@a.service', objectpath '/x')");
  await_line (self, "\"unit\":\"apm2-worker@a.service\",\"old\":null");
  rig_systemd_remove (self->systemd, "apm2-worker@a.service");
  await_line (self, "\"new\":\"unknown\",\"reason\":\"not_loaded\"");

  g_subprocess_send_signal (self->program, SIGINT);
  await_exit (self, 0);
}

#define ADD(name, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/services-live/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("socket-of-a-dead-broker-is-left-alone",
       test_socket_of_a_dead_broker_is_left_alone);
  ADD ("without-manager-the-broker-decides",
       test_without_manager_the_broker_decides);
  ADD ("failed-unit-exits-with-two", test_failed_unit_exits_with_two);
  ADD ("wait-ends-with-the-change", test_wait_ends_with_the_change);
  ADD ("monitor-tells-each-change", test_monitor_tells_each_change);
  return g_test_run ();
}
