/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2-worker: runs the jobs that the broker has accepted.
 *
 * Reads options and configuration, then runs until it is told to stop. A broker
 * that is away is no reason to end.
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "config.h"

#include "apm2-error.h"
#include "apm2-executor-choice.h"
#include "apm2-lane-account.h"
#include "apm2-locale.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-reload.h"
#include "apm2-worker-options.h"
#include "apm2-worker.h"

/* As of sysexits.h. */
#define EXIT_USAGE         64
#define EXIT_CONFIGURATION 78

/* One life of this process. */
typedef struct
{
  const Apm2WorkerOptions *options; /* borrowed */
  Apm2Paths *paths;
  Apm2ActiveConfig *config;
  Apm2Reload *reload;
  Apm2WorkerSettings settings;
  Apm2Worker *worker; /* (nullable) until the executor is there */
  GMainLoop *loop;
  GError *error;
} Life;

static void
life_clear (Life *self)
{
  g_clear_object (&self->worker);
  g_clear_pointer (&self->reload, apm2_reload_free);
  g_clear_object (&self->config);
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Life, life_clear)

static gboolean
on_signal (gpointer user_data)
{
  const Life *self = user_data;

  if (self->worker != NULL)
    apm2_worker_stop (self->worker);
  else
    g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_config_changed (Apm2ActiveConfig *config, Apm2Worker *worker)
{
  apm2_worker_set_poll_interval (
      worker, apm2_active_config_get (config)->poll_interval_sec);
}

static void
on_executor_chosen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Life *self = user_data;
  g_autoptr (Apm2Executor) executor
      = apm2_executor_choose_finish (result, &self->error);

  if (executor == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  self->worker = apm2_worker_new (&self->settings, executor);
  g_signal_connect_swapped (
      self->worker, "stopped", G_CALLBACK (g_main_loop_quit), self->loop);
  /* What the command line says stands, whatever the configuration says. */
  if (self->options->poll_interval <= 0)
    (void) g_signal_connect_object (self->config,
                                    "changed",
                                    G_CALLBACK (on_config_changed),
                                    self->worker,
                                    0);
  apm2_worker_start (self->worker);
}

static gboolean
prepare (Life *self, GError **error)
{
  const Apm2WorkerOptions *options = self->options;
  Apm2Mode mode = options->system ? APM2_MODE_SYSTEM
                  : options->user ? APM2_MODE_USER
                                  : APM2_MODE_AUTO;
  const Apm2Config *config = NULL;

  self->paths = apm2_paths_new (mode, error);
  if (self->paths == NULL)
    return FALSE;
  apm2_log_set_mode (apm2_mode_to_string (self->paths->mode));
  /* The broker, of the same group in system mode, reads the logs. */
  (void) umask (self->paths->mode == APM2_MODE_SYSTEM ? 0027 : 0077);
  self->config = apm2_active_config_new (self->paths->config_file, error);
  if (self->config == NULL || !apm2_paths_ensure_worker (self->paths, error))
    return FALSE;
  config = apm2_active_config_get (self->config);
  if (!options->debug)
    (void) apm2_log_set_level (config->log_level);
  if (self->paths->mode == APM2_MODE_SYSTEM
      && !apm2_lane_account_check (config, options->instance, error))
    return FALSE;
  self->reload = apm2_reload_new (self->config, self->paths);
  self->settings.paths = self->paths;
  self->settings.instance = options->instance;
  self->settings.drain = options->drain;
  self->settings.slots
      = options->slots > 0 ? (guint) options->slots : (guint) config->slots;
  self->settings.poll_interval_sec = options->poll_interval > 0
                                         ? (guint64) options->poll_interval
                                         : config->poll_interval_sec;
  return TRUE;
}

static void
choose_executor (Life *self)
{
  const char *name = self->options->executor;
  gboolean own_user = self->paths->mode == APM2_MODE_SYSTEM && geteuid () != 0;
  const Apm2ExecutorSettings settings = {
    .paths = self->paths,
    .config = self->config,
    .instance = self->options->instance,
    .slots = self->settings.slots,
    .tasks_factor = own_user ? self->settings.slots : 0,
  };

  if (name == NULL)
    name = apm2_active_config_get (self->config)->executor;
  apm2_executor_choose_async (name, &settings, on_executor_chosen, self);
}

static gboolean
run (const Apm2WorkerOptions *options, GError **error)
{
  g_auto (Life) self = { .options = options };

  if (!prepare (&self, error))
    return FALSE;
  self.loop = g_main_loop_new (NULL, FALSE);
  (void) g_unix_signal_add (SIGTERM, on_signal, &self);
  (void) g_unix_signal_add (SIGINT, on_signal, &self);
  choose_executor (&self);
  g_main_loop_run (self.loop);
  if (self.error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self.error));
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_auto (Apm2WorkerOptions) options = { 0 };
  g_autoptr (GError) error = NULL;

  apm2_locale_init ();
  /* What we hold in memory is nobody's, not even of our own user. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  /* Until we can read the configuration anew, it is new enough. */
  (void) signal (SIGHUP, SIG_IGN);
  apm2_error_register ();
  if (!apm2_worker_options_parse (&options, &argc, &argv, &error))
    {
      g_printerr ("apm2-worker: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (options.version)
    {
      g_print ("apm2-worker %s\n", APM2_VERSION);
      return EXIT_SUCCESS;
    }
  apm2_locale_use_english ();
  apm2_log_init ("apm2-worker", options.debug);
  if (!run (&options, &error))
    {
      apm2_log (
          G_LOG_LEVEL_CRITICAL,
          APM2_LOG_WITH (.message_id = APM2_MSG_START_FAILED, .error = error),
          "%s",
          error->message);
      /* What is not there yet may come. */
      return g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND)
                     || g_error_matches (
                         error, APM2_ERROR, APM2_ERROR_UNAVAILABLE)
                 ? EXIT_FAILURE
                 : EXIT_CONFIGURATION;
    }
  return EXIT_SUCCESS;
}
