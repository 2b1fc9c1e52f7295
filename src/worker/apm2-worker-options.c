/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The command line of apm2-worker.
 */

#include "apm2-worker-options.h"

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-error.h"
#include "apm2-job-id.h"

#define SLOTS_MAX         1024
#define POLL_INTERVAL_MAX 3600

/**
 * apm2_worker_options_clear:
 * @self: options
 */
void
apm2_worker_options_clear (Apm2WorkerOptions *self)
{
  g_clear_pointer (&self->instance, g_free);
  g_clear_pointer (&self->executor, g_free);
}

/* Returns: (transfer full) (nullable): what is wrong. */
static char *
check (const Apm2WorkerOptions *self, int argc, char **argv)
{
  if (argc > 1)
    return g_strdup_printf (_ ("Unexpected argument '%s'"), argv[1]);
  if (self->user && self->system)
    return g_strdup (_ ("--user and --system exclude each other"));
  if (!apm2_instance_is_valid (self->instance))
    return g_strdup_printf (
        _ ("--instance: '%s' is not 1 to %d of A-Z, a-z, 0-9, '_' and '-'"),
        self->instance,
        APM2_INSTANCE_MAX);
  if (self->slots != -1 && (self->slots < 1 || self->slots > SLOTS_MAX))
    return g_strdup_printf (
        _ ("--slots: %d is not in 1..%d"), self->slots, SLOTS_MAX);
  if (self->poll_interval != -1
      && (self->poll_interval < 1 || self->poll_interval > POLL_INTERVAL_MAX))
    return g_strdup_printf (_ ("--poll-interval: %d is not in 1..%d"),
                            self->poll_interval,
                            POLL_INTERVAL_MAX);
  return NULL;
}

/**
 * apm2_worker_options_parse:
 * @self: (out caller-allocates): the options; to be cleared in any case
 * @argc: (inout): of main()
 * @argv: (inout): of main()
 * @error: INVALID_ARGUMENT, or of GOption
 *
 * Ends the process after --help, as GOption does.
 *
 * Returns: %TRUE if all of them make sense
 */
gboolean
apm2_worker_options_parse (Apm2WorkerOptions *self,
                           int *argc,
                           char ***argv,
                           GError **error)
{
  /* clang-format off */
  const GOptionEntry entries[] = {
    { "poll-interval", 0, 0, G_OPTION_ARG_INT, &self->poll_interval,
      N_ ("Seconds from one heartbeat to the next"), N_ ("SEC") },
    { "instance", 0, 0, G_OPTION_ARG_STRING, &self->instance,
      N_ ("Name of this worker (default: default)"), N_ ("NAME") },
    { "slots", 0, 0, G_OPTION_ARG_INT, &self->slots,
      N_ ("How many jobs to run at once"), N_ ("N") },
    { "executor", 0, 0, G_OPTION_ARG_STRING, &self->executor,
      N_ ("How to run steps: auto, systemd or direct"), N_ ("NAME") },
    { "drain", 0, 0, G_OPTION_ARG_NONE, &self->drain,
      N_ ("When told to stop, wait for the jobs that run"), NULL },
    { "user", 0, 0, G_OPTION_ARG_NONE, &self->user,
      N_ ("Work for the broker of this user"), NULL },
    { "system", 0, 0, G_OPTION_ARG_NONE, &self->system,
      N_ ("Work for the broker of the system"), NULL },
    { "debug", 0, 0, G_OPTION_ARG_NONE, &self->debug,
      N_ ("Log debug messages too"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version,
      N_ ("Print the version and exit"), NULL },
    { NULL },
  };
  /* clang-format on */
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *wrong = NULL;

  *self = (Apm2WorkerOptions){ .slots = -1, .poll_interval = -1 };
  g_option_context_set_summary (
      context, _ ("Runs the jobs that the broker has accepted."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (self->instance == NULL)
    self->instance = g_strdup ("default");
  wrong = check (self, *argc, *argv);
  if (wrong != NULL)
    g_set_error_literal (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, wrong);
  return wrong == NULL;
}
