/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 run: a command, here and now, but in its turn. It is run by a module of
 * its own, which adds the function.
 */

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-module.h"
#include "apm2-run-options.h"
#include "apm2-run.h"

const Apm2Command apm2_cmd_run = {
  .name = "run",
  .here = TRUE,
  .module = APM2_MODULE_RUN,
  .summary = N_ ("Run a command here, when there is room for it"),
  .arguments = N_ ("[--] COMMAND…"),
  .description = N_ (
      "Waits for a slot, then runs the command as if it had been typed alone: "
      "in this\ndirectory and terminal, with its own exit status. The options "
      "end at the first\nword that is none."),
  .examples = "  apm2 run make check\n"
              "  apm2 run --cpu 4 --memory 8G --timeout 1h -- ninja -C build\n"
              "  apm2 run --exclusive database --max-wait 10min -- ./migrate\n"
              "  apm2 run --key lint --json-result lint.json -- make lint",
  .entries = apm2_run_options_entries,
  .options_size = sizeof (Apm2RunOptions),
  .stop_at_first = TRUE,
  .args_min = 1,
  .args_max = G_MAXUINT,
  .args_missing = N_ ("no command given; write it after the options, like: "
                      "apm2 run -- make check"),
  .exit_failure = APM2_RUN_EXIT_FAILURE,
};
