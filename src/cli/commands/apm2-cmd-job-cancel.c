/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac job cancel: calls jobs off. One that cannot be called off does not
 * keep the others from it; the exit status is that of the first failure.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-job-hint.h"

typedef struct
{
  char *reason;
} CancelOptions;

static const GOptionEntry entries[] = {
  { "reason",
    'r',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (CancelOptions, reason),
    N_ ("Words for the receipt"),
    N_ ("TEXT") },
  G_OPTION_ENTRY_NULL,
};

static void
tell (const Apm2CommandCall *call, const char *id, const char *state)
{
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.cancelled.v1");

      json_object_set_new (object, "job_id", apm2_format_json_string (id));
      json_object_set_new (object, "state", apm2_format_json_string (state));
      apm2_format_json_print (call, object);
    }
  else if (g_str_equal (state, "cancelled"))
    fprintf (stderr, _ ("%s is cancelled\n"), id);
  else
    fprintf (stderr,
             _ ("%s is being stopped; wait for it with: %s fac job wait %s\n"),
             id,
             apm2_options_get_program (call->globals),
             id);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const CancelOptions *o = call->options;
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  int status = APM2_EXIT_OK;

  if (client == NULL)
    return -1;
  for (guint i = 0; i < call->n_args; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *state
          = apm2_client_cancel (client, call->args[i], o->reason, &local);

      if (state != NULL)
        {
          tell (call, call->args[i], state);
          continue;
        }
      apm2_job_hint_add (client, call->globals, call->args[i], &local);
      if (call->n_args == 1)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return -1;
        }
      apm2_command_print_error (local);
      if (status == APM2_EXIT_OK)
        status = apm2_exit_from_error (local);
    }
  return status;
}

const Apm2Command apm2_cmd_job_cancel = {
  .name = "cancel",
  .summary = N_ ("Call jobs off"),
  .arguments = N_ ("ID…"),
  .description
  = N_ ("A running job is stopped; it is cancelled when no process "
        "of it lives any more."),
  .entries = entries,
  .options_size = sizeof (CancelOptions),
  .args_min = 1,
  .args_max = G_MAXUINT,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
