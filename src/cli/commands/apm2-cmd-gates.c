/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac gates: test a commit, and say whether it passed.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-admission-print.h"
#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-follow.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-gates-check.h"
#include "apm2-gates-follow.h"
#include "apm2-gates-submit.h"
#include "apm2-gates-target.h"
#include "apm2-job-view.h"
#include "apm2-time.h"

typedef struct
{
  char *commit;
  char *gates_from;
  char *lane;
  GStrv only;
  char *priority;
  char *check;
  gboolean wait;
  gboolean no_wait;
  gboolean follow;
  gboolean force;
} GatesOptions;

#define OFFSET(member) APM2_ARGS_OFFSET (GatesOptions, member)

static const GOptionEntry entries[] = {
  { "commit",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (commit),
    N_ ("Commit to test (HEAD)"),
    N_ ("REV") },
  { "gates-from",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (gates_from),
    N_ ("Take the gates of this commit, not of the tested one"),
    N_ ("REV") },
  { "only",
    0,
    0,
    G_OPTION_ARG_FILENAME_ARRAY,
    OFFSET (only),
    N_ ("Only this gate and what it needs; may be repeated"),
    N_ ("GATE") },
  { "lane",
    'l',
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (lane),
    N_ ("Class of work (gates)"),
    N_ ("LANE") },
  { "priority",
    'p',
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (priority),
    N_ ("0 is the most urgent, 100 the least (50)"),
    N_ ("N") },
  { "force",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (force),
    N_ ("Run them though they passed or run already"),
    NULL },
  { "wait",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (wait),
    N_ ("Wait for the end, which is the default"),
    NULL },
  { "no-wait",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (no_wait),
    N_ ("Print the id of the job and do not wait"),
    NULL },
  { "follow",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (follow),
    N_ ("Wait, and show the log"),
    NULL },
  { "check",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (check),
    N_ ("Only say whether FILE is a valid gate file, '-' for stdin"),
    N_ ("FILE") },
  G_OPTION_ENTRY_NULL,
};

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, why);
  return FALSE;
}

static gboolean
check_usage (const Apm2CommandCall *call, GError **error)
{
  const GatesOptions *o = call->options;

  if (o->check != NULL
      && (o->commit != NULL || o->gates_from != NULL || o->only != NULL
          || o->lane != NULL || o->priority != NULL || o->force || o->follow))
    return refuse (error,
                   _ ("--check only reads a file; it goes with no other "
                      "option"));
  if (call->columns != NULL && o->check == NULL)
    return refuse (error, _ ("--columns goes with --check"));
  if (o->no_wait && (o->wait || o->follow))
    return refuse (error, _ ("give either --no-wait or --wait and --follow"));
  if (o->follow && call->globals->json != APM2_JSON_STYLE_OFF)
    return refuse (
        error, _ ("--follow shows the log, which is no JSON; leave it out"));
  return TRUE;
}

static gboolean
parse_priority (const char *text, guint *ret_priority, GError **error)
{
  guint64 priority = APM2_PRIORITY_DEFAULT;

  if (text != NULL
      && !g_ascii_string_to_unsigned (
          text, 10, 0, APM2_PRIORITY_MAX, &priority, NULL))
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--priority %s: not a number from 0 to %d"),
                   text,
                   APM2_PRIORITY_MAX);
      return FALSE;
    }
  *ret_priority = (guint) priority;
  return TRUE;
}

/* Whoever names a commit knows that the files here are something else. */
static gboolean
warn_of_changes (const Apm2GatesTarget *target, GError **error)
{
  g_autofree char *id = apm2_commit_get_short_id (target->commit);
  guint n = 0;

  if (!apm2_repository_count_changes (target->repository, &n, error))
    return FALSE;
  if (n > 0)
    fprintf (stderr,
             ngettext ("apm2: %u file here is not as in commit %s; it is the "
                       "commit that is tested\n",
                       "apm2: %u files here are not as in commit %s; it is "
                       "the commit that is tested\n",
                       n),
             n,
             id);
  return TRUE;
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
           created ? _ ("submitted; wait for it with: %s fac job wait %s\n")
                   : _ ("this job existed already; wait for it with: %s fac "
                        "job wait %s\n"),
           program,
           id);
}

