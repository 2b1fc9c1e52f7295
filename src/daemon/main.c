/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2-daemon: options, signals, loop.
 *
 * Exit status: 0 after a clean stop, 1 on a failure that a restart may cure, 64
 * for wrong usage, 78 for a configuration that only an operator can mend.
 */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "config.h"

#include "apm2-broker.h"
#include "apm2-error.h"
#include "apm2-listening-socket.h"
#include "apm2-locale.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-reload.h"
#include "apm2-time.h"

typedef struct
{
  GMainLoop *loop;
  Apm2Broker *broker;
  gboolean started;
  gboolean stop_asked;
  gboolean stopping;
  int status;
} Daemon;

static struct
{
  gboolean user;
  gboolean system;
  gboolean debug;
  char *idle_exit;
  guint64 idle_exit_sec; /* 0: never */
  gboolean version;
} options;

static const GOptionEntry entries[] = {
  { "user",
    0,
    0,
    G_OPTION_ARG_NONE,
    &options.user,
    N_ ("Serve this user"),
    NULL },
  { "system",
    0,
    0,
    G_OPTION_ARG_NONE,
    &options.system,
    N_ ("Serve the machine"),
    NULL },
  { "debug",
    0,
    0,
    G_OPTION_ARG_NONE,
    &options.debug,
    N_ ("Log what happens inside"),
    NULL },
  { "idle-exit",
    0,
    0,
    G_OPTION_ARG_STRING,
    &options.idle_exit,
    N_ ("Leave when nobody has needed it for so long"),
    N_ ("SPAN") },
  { "version",
    0,
    0,
    G_OPTION_ARG_NONE,
    &options.version,
    N_ ("Print the version"),
    NULL },
  { NULL },
};

static void
tell_failure (const char *what, const GError *error)
{
  apm2_log (G_LOG_LEVEL_CRITICAL,
            APM2_LOG_WITH (.message_id = APM2_MSG_START_FAILED, .error = error),
            "%s%s",
            what,
            error->message);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_broker_stop_finish (APM2_BROKER (source), result, &error))
    {
      apm2_log (
          G_LOG_LEVEL_WARNING, NULL, "Cannot stop cleanly: %s", error->message);
      self->status = EXIT_FAILURE;
    }
  g_main_loop_quit (self->loop);
}

static void
stop (Daemon *self)
{
  self->stop_asked = TRUE;
  if (!self->started || self->stopping)
    return;
  self->stopping = TRUE;
  apm2_broker_stop_async (self->broker, on_stopped, self);
}

static gboolean
on_terminate (gpointer user_data)
{
  Daemon *self = user_data;

  if (!self->stop_asked)
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.message_id = APM2_MSG_BROKER_STOPPING),
              "Stopping");
  apm2_broker_announce_stop (self->broker);
  stop (self);
  return G_SOURCE_CONTINUE;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_broker_start_finish (APM2_BROKER (source), result, &error))
    {
      tell_failure ("Cannot start: ", error);
      self->status = EXIT_FAILURE;
      g_main_loop_quit (self->loop);
      return;
    }
  self->started = TRUE;
  if (options.idle_exit_sec > 0)
    apm2_broker_watch_idle (self->broker, (guint) options.idle_exit_sec);
  if (self->stop_asked)
    stop (self);
  else
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.message_id = APM2_MSG_BROKER_READY),
              "apm2-daemon %s is ready",
              APM2_VERSION);
}

static int
run (const Apm2Paths *paths, Apm2ActiveConfig *config)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Apm2Reload) reload = apm2_reload_new (config, paths);
  g_autoptr (Apm2Broker) broker = apm2_broker_new (paths, config);
  Daemon self = { .loop = loop, .broker = broker };

  g_unix_signal_add (SIGTERM, on_terminate, &self);
  g_unix_signal_add (SIGINT, on_terminate, &self);
  apm2_broker_start_async (broker, on_started, &self);
  g_main_loop_run (loop);
  return self.status;
}

static gboolean
parse_idle_exit (GError **error)
{
  if (options.idle_exit == NULL)
    return TRUE;
  if (!apm2_time_parse_span (options.idle_exit, &options.idle_exit_sec, error))
    return FALSE;
  if (options.idle_exit_sec >= 1 && options.idle_exit_sec <= G_MAXINT)
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--idle-exit %s: not a time of at least 1s, like 10min"),
               options.idle_exit);
  return FALSE;
}

static gboolean
parse (int argc, char **argv)
{
  g_autoptr (GOptionContext) context
      = g_option_context_new (_ ("- the apm2 broker"));
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (g_option_context_parse (context, &argc, &argv, &error) && argc == 1
      && !(options.user && options.system) && parse_idle_exit (&error))
    return TRUE;

  if (error != NULL)
    g_printerr ("apm2-daemon: %s\n", error->message);
  else if (argc > 1)
    g_printerr (_ ("apm2-daemon: unexpected argument \"%s\"\n"), argv[1]);
  else
    g_printerr (_ ("apm2-daemon: --user and --system exclude each other\n"));
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (Apm2Paths) paths = NULL;
  g_autoptr (Apm2ActiveConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  Apm2Mode mode = APM2_MODE_AUTO;

  apm2_locale_init ();
  umask (0077);
  /* No core file, and no reader of the same user, gets at what is in memory. */
  (void) prctl (PR_SET_DUMPABLE, 0);
  (void) signal (SIGPIPE, SIG_IGN);
  /* Until we can read the configuration anew, it is new enough. */
  (void) signal (SIGHUP, SIG_IGN);
  apm2_error_register ();
  if (!parse (argc, argv))
    return EX_USAGE;
  if (options.version)
    {
      g_print ("apm2-daemon %s\n", APM2_VERSION);
      return EXIT_SUCCESS;
    }
  apm2_locale_use_english ();
  apm2_log_init ("apm2-daemon", options.debug);

  if (options.user)
    mode = APM2_MODE_USER;
  else if (options.system)
    mode = APM2_MODE_SYSTEM;
  paths = apm2_paths_new (mode, &error);
  if (paths != NULL)
    apm2_log_set_mode (apm2_mode_to_string (paths->mode));
  if (paths != NULL && apm2_paths_ensure (paths, &error))
    config = apm2_active_config_new (paths->config_file, &error);
  if (config == NULL)
    {
      tell_failure ("", error);
      apm2_listening_socket_turn_away ();
      return EX_CONFIG;
    }
  if (!options.debug)
    (void) apm2_log_set_level (apm2_active_config_get (config)->log_level);
  return run (paths, config);
}
