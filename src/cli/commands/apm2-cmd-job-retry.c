/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac job retry: an ended job once more, as a new job.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-job-hint.h"

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *id = NULL;

  if (client == NULL)
    return -1;
  id = apm2_client_retry (client, call->args[0], error);
  if (id == NULL)
    {
      apm2_job_hint_add (client, call->globals, call->args[0], error);
      return -1;
    }
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.submitted.v1");

      json_object_set_new (object, "job_id", apm2_format_json_string (id));
      json_object_set_new (object, "created", json_boolean (TRUE));
      json_object_set_new (
          object, "retry_of", apm2_format_json_string (call->args[0]));
      apm2_format_json_print (call, object);
      return APM2_EXIT_OK;
    }
  puts (id);
  (void) fflush (stdout);
  fprintf (stderr,
           _ ("submitted again; follow it with: %s fac job logs -f %s\n"),
           apm2_options_get_program (call->globals),
           id);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_job_retry = {
  .name = "retry",
  .summary = N_ ("Submit an ended job once more, as a new job"),
  .arguments = N_ ("ID"),
  .args_min = 1,
  .args_max = 1,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