/* Says what is going to be seen. */
static void
introduce (const Apm2GatesTarget *target, const char *id)
{
  g_autofree char *short_id = apm2_commit_get_short_id (target->commit);

  fprintf (stderr,
           ngettext ("apm2: commit %s, %u gate: job %s\n",
                     "apm2: commit %s, %u gates: job %s\n",
                     target->gates->len),
           short_id,
           target->gates->len,
           id);
}

static gboolean
introduce_other (Apm2Client *client, const char *id, GError **error)
{
  g_autoptr (GVariant) record = apm2_client_get_job (client, id, error);
  g_autoptr (Apm2JobView) job = NULL;
  g_autofree char *ago = NULL;
  gboolean final;

  if (record == NULL)
    return FALSE;
  job = apm2_job_view_new_from_record (record);
  final = apm2_job_view_is_final (job);
  ago = apm2_format_ago (final ? job->finished_at : job->submitted_at,
                         apm2_time_realtime_usec ());
  fprintf (stderr,
           final ? _ ("apm2: these files passed these gates already, %s; "
                      "--force runs them again\n")
                 : _ ("apm2: this job was submitted already, %s; staying with "
                      "it\n"),
           ago);
  return TRUE;
}

/* The log first, which takes the client with it. */
static int
follow_log (const Apm2CommandCall *call, const char *id, GError **error)
{
  Apm2Client *client = apm2_client_open (call->globals, error);
  int status;

  if (client == NULL)
    return -1;
  status = apm2_follow_run (call,
                            client,
                            id,
                            apm2_follow_flags_for_log (call->term)
                                | APM2_FOLLOW_PROGRESS,
                            NULL,
                            error);
  return status == APM2_EXIT_JOB_FAILED ? APM2_EXIT_OK : status;
}

static int
stay (const Apm2CommandCall *call,
      Apm2Client *client,
      const Apm2GatesTarget *target,
      const char *id,
      GError **error)
{
  const GatesOptions *o = call->options;
  int status = o->follow ? follow_log (call, id, error) : APM2_EXIT_OK;

  if (status == APM2_EXIT_OK)
    return apm2_gates_follow_run (call, client, id, target->gates, error);
  apm2_client_close (client);
  return status;
}

static int
submit (const Apm2CommandCall *call,
        const Apm2GatesTarget *target,
        guint priority,
        GError **error)
{
  const GatesOptions *o = call->options;
  g_auto (Apm2GatesSubmit) job
      = { .lane = o->lane, .priority = priority, .force = o->force };
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);

  if (client == NULL
      || !apm2_gates_submit_run (&job, call, client, target, error))
    return -1;
  if (o->no_wait && job.job_id != NULL)
    {
      print_submitted (call, job.job_id, job.created);
      return APM2_EXIT_OK;
    }
  if (job.receipt != NULL)
    {
      apm2_admission_print (call, target, job.receipt, job.receipt_digest);
      return APM2_EXIT_OK;
    }
  introduce (target, job.job_id);
  if (!job.created && !introduce_other (client, job.job_id, error))
    return -1;
  return stay (call, g_steal_pointer (&client), target, job.job_id, error);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const GatesOptions *o = call->options;
  g_autoptr (Apm2GatesTarget) target = NULL;
  guint priority = 0;

  if (!check_usage (call, error)
      || !parse_priority (o->priority, &priority, error))
    return -1;
  if (o->check != NULL)
    return apm2_gates_check_run (call, o->check, error);
  target = apm2_gates_target_find (o->commit != NULL ? o->commit : "HEAD",
                                   o->gates_from,
                                   (const char *const *) o->only,
                                   error);
  if (target == NULL || (o->commit == NULL && !warn_of_changes (target, error)))
    return -1;
  return submit (call, target, priority, error);
}

const Apm2Command apm2_cmd_gates = {
  .name = "gates",
  .here = TRUE,
  .summary = N_ ("Test a commit; exit 3 if it did not pass"),
  .description
  = N_ ("Run it in a git repository. The gates are in .apm2/gates.conf of the "
        "commit; see\napm2-gates.conf(5). Files that passed the same gates "
        "before have passed."),
  .entries = entries,
  .options_size = sizeof (GatesOptions),
  .columns = apm2_gates_check_columns,
  .n_columns = APM2_GATES_CHECK_N_COLUMNS,
  .examples = "  apm2 fac gates\n"
              "  apm2 fac gates --commit HEAD~1 --only unit\n"
              "  apm2 fac gates --gates-from origin/main\n"
              "  apm2 fac gates --check .apm2/gates.conf",
  .run = run,
};
