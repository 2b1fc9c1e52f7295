/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The module with "run" alone, which does without GIO; as the others do without
 * libsystemd, which takes as long to load.
 */

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-module-main.h"
#include "apm2-run.h"

static int
run (const Apm2CommandCall *call, GError **error)
{
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_FAILED,
                           _ ("the output is the command's; --json-result FILE "
                              "writes how it ended"));
      return -1;
    }
  return apm2_run_main (call, error);
}

int
apm2_module_main (const char *const *words)
{
  Apm2Command verb = apm2_cmd_run;
  const Apm2Command *const children[] = { &verb, NULL };
  const Apm2Command root = {
    .name = "apm2",
    .children = children,
  };

  verb.run = run;
  return apm2_command_main (&root, words);
}
