/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the watchdog is told, and the writer of the heartbeat. */

#include "apm2-watchdog.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-heartbeat-json.h"
#include "apm2-heartbeat-writer.h"
#include "apm2-log.h"
#include "apm2-time.h"
#include "wait.h"

typedef struct
{
  char *dir;
  char *path;
  int fd;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  fixture->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "notify", NULL);
  fixture->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_assert_cmpuint (
      g_strlcpy (address.sun_path, fixture->path, sizeof address.sun_path),
      <,
      sizeof address.sun_path);
  g_assert_cmpint (
      bind (fixture->fd, (const struct sockaddr *) &address, sizeof address),
      ==,
      0);
  g_assert_true (g_setenv ("NOTIFY_SOCKET", fixture->path, TRUE));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_assert_true (g_close (fixture->fd, NULL));
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->path);
  g_free (fixture->dir);
}

/* What has been told since the last look. */
static char *
hear (Fixture *fixture)
{
  g_autoptr (GString) all = g_string_new (NULL);
  char text[256];
  ssize_t n = 0;

  while ((n = recv (fixture->fd, text, sizeof text, 0)) > 0)
    {
      g_string_append_len (all, text, n);
      g_string_append_c (all, ';');
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Long enough for several pings. */
static void
let_time_pass (void)
{
  gboolean over = FALSE;

  (void) g_timeout_add (100, on_time, &over);
  wait_for_flag (&over);
}

static void
test_fed_once_a_cycle (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Watchdog) watchdog = NULL;
  g_autofree char *before = NULL;
  g_autofree char *late = NULL;
  g_autofree char *after = NULL;

  g_assert_true (g_setenv ("WATCHDOG_USEC", "20000", TRUE));
  watchdog = apm2_watchdog_new ();
  g_assert_cmpuint (apm2_watchdog_get_interval_usec (watchdog), ==, 10000);

  /* The loop turns, and that is not enough. */
  let_time_pass ();
  before = hear (fixture);
  g_assert_cmpstr (before, ==, "");

  /* It is overdue: it does not wait for its turn. */
  apm2_watchdog_note_cycle (watchdog);
  late = hear (fixture);
  g_assert_cmpstr (late, ==, "WATCHDOG=1;");

  /* In time it does, and once. */
  apm2_watchdog_note_cycle (watchdog);
  apm2_watchdog_note_cycle (watchdog);
  let_time_pass ();
  after = hear (fixture);
  g_assert_cmpstr (after, ==, "WATCHDOG=1;");
}

static void
test_silent_without_a_watchdog (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Watchdog) watchdog = apm2_watchdog_new ();
  g_autofree char *text = NULL;

  g_assert_cmpuint (apm2_watchdog_get_interval_usec (watchdog), ==, 0);
  apm2_watchdog_note_cycle (watchdog);
  let_time_pass ();
  text = hear (fixture);
  g_assert_cmpstr (text, ==, "");
}

static void
test_says_each_thing_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Watchdog) watchdog = apm2_watchdog_new ();
  g_autofree char *text = NULL;

  apm2_watchdog_set_ready (watchdog);
  apm2_watchdog_set_ready (watchdog);
  apm2_watchdog_set_stopping (watchdog);

  text = hear (fixture);
  g_assert_cmpstr (text, ==, "READY=1;STOPPING=1;");
}

static void
test_status_is_told_later (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Watchdog) watchdog = apm2_watchdog_new ();
  g_autofree char *now = NULL;
  g_autofree char *later = NULL;
  g_autofree char *no_more = NULL;

  apm2_watchdog_set_status (watchdog, "one");
  apm2_watchdog_set_status (watchdog, "two");
  now = hear (fixture);
  g_assert_cmpstr (now, ==, "");

  while (later == NULL || later[0] == '\0')
    {
      g_main_context_iteration (NULL, TRUE);
      g_free (later);
      later = hear (fixture);
    }
  g_assert_cmpstr (later, ==, "STATUS=two;");
  apm2_watchdog_set_status (watchdog, "two");
  g_assert_false (g_main_context_pending (NULL));
  no_more = hear (fixture);
  g_assert_cmpstr (no_more, ==, "");
}

