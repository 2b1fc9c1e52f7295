/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac quarantine release: submits what was set aside once more. One that
 * is refused does not keep the others from it; the exit status is that of the
 * first failure.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"

static void
tell (const Apm2CommandCall *call,
      const char *entry,
      const char *id,
      gboolean created)
{
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.released.v1");

      json_object_set_new (object, "entry", apm2_format_json_string (entry));
      json_object_set_new (object, "job_id", apm2_format_json_string (id));
      json_object_set_new (object, "created", json_boolean (created));
      apm2_format_json_print (call, object);
    }
  else
    {
      puts (id);
      if (!created)
        fprintf (stderr, _ ("%s had been released before\n"), entry);
    }
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  int status = APM2_EXIT_OK;

  if (client == NULL)
    return -1;
  for (guint i = 0; i < call->n_args; i++)
    {
      g_autoptr (GError) local = NULL;
      gboolean created = FALSE;
      g_autofree char *id
          = apm2_client_release (client, call->args[i], &created, &local);

      if (id != NULL)
        {
          tell (call, call->args[i], id, created);
          continue;
        }
      apm2_hint_add_quarantine (call->globals, &local);
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

const Apm2Command apm2_cmd_quarantine_release = {
  .name = "release",
  .summary = N_ ("Submit what was set aside once more"),
  .arguments = N_ ("ENTRY…"),
  .description
  = N_ ("Prints the ids of the new jobs. What is refused again stays where it "
        "is."),
  .args_min = 1,
  .args_max = G_MAXUINT,
  .args_missing = N_ ("no entry given; 'apm2 fac quarantine list' lists them"),
  .run = run,
};
