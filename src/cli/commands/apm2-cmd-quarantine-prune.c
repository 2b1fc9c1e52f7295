/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac quarantine prune: throws away what nobody wants any more.
 */

#include <inttypes.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"
#include "apm2-time.h"

typedef struct
{
  char *older_than;
  gboolean all;
  gboolean dry_run;
} PruneOptions;

static const GOptionEntry entries[] = {
  { "older-than",
    0,
    0,
    G_OPTION_ARG_STRING,
    APM2_ARGS_OFFSET (PruneOptions, older_than),
    N_ ("All that was set aside longer ago, such as 30d"),
    N_ ("SPAN") },
  { "all",
    'a',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (PruneOptions, all),
    N_ ("All, whatever its age"),
    NULL },
  { "dry-run",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (PruneOptions, dry_run),
    N_ ("Only say how much it would be"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static void
tell (const Apm2CommandCall *call, guint64 files, guint64 jobs)
{
  const PruneOptions *o = call->options;

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.quarantine_pruned.v1");

      json_object_set_new (object, "files", json_integer ((gint64) files));
      json_object_set_new (object, "jobs", json_integer ((gint64) jobs));
      json_object_set_new (object, "dry_run", json_boolean (o->dry_run));
      apm2_format_json_print (call, object);
    }
  else
    printf (o->dry_run ? _ ("would go: %" PRIu64 " files, %" PRIu64 " jobs\n")
                       : _ ("gone: %" PRIu64 " files, %" PRIu64 " jobs\n"),
            files,
            jobs);
}

/* What exactly is to go must have been said. */
static gboolean
read_age (const Apm2CommandCall *call, guint64 *ret_usec, GError **error)
{
  const PruneOptions *o = call->options;
  const guint n
      = (o->older_than != NULL) + (o->all ? 1 : 0) + (call->n_args > 0);
  guint64 sec = 0;

  *ret_usec = 0;
  if (n != 1)
    {
      g_set_error_literal (
          error,
          G_OPTION_ERROR,
          G_OPTION_ERROR_BAD_VALUE,
          _ ("say what is to go: --older-than SPAN, --all, or entries"));
      return FALSE;
    }
  if (o->older_than == NULL)
    return TRUE;
  if (!apm2_time_parse_span (o->older_than, &sec, error))
    {
      g_prefix_error (error, "--older-than: ");
      return FALSE;
    }
  /* 0 is "whatever its age" to the broker. */
  *ret_usec = MAX (sec, 1) * G_USEC_PER_SEC;
  return TRUE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const PruneOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  guint64 older_than_usec = 0;
  guint64 files = 0;
  guint64 jobs = 0;
  guint i = 0;

  if (!read_age (call, &older_than_usec, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  do
    {
      guint64 n_files = 0;
      guint64 n_jobs = 0;

      if (!apm2_client_prune_quarantine (client,
                                         call->n_args > 0 ? call->args[i]
                                                          : NULL,
                                         older_than_usec,
                                         o->dry_run,
                                         &n_files,
                                         &n_jobs,
                                         error))
        {
          apm2_hint_add_quarantine (call->globals, error);
          return -1;
        }
      files += n_files;
      jobs += n_jobs;
      i++;
    }
  while (i < call->n_args);
  tell (call, files, jobs);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_quarantine_prune = {
  .name = "prune",
  .summary = N_ ("Throw away what was set aside"),
  .arguments = N_ ("[ENTRY…]"),
  .description
  = N_ ("Removes files, and takes jobs off the list. What happened to them and "
        "their\nreceipts stay."),
  .entries = entries,
  .options_size = sizeof (PruneOptions),
  .args_max = G_MAXUINT,
  .examples = "  apm2 fac quarantine prune --older-than 30d",
  .run = run,
};
