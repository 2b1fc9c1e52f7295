/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2-worker: runs the jobs that the broker has accepted.
 *
 * Reads options and configuration, then runs until it is told to stop. A broker
 * that is away is no reason to end.
 */

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "config.h"

#include "apm2-error.h"
#include "apm2-executor-direct.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-reload.h"
#include "apm2-worker-options.h"
#include "apm2-worker.h"

/* As of sysexits.h. */
#define EXIT_USAGE         64
#define EXIT_CONFIGURATION 78

static gboolean
on_signal (gpointer user_data)
{
  apm2_worker_stop (user_data);
  return G_SOURCE_CONTINUE;
}

static Apm2Executor *
make_executor (const char *name,
               const Apm2Paths *paths,
               guint slots,
               GError **error)
{
  gboolean own_user = paths->mode == APM2_MODE_SYSTEM && geteuid () != 0;
  Apm2ExecutorDirect *direct = NULL;

  if (g_str_equal (name, "systemd"))
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "The executor 'systemd' needs lane units, which "
                           "this version does not have; use 'direct' or "
                           "'auto'");
      return NULL;
    }
  if (!g_str_equal (name, "direct") && !g_str_equal (name, "auto"))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "'%s' is no executor; use 'auto' or 'direct'",
                   name);
      return NULL;
    }
  direct = apm2_executor_direct_new (paths, own_user ? slots : 0, error);
  if (direct == NULL)
    return NULL;
  if (g_str_equal (name, "auto"))
    apm2_log (G_LOG_LEVEL_MESSAGE,
              NULL,
              "Running jobs with the direct executor, without containment");
  return APM2_EXECUTOR (direct);
}

static void
on_config_changed (Apm2ActiveConfig *config, Apm2Worker *worker)
{
  apm2_worker_set_poll_interval (
      worker, apm2_active_config_get (config)->poll_interval_sec);
}

/* What the command line says stands, whatever the configuration says. */
static void
follow_config (const Apm2WorkerOptions *options,
               Apm2ActiveConfig *config,
               Apm2Worker *worker)
{
  if (options->poll_interval <= 0)
    (void) g_signal_connect_object (
        config, "changed", G_CALLBACK (on_config_changed), worker, 0);
}

static gboolean
run (const Apm2WorkerOptions *options, GError **error)
{
  Apm2Mode mode = options->system ? APM2_MODE_SYSTEM
                  : options->user ? APM2_MODE_USER
                                  : APM2_MODE_AUTO;
  g_autoptr (Apm2Paths) paths = apm2_paths_new (mode, error);
  g_autoptr (Apm2ActiveConfig) active = NULL;
  g_autoptr (Apm2Reload) reload = NULL;
  g_autoptr (Apm2Executor) executor = NULL;
  g_autoptr (Apm2Worker) worker = NULL;
  g_autoptr (GMainLoop) loop = NULL;
  Apm2WorkerSettings settings = { 0 };
  const Apm2Config *config = NULL;

  if (paths == NULL)
    return FALSE;
  apm2_log_set_mode (apm2_mode_to_string (paths->mode));
  /* The broker, of the same group in system mode, reads the logs. */
  (void) umask (paths->mode == APM2_MODE_SYSTEM ? 0027 : 0077);
  active = apm2_active_config_new (paths->config_file, error);
  if (active == NULL || !apm2_paths_ensure_worker (paths, error))
    return FALSE;
  config = apm2_active_config_get (active);
  if (!options->debug)
    (void) apm2_log_set_level (config->log_level);
  reload = apm2_reload_new (active, paths);
  settings.paths = paths;
  settings.instance = options->instance;
  settings.slots
      = options->slots > 0 ? (guint) options->slots : (guint) config->slots;
  settings.poll_interval_sec = options->poll_interval > 0
                                   ? (guint64) options->poll_interval
                                   : config->poll_interval_sec;
  executor = make_executor (options->executor != NULL ? options->executor
                                                      : config->executor,
                            paths,
                            settings.slots,
                            error);
  if (executor == NULL)
    return FALSE;

  loop = g_main_loop_new (NULL, FALSE);
  worker = apm2_worker_new (&settings, executor);
  g_signal_connect_swapped (
      worker, "stopped", G_CALLBACK (g_main_loop_quit), loop);
  follow_config (options, active, worker);
  (void) g_unix_signal_add (SIGTERM, on_signal, worker);
  (void) g_unix_signal_add (SIGINT, on_signal, worker);
  apm2_worker_start (worker);
  g_main_loop_run (loop);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_auto (Apm2WorkerOptions) options = { 0 };
  g_autoptr (GError) error = NULL;

  (void) setlocale (LC_ALL, "");
  /* What we hold in memory is nobody's, not even of our own user. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  /* Until we can read the configuration anew, it is new enough. */
  (void) signal (SIGHUP, SIG_IGN);
  (void) apm2_error_quark ();
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
                 ? EXIT_FAILURE
                 : EXIT_CONFIGURATION;
    }
  return EXIT_SUCCESS;
}
