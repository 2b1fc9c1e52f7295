/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a service tells its manager, and what SIGHUP does. The manager is a
 * socket. What was said is remembered for the process, so that each test is one
 * of its own. */

#include "apm2-reload.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-notify.h"

/* No test takes this long unless it hangs. */
#define WAIT_SEC 60

typedef struct
{
  char *dir;
  int fd;
  Apm2Paths *paths;
  Apm2ActiveConfig *config;
  Apm2Reload *reload;
} Scene;

static void
write_config (const Scene *scene, const char *text)
{
  g_autofree char *path = g_build_filename (scene->dir, "apm2.conf", NULL);
  g_autoptr (GError) error = NULL;

  (void) g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
scene_set_up (Scene *scene)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  scene->dir = g_dir_make_tmp ("apm2-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (scene->dir, "notify", NULL);
  scene->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (
      bind (scene->fd, (const struct sockaddr *) &address, sizeof address),
      ==,
      0);
  g_assert_true (g_setenv ("NOTIFY_SOCKET", path, TRUE));
  g_assert_true (g_setenv (APM2_ENV_HOME, scene->dir, TRUE));

  apm2_log_init ("apm2-x", FALSE);
  write_config (scene, "[lease]\nlost-max=5\n");
  scene->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  scene->config = apm2_active_config_new (scene->paths->config_file, &error);
  g_assert_no_error (error);
  scene->reload = apm2_reload_new (scene->config, scene->paths);
}

static void
scene_tear_down (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  apm2_reload_free (scene->reload);
  g_object_unref (scene->config);
  apm2_paths_free (scene->paths);
  g_assert_true (g_close (scene->fd, NULL));
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, scene->dir, &error));
  g_free (scene->dir);
}

/* What was told since the last look. */
static char *
hear (const Scene *scene)
{
  g_autoptr (GString) all = g_string_new (NULL);
  char text[256];
  ssize_t n = 0;

  while ((n = recv (scene->fd, text, sizeof text - 1, 0)) > 0)
    {
      text[n] = '\0';
      if (g_str_has_prefix (text, "RELOADING=1\nMONOTONIC_USEC="))
        g_string_append (all, "RELOADING=1 and when;");
      else
        g_string_append_printf (all, "%s;", text);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static void
assert_heard (const Scene *scene, const char *expected)
{
  g_autofree char *text = hear (scene);

  g_assert_cmpstr (text, ==, expected);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
wait_for_lost_max (const Scene *scene, guint64 value)
{
  guint deadline = g_timeout_add_seconds (WAIT_SEC, on_deadline, NULL);

  while (apm2_active_config_get (scene->config)->lost_max != value)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_source_remove (deadline));
}

static void
hang_up (void)
{
  g_assert_cmpint (kill (getpid (), SIGHUP), ==, 0);
}

static void
reload_to (const Scene *scene, guint64 value)
{
  g_autofree char *text
      = g_strdup_printf ("[lease]\nlost-max=%" G_GUINT64_FORMAT "\n", value);

  write_config (scene, text);
  hang_up ();
  wait_for_lost_max (scene, value);
}

static void
child_is_told_in_order (Scene *scene)
{
  apm2_notify_ready ();
  assert_heard (scene, "READY=1;");
  reload_to (scene, 7);
  assert_heard (scene, "RELOADING=1 and when;READY=1;");
  apm2_notify_stopping ();
  apm2_notify_stopping ();
  assert_heard (scene, "STOPPING=1;");
}

/* A start that is under way stays so, and a stop too. */
static void
child_makes_nothing_ready (Scene *scene)
{
  reload_to (scene, 7);
  assert_heard (scene, "");
  apm2_notify_ready ();
  apm2_notify_stopping ();
  assert_heard (scene, "READY=1;STOPPING=1;");
  reload_to (scene, 8);
  assert_heard (scene, "");
}

/* The second signal may come while the first is worked on. */
static void
child_takes_two_signals (Scene *scene)
{
  write_config (scene, "[lease]\nlost-max=6\n");
  hang_up ();
  (void) g_main_context_iteration (NULL, TRUE);
  write_config (scene, "[lease]\nlost-max=7\n");
  hang_up ();
  wait_for_lost_max (scene, 7);
}

static void
child_refuses_bad (Scene *scene)
{
  guint deadline = g_timeout_add_seconds (WAIT_SEC, on_deadline, NULL);
  g_autoptr (GString) heard = g_string_new (NULL);

  apm2_notify_ready ();
  assert_heard (scene, "READY=1;");
  write_config (scene, "[lease]\nlost-max=none\n");
  hang_up ();
  while (strstr (heard->str, "READY=1") == NULL)
    {
      g_autofree char *more = NULL;

      (void) g_main_context_iteration (NULL, TRUE);
      more = hear (scene);
      g_string_append (heard, more);
    }
  g_assert_true (g_source_remove (deadline));
  g_assert_cmpstr (heard->str, ==, "RELOADING=1 and when;READY=1;");
  g_assert_cmpuint (apm2_active_config_get (scene->config)->lost_max, ==, 5);
}

static void
child_applies_the_level (Scene *scene)
{
  write_config (scene, "[lease]\nlost-max=7\n[log]\nlevel=warning\n");
  hang_up ();
  wait_for_lost_max (scene, 7);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpstr (apm2_log_get_level (), ==, "warning");

  /* By hand; the file asks for the same as before. */
  g_assert_true (apm2_log_set_level ("debug"));
  write_config (scene, "[lease]\nlost-max=8\n[log]\nlevel=warning\n");
  hang_up ();
  wait_for_lost_max (scene, 8);
  g_assert_cmpstr (apm2_log_get_level (), ==, "debug");
}

typedef struct
{
  const char *name;
  void (*run) (Scene *scene);
  const char *stderr_pattern; /* (nullable) */
} Case;

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  Scene scene = { 0 };

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      if (self->stderr_pattern != NULL)
        g_test_trap_assert_stderr (self->stderr_pattern);
      return;
    }
  scene_set_up (&scene);
  self->run (&scene);
  scene_tear_down (&scene);
}

static const Case cases[] = {
  { "/apm2/reload/manager/is-told-in-order",
    child_is_told_in_order,
    "*There is no GitHub token*(absent)*Configuration reloaded from 1 "
    "files\n" },
  { "/apm2/reload/manager/start-and-stop-stay-what-they-are",
    child_makes_nothing_ready,
    NULL },
  { "/apm2/reload/signal/one-in-the-middle-is-not-lost",
    child_takes_two_signals,
    NULL },
  { "/apm2/reload/file/bad-is-refused-by-line",
    child_refuses_bad,
    "*warning: The new configuration is refused, the old one stays: "
    "*apm2.conf:2: [lease] lost-max:*" },
  { "/apm2/reload/file/level-holds-until-it-asks-for-another",
    child_applies_the_level,
    NULL },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], test_case);
  return g_test_run ();
}