static void
test_status_of_the_end_is_told_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Apm2Watchdog) watchdog = apm2_watchdog_new ();
  g_autofree char *text = NULL;

  apm2_watchdog_set_status (watchdog, "busy");
  apm2_watchdog_set_stopping (watchdog);
  apm2_watchdog_set_status (watchdog, "stopping");

  /* That it stops is said once, and a test before may have. */
  text = hear (fixture);
  g_assert_true (g_str_has_suffix (text, "STATUS=stopping;"));
  g_assert_null (strstr (text, "busy"));
}

static Apm2Heartbeat *
new_heartbeat (guint64 cycle)
{
  Apm2Heartbeat *heartbeat = apm2_heartbeat_new ();

  heartbeat->pid = 1;
  g_free (heartbeat->instance);
  heartbeat->instance = g_strdup ("test");
  g_free (heartbeat->boot_id);
  heartbeat->boot_id = g_strdup (apm2_time_boot_id ());
  heartbeat->cycle_count = cycle;
  return heartbeat;
}

static void
write_heartbeat (Apm2HeartbeatWriter *writer, guint64 cycle)
{
  g_autoptr (Apm2Heartbeat) heartbeat = new_heartbeat (cycle);

  apm2_heartbeat_writer_write (writer, heartbeat);
}

typedef struct
{
  const char *path;
  guint64 cycle;
} Wait;

static gboolean
has_cycle (gpointer data)
{
  const Wait *wait = data;
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr (Apm2Heartbeat) heartbeat = NULL;

  if (!g_file_get_contents (wait->path, &text, &length, NULL))
    return FALSE;
  heartbeat = apm2_heartbeat_from_json (text, length, NULL);
  return heartbeat != NULL && heartbeat->cycle_count == wait->cycle;
}

static gboolean
has_trouble (gpointer data)
{
  return apm2_heartbeat_writer_get_trouble (data) != NULL;
}

static gboolean
has_no_trouble (gpointer data)
{
  return !has_trouble (data);
}

/* The thread that writes wakes nobody but the writer. */
static void
wait_ticking (WaitCondition is_true, gpointer data)
{
  guint tick = g_timeout_add (5, on_tick, NULL);

  wait_until (is_true, data);
  g_assert_true (g_source_remove (tick));
}

static void
test_newest_heartbeat_is_written (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path
      = g_build_filename (fixture->dir, "heartbeat.json", NULL);
  g_autoptr (Apm2HeartbeatWriter) writer
      = apm2_heartbeat_writer_new (path, 0600);
  Wait wait = { path, 9 };

  for (guint64 i = 1; i <= 9; i++)
    write_heartbeat (writer, i);
  wait_ticking (has_cycle, &wait);

  g_assert_null (apm2_heartbeat_writer_get_trouble (writer));
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_failed_heartbeat_is_told (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dir = g_build_filename (fixture->dir, "later", NULL);
  g_autofree char *path = g_build_filename (dir, "heartbeat.json", NULL);
  g_autoptr (Apm2HeartbeatWriter) writer
      = apm2_heartbeat_writer_new (path, 0600);

  write_heartbeat (writer, 1);
  wait_ticking (has_trouble, writer);
  g_assert_cmpstr (
      apm2_heartbeat_writer_get_trouble (writer), ==, "heartbeat_failed");

  g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  write_heartbeat (writer, 2);
  wait_ticking (has_no_trouble, writer);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  apm2_log_init ("test", FALSE);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("watchdog/ping/once-a-cycle", test_fed_once_a_cycle);
  ADD ("watchdog/ping/none-if-nobody-watches", test_silent_without_a_watchdog);
  ADD ("watchdog/notify/each-thing-once", test_says_each_thing_once);
  ADD ("watchdog/notify/status-later", test_status_is_told_later);
  ADD ("watchdog/notify/status-of-the-end",
       test_status_of_the_end_is_told_at_once);
  ADD ("heartbeat-writer/write/the-newest-is-written",
       test_newest_heartbeat_is_written);
  ADD ("heartbeat-writer/write/a-failure-is-told-and-passes",
       test_failed_heartbeat_is_told);
#undef ADD
  return g_test_run ();
}
