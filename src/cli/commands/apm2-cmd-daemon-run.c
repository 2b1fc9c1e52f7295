/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 daemon run: becomes the broker.
 */

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-exec.h"

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  if (call->globals->mode == APM2_MODE_USER)
    g_ptr_array_add (words, (gpointer) "--user");
  else if (call->globals->mode == APM2_MODE_SYSTEM)
    g_ptr_array_add (words, (gpointer) "--system");
  for (guint i = 0; i < call->n_args; i++)
    g_ptr_array_add (words, (gpointer) call->args[i]);
  apm2_exec_replace ("apm2-daemon", words, error);
  return -1;
}

const Apm2Command apm2_cmd_daemon_run = {
  .name = "run",
  .here = TRUE,
  .summary = N_ ("Become the broker, in the foreground"),
  .arguments = N_ ("[-- DAEMON-OPTION…]"),
  .description
  = N_ ("This is what apm2-daemon.service runs. Words after '--' are passed on "
        "to apm2-daemon;\n'apm2 daemon run -- --help' tells which it takes."),
  .stop_at_first = TRUE,
  .args_max = G_MAXUINT,
  .run = run,
};
