/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac submit: one job into the queue, and its id out of it.
 *
 * The program alone knows one way to the broker, which is quick and mostly
 * there; apm2_submit_by_client() is in the module, with the others.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-git.h"
#include "apm2-input.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-gate.h"
#include "apm2-names.h"
#include "apm2-paths.h"
#include "apm2-plain-call.h"
#include "apm2-submit-client.h"
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

/**
 * apm2_submit_print:
 * @call: a run of the verb
 * @id: of the job
 * @created: whether it is a new one
 *
 * Says that the job is on the disk.
 */
void
apm2_submit_print (const Apm2CommandCall *call,
                   const char *id,
                   gboolean created)
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

/* Whoever names a commit knows that the files there are something else. */
static void
warn_of_changes (const Apm2SubmitOptions *o)
{
  if (o->source != NULL && o->commit == NULL
      && apm2_git_has_changes (o->source))
    fprintf (stderr,
             _ ("apm2: files in %s are not as in its last commit; it is the "
                "commit that the job gets\n"),
             o->source);
}

/* What can be read once only is left to who can see to the end of it. */
static gboolean
needs_client (const Apm2CommandCall *call)
{
  const Apm2SubmitOptions *o = call->options;

  return call->globals->host != NULL || o->wait || o->follow
         || (o->file != NULL && !g_file_test (o->file, G_FILE_TEST_IS_REGULAR));
}

/* Returns: (nullable): the id; NULL without an error if the broker knows
 * nothing, as it cannot be asked in this way */
static char *
submit_quickly (const Apm2CommandCall *call,
                const char *spec,
                gboolean *ret_created,
                GError **error)
{
  g_autoptr (Apm2Paths) paths = apm2_paths_new (call->globals->mode, error);
  g_autoptr (GVariant) reply = NULL;
  char *id = NULL;

  if (paths == NULL)
    return NULL;
  reply = apm2_plain_call (
      paths->operator_socket,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "Submit",
      g_variant_new ("(s@a{sv})", spec, g_variant_new ("a{sv}", NULL)),
      "(sob)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(sob)", &id, NULL, ret_created);
  return id;
}

static int
submit (const Apm2CommandCall *call, const char *spec, GError **error)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean created = FALSE;

  if (!needs_client (call))
    id = submit_quickly (call, spec, &created, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return -1;
    }
  if (id == NULL && apm2_submit_by_client == NULL)
    return APM2_COMMAND_ELSEWHERE;
  warn_of_changes (call->options);
  if (id == NULL)
    return apm2_submit_by_client (call, spec, error);
  apm2_submit_print (call, id, created);
  return APM2_EXIT_OK;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const Apm2SubmitOptions *o = call->options;
  g_autofree char *spec = NULL;

  if (apm2_submit_by_client == NULL && needs_client (call))
    return APM2_COMMAND_ELSEWHERE;
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
  return spec != NULL ? submit (call, spec, error) : -1;
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
  = "  apm2 fac submit --source . --timeout 10min -- make check\n"
    "  apm2 fac submit --source . --follow -- sh -c 'make && make check'\n"
    "  apm2 fac submit --file job.json",
  .entries = apm2_submit_spec_entries,
  .options_size = sizeof (Apm2SubmitOptions),
  .stop_at_first = TRUE,
  .args_max = G_MAXUINT,
  .run = run,
};
