/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The stage for tests that run real steps under the real supervisor.
 */

#include "scene.h"

#include <fcntl.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-log.h"
#include "wait.h"

static void
remove_dir (const char *dir)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, dir, &error));
  g_assert_no_error (error);
}

int
scene_run_tests (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("apm2-XXXXXX", &error);
  int status = 0;

  g_assert_no_error (error);
  /* As the program has it. */
  (void) umask (0077);
  /* Warnings are provoked in some tests. */
  apm2_log_init ("test", FALSE);
  /* Once, before there are threads. */
  g_assert_true (g_setenv ("APM2_HOME", home, TRUE));
  g_assert_true (g_setenv ("XDG_RUNTIME_DIR", home, TRUE));
  g_assert_true (g_setenv ("APM2_LIBEXECDIR", TEST_LIBEXECDIR, TRUE));
  status = g_test_run ();
  remove_dir (home);
  return status;
}

void
scene_set_up (Scene *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_paths_ensure (self->paths, &error));
  self->dir = g_build_filename (self->paths->home, "scene", NULL);
  g_assert_cmpint (g_mkdir (self->dir, 0700), ==, 0);
  self->executor
      = APM2_EXECUTOR (apm2_executor_direct_new (self->paths, NULL, 0, &error));
  g_assert_no_error (error);
}

void
scene_tear_down (Scene *self, gconstpointer data)
{
  g_assert_finalize_object (self->executor);
  remove_dir (self->paths->home);
  apm2_paths_free (self->paths);
  g_free (self->dir);
}

void
scene_configure (Scene *self, const char *text)
{
  g_autofree char *path = scene_path (self, "apm2.conf");
  g_autoptr (Apm2ActiveConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  (void) g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  config = apm2_active_config_new (path, &error);
  g_assert_no_error (error);
  g_clear_object (&self->executor);
  self->executor = APM2_EXECUTOR (
      apm2_executor_direct_new (self->paths, config, 0, &error));
  g_assert_no_error (error);
}

char *
scene_path (const Scene *self, const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

char *
scene_read (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_assert_no_error (error);
  return text;
}

static void
on_started (Step *self, gint64 pid)
{
  self->started = TRUE;
  self->pid = pid;
  self->n_events++;
}

static void
on_progress (Step *self, double fraction)
{
  self->progress = fraction;
  self->n_events++;
}

static void
on_status (Step *self, const char *text)
{
  g_free (self->status);
  self->status = g_strdup (text);
  self->n_events++;
}

static void
on_log_bytes (Step *self, guint64 bytes)
{
  self->log_bytes = bytes;
  self->n_events++;
}

static void
on_ended (Step *self, const Apm2StepEnd *end)
{
  self->ended = TRUE;
  self->n_ended++;
  self->end = *end;
  g_free (self->message);
  self->message = g_strdup (end->message);
  self->end.message = NULL;
}

Step *
step_new (Scene *scene, const char *const *argv)
{
  static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
  Step *self = g_new0 (Step, 1);

  self->scene = scene;
  self->log_file = scene_path (scene, "step.log");
  self->fifo = scene_path (scene, "progress");
  self->order = (Apm2StepOrder){
    .job_id = "j1",
    .name = "test",
    .argv = (const char *const *) g_strdupv ((char **) argv),
    .env = env,
    .directory = scene->dir,
    .log_file = self->log_file,
    .progress_fifo = self->fifo,
    .kill_grace_usec = 60 * G_USEC_PER_SEC,
  };
  return self;
}

Step *
step_new_sh (Scene *scene, const char *script)
{
  const char *const argv[] = { "/bin/sh", "-c", script, NULL };

  return step_new (scene, argv);
}

void
step_start (Step *self)
{
  g_autoptr (GError) error = NULL;

  self->run = apm2_executor_direct_start_step (
      APM2_EXECUTOR_DIRECT (self->scene->executor), &self->order, &error);
  g_assert_no_error (error);
  g_signal_connect_swapped (
      self->run, "started", G_CALLBACK (on_started), self);
  g_signal_connect_swapped (
      self->run, "progress", G_CALLBACK (on_progress), self);
  g_signal_connect_swapped (self->run, "status", G_CALLBACK (on_status), self);
  g_signal_connect_swapped (
      self->run, "log-bytes", G_CALLBACK (on_log_bytes), self);
  g_signal_connect_swapped (self->run, "ended", G_CALLBACK (on_ended), self);
}

void
step_wait_started (Step *self)
{
  wait_for_flag (&self->started);
}

void
step_wait_ended (Step *self)
{
  wait_for_flag (&self->ended);
}

void
step_run (Step *self)
{
  step_start (self);
  step_wait_ended (self);
}

char *
step_read_log (Step *self)
{
  return scene_read (self->log_file);
}

typedef struct
{
  const char *path;
  const char *text;
} LogWait;

static gboolean
log_has (gpointer data)
{
  const LogWait *wait = data;
  g_autofree char *text = NULL;

  return g_file_get_contents (wait->path, &text, NULL, NULL)
         && strstr (text, wait->text) != NULL;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* The supervisor tells of the log now and then; looking is quicker. */
void
step_wait_log (Step *self, const char *text)
{
  LogWait wait = { self->log_file, text };
  guint tick = g_timeout_add (5, on_tick, NULL);

  wait_until (log_has, &wait);
  g_assert_true (g_source_remove (tick));
}

/* The supervisor goes away a moment after it has told the end. */
static gboolean
is_only_holder (gpointer data)
{
  return G_OBJECT (data)->ref_count == 1;
}

void
step_free (Step *self)
{
  if (self->run != NULL)
    {
      step_wait_ended (self);
      wait_until (is_only_holder, self->run);
      g_assert_cmpuint (self->n_ended, ==, 1);
      g_assert_finalize_object (self->run);
    }
  g_strfreev ((char **) self->order.argv);
  g_free (self->log_file);
  g_free (self->fifo);
  g_free (self->message);
  g_free (self->status);
  g_free (self);
}

guint
scene_count_processes (const char *mark)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name = NULL;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "environ", NULL);
      g_autofree char *text = NULL;
      gsize length = 0;

      if (!g_ascii_isdigit (name[0])
          || !g_file_get_contents (path, &text, &length, NULL))
        continue;
      if (memmem (text, length, mark, strlen (mark)) != NULL)
        count++;
    }
  return count;
}
