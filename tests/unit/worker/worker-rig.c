/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program apm2-worker between a fake broker and a service manager that
 * listens.
 */

#include "worker-rig.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-heartbeat-json.h"
#include "wait.h"

static gboolean
on_notified (int fd, GIOCondition condition, gpointer user_data)
{
  WorkerRig *rig = user_data;
  char text[1024];
  ssize_t n = recv (fd, text, sizeof text, 0);

  if (n > 0)
    {
      g_string_append_len (rig->notes, text, n);
      g_string_append_c (rig->notes, '\n');
    }
  return G_SOURCE_CONTINUE;
}

void
worker_rig_set_up (WorkerRig *rig, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *socket_dir = NULL;

  rig->home = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  socket_dir = g_build_filename (rig->home, "apm2", NULL);
  g_assert_cmpint (g_mkdir (socket_dir, 0700), ==, 0);
  rig->broker = fake_broker_new (rig->home);
  rig->notes = g_string_new (NULL);
  rig->notify_path = g_build_filename (rig->home, "notify", NULL);
  rig->notify_fd
      = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpuint (
      g_strlcpy (address.sun_path, rig->notify_path, sizeof address.sun_path),
      <,
      sizeof address.sun_path);
  g_assert_cmpint (
      bind (rig->notify_fd, (const struct sockaddr *) &address, sizeof address),
      ==,
      0);
  rig->notify_source
      = g_unix_fd_add (rig->notify_fd, G_IO_IN, on_notified, rig);
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WorkerRig *rig = user_data;

  g_assert_true (
      g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL));
  rig->exited = TRUE;
}

void
worker_rig_tear_down (WorkerRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (rig->worker != NULL && !rig->exited)
    g_subprocess_force_exit (rig->worker);
  if (rig->worker != NULL)
    wait_for_flag (&rig->exited);
  g_clear_object (&rig->worker);
  fake_broker_free (rig->broker);
  g_assert_true (g_source_remove (rig->notify_source));
  g_assert_true (g_close (rig->notify_fd, NULL));
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, rig->home, &error));
  g_assert_no_error (error);
  (void) g_string_free (rig->notes, TRUE);
  g_free (rig->notify_path);
  g_free (rig->home);
}

/* @options: one text, parted by spaces. Whatever manager this machine has is
 * left alone. */
void
worker_rig_start (WorkerRig *rig,
                  const char *options,
                  const char *watchdog_usec)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *line = g_strconcat (
      TEST_LIBEXECDIR "/apm2-worker --user --executor direct ", options, NULL);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "APM2_HOME", rig->home, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", rig->home, TRUE);
  g_subprocess_launcher_setenv (
      launcher, "APM2_LIBEXECDIR", TEST_LIBEXECDIR, TRUE);
  g_subprocess_launcher_setenv (
      launcher, "NOTIFY_SOCKET", rig->notify_path, TRUE);
  if (watchdog_usec != NULL)
    g_subprocess_launcher_setenv (
        launcher, "WATCHDOG_USEC", watchdog_usec, TRUE);
  rig->worker = g_subprocess_launcher_spawnv (
      launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_subprocess_wait_async (rig->worker, NULL, on_exited, rig);
}

int
worker_rig_run (WorkerRig *rig, const char *options)
{
  worker_rig_start (rig, options, NULL);
  wait_for_flag (&rig->exited);
  g_assert_true (g_subprocess_get_if_exited (rig->worker));
  return g_subprocess_get_exit_status (rig->worker);
}

typedef struct
{
  const WorkerRig *rig;
  const char *text;
  guint count;
} Wait;

guint
worker_rig_count_notes (const WorkerRig *rig, const char *line)
{
  g_auto (GStrv) lines = g_strsplit (rig->notes->str, "\n", -1);
  guint count = 0;

  for (gsize i = 0; lines[i] != NULL; i++)
    count += g_str_equal (lines[i], line) ? 1 : 0;
  return count;
}

static gboolean
has_notes (gpointer data)
{
  const Wait *wait = data;

  return worker_rig_count_notes (wait->rig, wait->text) >= wait->count;
}

void
worker_rig_wait_notes (WorkerRig *rig, const char *line, guint count)
{
  Wait wait = { rig, line, count };

  wait_until (has_notes, &wait);
}

Apm2Heartbeat *
worker_rig_read_heartbeat (const WorkerRig *rig, const char *name)
{
  g_autofree char *path
      = g_build_filename (rig->home, "private", "fac", name, NULL);
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return NULL;
  return apm2_heartbeat_from_json (text, length, NULL);
}

static gboolean
has_health (gpointer data)
{
  const Wait *wait = data;
  g_autoptr (Apm2Heartbeat) heartbeat
      = worker_rig_read_heartbeat (wait->rig, "worker_heartbeat.json");

  if (heartbeat == NULL || heartbeat->cycle_count < wait->count)
    return FALSE;
  return g_str_equal (heartbeat->health_reason != NULL
                          ? heartbeat->health_reason
                          : heartbeat->health_status,
                      wait->text);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* @health: the reason, or the status without one. */
void
worker_rig_wait_health (WorkerRig *rig, const char *health, guint cycle)
{
  Wait wait = { rig, health, cycle };
  guint tick = g_timeout_add (10, on_tick, NULL);

  wait_until (has_health, &wait);
  g_assert_true (g_source_remove (tick));
}
