/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac worker: becomes a worker. The options are checked here, so that a
 * mistake is told in the words of the one who typed it.
 */

#include <inttypes.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-exec.h"
#include "apm2-job-id.h"

#define POLL_INTERVAL_SEC_MAX 3600
#define SLOTS_MAX             1024

typedef struct
{
  char *poll_interval;
  char *instance;
  char *slots;
  char *executor;
  gboolean drain;
} WorkerOptions;

#define OFFSET(member) APM2_ARGS_OFFSET (WorkerOptions, member)

static const GOptionEntry entries[] = {
  { "poll-interval",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (poll_interval),
    N_ ("Seconds from one heartbeat to the next (10)"),
    N_ ("SEC") },
  { "instance",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (instance),
    N_ ("Name of this worker (default)"),
    N_ ("NAME") },
  { "slots",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (slots),
    N_ ("Jobs at once"),
    N_ ("N") },
  { "executor",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (executor),
    N_ ("How jobs are run: auto, systemd or direct"),
    N_ ("NAME") },
  { "drain",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (drain),
    N_ ("When told to stop, wait for the jobs that run"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static gboolean
refuse (const char *option, const char *value, const char *why, GError **error)
{
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               "%s %s: %s",
               option,
               value,
               why);
  return FALSE;
}

static gboolean
check_number (const char *option, const char *text, guint64 max, GError **error)
{
  g_autofree char *why = NULL;

  if (text == NULL || g_ascii_string_to_unsigned (text, 10, 1, max, NULL, NULL))
    return TRUE;
  why = g_strdup_printf (_ ("not a number from 1 to %" PRIu64), max);
  return refuse (option, text, why, error);
}

static gboolean
check (const WorkerOptions *o, GError **error)
{
  static const char *const executors[] = { "auto", "systemd", "direct", NULL };

  if (!check_number (
          "--poll-interval", o->poll_interval, POLL_INTERVAL_SEC_MAX, error)
      || !check_number ("--slots", o->slots, SLOTS_MAX, error))
    return FALSE;
  if (o->instance != NULL && !apm2_instance_is_valid (o->instance))
    return refuse ("--instance",
                   o->instance,
                   _ ("1 to 64 of A-Z, a-z, 0-9, '_' and '-'"),
                   error);
  if (o->executor != NULL && !g_strv_contains (executors, o->executor))
    return refuse ("--executor",
                   o->executor,
                   _ ("none of auto, systemd and direct"),
                   error);
  return TRUE;
}

static void
add_option (GPtrArray *words, const char *name, const char *value)
{
  if (value != NULL)
    g_ptr_array_add (words, g_strdup_printf ("--%s=%s", name, value));
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const WorkerOptions *o = call->options;
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  if (!check (o, error))
    return -1;
  if (call->globals->mode != APM2_MODE_AUTO)
    g_ptr_array_add (
        words,
        g_strdup_printf ("--%s", apm2_mode_to_string (call->globals->mode)));
  add_option (words, "poll-interval", o->poll_interval);
  add_option (words, "instance", o->instance);
  add_option (words, "slots", o->slots);
  add_option (words, "executor", o->executor);
  if (o->drain)
    g_ptr_array_add (words, g_strdup ("--drain"));
  apm2_exec_replace ("apm2-worker", words, error);
  return -1;
}

const Apm2Command apm2_cmd_worker = {
  .name = "worker",
  .here = TRUE,
  .summary = N_ ("Become a worker, in the foreground"),
  .description = N_ ("This is what apm2-worker.service runs. What is not given "
                     "comes from the configuration."),
  .entries = entries,
  .options_size = sizeof (WorkerOptions),
  .run = run,
};
