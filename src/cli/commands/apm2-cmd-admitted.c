/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac admitted: has a commit passed its gates? Made for hooks.
 */

#include <glib/gi18n.h>

#include "apm2-admission-print.h"
#include "apm2-admission.h"
#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-format.h"

typedef struct
{
  char *gates_from;
} AdmittedOptions;

static const GOptionEntry entries[] = {
  { "gates-from",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (AdmittedOptions, gates_from),
    N_ ("Ask for the gates of this commit, not of the other one"),
    N_ ("REV") },
  G_OPTION_ENTRY_NULL,
};

/* What is missing, and what to type. */
static void
set_missing (const Apm2CommandCall *call,
             const Apm2GatesTarget *target,
             GError **error)
{
  const AdmittedOptions *o = call->options;
  g_autofree char *id = apm2_commit_get_short_id (target->commit);
  const char *const words[] = { o->gates_from, NULL };
  g_autofree char *from = apm2_format_argv (words);

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_FOUND,
               ngettext ("commit %s is not admitted: there is no receipt that "
                         "its files (tree %s) passed the %u gate of %s; run it "
                         "with: %s fac gates --commit %s%s%s",
                         "commit %s is not admitted: there is no receipt that "
                         "its files (tree %s) passed the %u gates of %s; run "
                         "them with: %s fac gates --commit %s%s%s",
                         target->gates->len),
               id,
               target->commit->tree,
               target->gates->len,
               o->gates_from != NULL ? o->gates_from : _ ("the commit"),
               apm2_options_get_program (call->globals),
               id,
               o->gates_from != NULL ? " --gates-from " : "",
               from);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const AdmittedOptions *o = call->options;
  g_autoptr (Apm2GatesTarget) target = apm2_gates_target_find (
      call->n_args > 0 ? call->args[0] : "HEAD", o->gates_from, NULL, error);
  g_autoptr (Apm2Client) client = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GError) local = NULL;

  if (target == NULL)
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  receipt = apm2_admission_find (client, target, &digest, &local);
  if (receipt == NULL
      && !g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return -1;
    }
  if (receipt == NULL && call->globals->json == APM2_JSON_STYLE_OFF)
    {
      set_missing (call, target, error);
      return -1;
    }
  apm2_admission_print (call, target, receipt, digest);
  return receipt != NULL ? APM2_EXIT_OK : APM2_EXIT_NOT_FOUND;
}

const Apm2Command apm2_cmd_admitted = {
  .name = "admitted",
  .summary = N_ ("Ask whether a commit passed; exit 6 if it did not"),
  .arguments = N_ ("[COMMIT]"),
  .description
  = N_ ("Exits 0 only with a receipt that verifies, for this repository, the "
        "files of the\ncommit (HEAD) and all of its gates. Made for hooks: it "
        "works in a bare repository,\nand on commits that are being pushed."),
  .entries = entries,
  .options_size = sizeof (AdmittedOptions),
  .args_max = 1,
  .examples = "  apm2 fac admitted\n"
              "  apm2 fac admitted 0c1fd21 --gates-from main",
  .run = run,
};
