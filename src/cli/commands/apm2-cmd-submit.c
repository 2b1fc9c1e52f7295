/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac submit: one job into the queue, and its id out of it.
 */

#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-follow.h"
#include "apm2-format-json.h"
#include "apm2-input.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-gate.h"
#include "apm2-submit-spec.h"

static gboolean
check_file_usage (const Apm2CommandCall *call, GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  const char *conflict = NULL;

  if (call->n_args > 0)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_FAILED,
                           _ ("give either --file or a command, not both"));
      return FALSE;
    }
  conflict = apm2_submit_spec_find_conflict (o);
  if (conflict == NULL)
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_FAILED,
               _ ("--%s has no effect on --file; write it into the file"),
               conflict);
  return FALSE;
}

/* The spec goes to the broker as this program understands it, so that what is
 * wrong with a file is said with the file's name and before anything starts. */
static char *
read_spec_file (const char *file, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (Apm2JobSpec) spec = NULL;
  gsize length = 0;

  text = apm2_input_read (file, APM2_JSON_BYTES_MAX, &length, error);
  if (text == NULL)
    return NULL;
  spec = apm2_job_spec_from_json (text, length, error);
  if (spec == NULL)
    {
      g_prefix_error (
          error, "%s: ", g_str_equal (file, "-") ? _ ("stdin") : file);
      return NULL;
    }
  return apm2_job_spec_to_json (spec, NULL);
}

static char *
make_spec (const Apm2CommandCall *call, GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  g_autoptr (Apm2JobSpec) spec = NULL;

  if (o->file != NULL)
    return check_file_usage (call, error) ? read_spec_file (o->file, error)
                                          : NULL;
  if (call->n_args == 0)
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_FAILED,
                   _ ("no command given; write it after '--', like: %s -- make "
                      "check"),
                   call->name);
      return NULL;
    }
  spec = apm2_submit_spec_new (o, call->args, error);
  return spec != NULL ? apm2_job_spec_to_json (spec, NULL) : NULL;
}

static void
print_submitted (const Apm2CommandCall *call, const char *id, gboolean created)
{
  const char *program = apm2_options_get_program (call->globals);

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.submitted.v1");

      json_object_set_new (object, "job_id", apm2_format_json_string (id));
      json_object_set_new (object, "created", json_boolean (created));
      apm2_format_json_print (call, object);
      return;
    }
  puts (id);
  (void) fflush (stdout);
  fprintf (stderr,
           created ? _ ("submitted; follow it with: %s fac job logs -f %s\n")
                   : _ ("this job existed already; follow it with: %s fac job "
                        "logs -f %s\n"),
           program,
           id);
}

static int
submit_alone (const Apm2CommandCall *call, const char *spec, GError **error)
{
  g_autofree char *id = NULL;
  gboolean created = FALSE;

  id = apm2_client_submit_alone (call->globals, spec, &created, error);
  if (id == NULL)
    return -1;
  print_submitted (call, id, created);
  return APM2_EXIT_OK;
}

static int
submit_and_follow (const Apm2CommandCall *call,
                   const char *spec,
                   GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *id = NULL;
  gboolean created = FALSE;

  if (client == NULL)
    return -1;
  id = apm2_client_submit (client, spec, &created, error);
  if (id == NULL)
    return -1;
  return apm2_follow_run (call,
                          g_steal_pointer (&client),
                          id,
                          o->follow ? APM2_FOLLOW_LOG | APM2_FOLLOW_PROGRESS
                                    : APM2_FOLLOW_PROGRESS,
                          NULL,
                          error);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  g_autofree char *spec = NULL;

  if (o->follow && call->globals->json != APM2_JSON_STYLE_OFF)
    {
      g_set_error_literal (
          error,
          G_OPTION_ERROR,
          G_OPTION_ERROR_FAILED,
          _ ("--follow shows the log, which is no JSON; use --wait --json"));
      return -1;
    }
  spec = make_spec (call, error);
  if (spec == NULL)
    return -1;
  return o->wait || o->follow ? submit_and_follow (call, spec, error)
                              : submit_alone (call, spec, error);
}

const Apm2Command apm2_cmd_submit = {
  .name = "submit",
  .summary = N_ ("Put a job into the queue"),
  .arguments = N_ ("[--] COMMAND…"),
  .description = N_ ("Prints the id of the job when the job is on the disk. "
                     "The options end at "
                     "the\nfirst word that is none: it and all that follow are "
                     "the command, which "
                     "runs\nwithout a shell. With --wait and --follow an "
                     "interrupt leaves the job "
                     "running\nand exits 130."),
  .examples
  = "  apm2 fac submit --timeout 10min --memory-max 2G -- make check\n"
    "  apm2 fac submit --follow -- sh -c 'make && make check'\n"
    "  apm2 fac submit --file job.json",
  .entries = apm2_submit_spec_entries,
  .options_size = sizeof (Apm2SubmitOptions),
  .stop_at_first = TRUE,
  .args_max = G_MAXUINT,
  .run = run,
};
