/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker tells the service manager: the watchdog is fed only by a
 * store that answers. The manager is a socket.
 */

#include "apm2-service-notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <glib/gstdio.h>

#include "apm2-log.h"
#include "apm2-names.h"
#include "sqlite-engine.h"
#include "store-vfs.h"

/* No test takes this long unless it hangs. */
#define WAIT_SEC 60

typedef struct
{
  StoreHarness *h;
  char *dir;
  char *path;
  int fd;
  Apm2Paths *paths;
  Apm2Health *health;
  Apm2ServiceNotify *notify;
  GString *heard;
} Fixture;

static void
set_up (Fixture *self, gconstpointer watchdog_usec)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr (Apm2WorkerRegistry) registry = apm2_worker_registry_new (1000000);
  g_autoptr (Apm2JobTable) table = apm2_job_table_new (1);
  g_autoptr (GError) error = NULL;

  self->h = store_harness_new (&sqlite_engine, 0);
  self->dir = g_dir_make_tmp ("apm2-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->dir, "notify", NULL);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_strlcpy (address.sun_path, self->path, sizeof address.sun_path);
  g_assert_cmpint (
      bind (self->fd, (const struct sockaddr *) &address, sizeof address),
      ==,
      0);
  g_assert_true (g_setenv ("NOTIFY_SOCKET", self->path, TRUE));
  g_assert_true (g_setenv ("WATCHDOG_USEC", watchdog_usec, TRUE));
  g_assert_true (g_setenv (APM2_ENV_HOME, self->dir, TRUE));

  self->heard = g_string_new (NULL);
  self->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  self->health = apm2_health_new (registry, self->paths);
  self->notify = apm2_service_notify_new (self->h->store, table, self->health);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_object_unref (self->notify);
  g_object_unref (self->health);
  apm2_paths_free (self->paths);
  store_harness_free (self->h);
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_assert_true (g_close (self->fd, NULL));
  g_assert_cmpint (g_remove (self->path), ==, 0);
  g_assert_cmpint (g_rmdir (self->dir), ==, 0);
  g_free (self->path);
  g_free (self->dir);
  g_string_free (self->heard, TRUE);
}

static void
hear (Fixture *self)
{
  char text[256];
  ssize_t n = 0;

  while ((n = recv (self->fd, text, sizeof text, 0)) > 0)
    {
      g_string_append_len (self->heard, text, n);
      g_string_append_c (self->heard, ';');
    }
}

static guint
count (Fixture *self, const char *word)
{
  guint n = 0;

  hear (self);
  for (const char *c = strstr (self->heard->str, word); c != NULL;
       c = strstr (c + 1, word))
    n++;
  return n;
}

static gboolean
on_deadline (gpointer user_data)
{
  g_assert_not_reached ();
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_for (Fixture *self, const char *word, guint n)
{
  guint deadline = g_timeout_add_seconds (WAIT_SEC, on_deadline, NULL);

  while (count (self, word) < n)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_source_remove (deadline));
}

/* Long enough for several pings. */
static void
let_time_pass (void)
{
  gboolean over = FALSE;

  (void) g_timeout_add (100, on_time, &over);
  while (!over)
    (void) g_main_context_iteration (NULL, TRUE);
}

/* Ends when the store may go on. */
static void
send_one (Fixture *self, StoreCall *call)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");

  store_vfs_hold_syncs (TRUE);
  store_harness_send (self->h->store, spec, call);
  store_vfs_wait_held ();
}

static void
test_living_store_feeds (Fixture *self, gconstpointer data)
{
  apm2_service_notify_ready (self->notify);

  wait_for (self, "WATCHDOG=1", 3);
  g_assert_true (g_str_has_prefix (self->heard->str, "READY=1;STATUS="));
}

/* The loop turns all the time. */
static void
test_hanging_store_starves (Fixture *self, gconstpointer data)
{
  g_auto (StoreCall) call = { NULL };

  send_one (self, &call);
  apm2_service_notify_ready (self->notify);
  let_time_pass ();
  g_assert_cmpuint (count (self, "WATCHDOG=1"), ==, 0);

  store_vfs_hold_syncs (FALSE);
  wait_for (self, "WATCHDOG=1", 2);
}

/* The next turn is a second away. */
static void
test_late_answer_feeds_at_once (Fixture *self, gconstpointer data)
{
  g_auto (StoreCall) call = { NULL };
  gint64 begun = 0;

  send_one (self, &call);
  apm2_service_notify_ready (self->notify);
  for (guint i = 0; i < 11; i++)
    let_time_pass ();
  g_assert_cmpuint (count (self, "WATCHDOG=1"), ==, 0);

  begun = g_get_monotonic_time ();
  store_vfs_hold_syncs (FALSE);
  wait_for (self, "WATCHDOG=1", 1);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 800000);
}

static void
test_stop_comes_first (Fixture *self, gconstpointer data)
{
  apm2_service_notify_starting (self->notify);
  apm2_service_notify_stopping (self->notify);
  apm2_service_notify_stopping (self->notify);
  apm2_service_notify_ready (self->notify);

  g_assert_cmpuint (count (self, "STOPPING=1"), ==, 1);
  g_assert_cmpuint (count (self, "READY=1"), ==, 0);
  g_assert_nonnull (strstr (self->heard->str, "STATUS=opening the store"));
  g_assert_nonnull (strstr (self->heard->str, "STATUS=stopping; 0 pending"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  apm2_log_init ("test", FALSE);
  store_vfs_install ();

#define ADD(name, usec, function)                                              \
  g_test_add ("/apm2/service-notify/" name,                                    \
              Fixture,                                                         \
              usec,                                                            \
              set_up,                                                          \
              function,                                                        \
              tear_down)
  ADD ("watchdog/is-fed-by-a-living-store", "20000", test_living_store_feeds);
  ADD ("watchdog/starves-with-a-hanging-store",
       "20000",
       test_hanging_store_starves);
  ADD ("watchdog/is-fed-at-once-by-a-late-answer",
       "2000000",
       test_late_answer_feeds_at_once);
  /* The last one: a process says this once. */
  ADD ("stop/comes-first-even-in-a-start", "20000", test_stop_comes_first);
#undef ADD
  return g_test_run ();
}
