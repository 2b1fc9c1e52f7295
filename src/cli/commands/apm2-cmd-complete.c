/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 complete -- WORD…: what may stand in place of the last word. For the
 * completions of shells, which are in data/completion.
 *
 * A line for each candidate, with its meaning behind a tab. The last line
 * begins with a colon and says what else may stand there: ":words" nothing,
 * ":files" a file, ":command N" somebody else's command that begins with the
 * word number N.
 */

#include <stdio.h>
#include <string.h>

#include "apm2-commands.h"
#include "apm2-complete-names.h"
#include "apm2-complete.h"
#include "apm2-display.h"

static void
print_candidates (const Apm2Completion *completion)
{
  for (guint i = 0; i < completion->candidates->len; i++)
    {
      const Apm2Candidate *candidate
          = g_ptr_array_index (completion->candidates, i);
      g_autofree char *meaning
          = apm2_display_escape_line (candidate->meaning, TRUE);

      printf ("%s\t%s\n", candidate->word, meaning);
    }
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Completion) completion
      = apm2_complete (&apm2_command_root, call->args);

  /* A wrong command line has no names. */
  if (apm2_options_resolve (&completion->globals, FALSE, NULL))
    apm2_complete_names_add (completion, &completion->globals);
  print_candidates (completion);
  if (completion->kind == APM2_COMPLETE_COMMAND)
    printf (":command %u\n", completion->command_index);
  else
    puts (completion->kind == APM2_COMPLETE_FILES ? ":files" : ":words");
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_complete = {
  .name = "complete",
  .summary = "Complete a command line",
  .arguments = "-- WORD…",
  .hidden = TRUE,
  .stop_at_first = TRUE,
  .args_max = G_MAXUINT,
  .run = run,
};
