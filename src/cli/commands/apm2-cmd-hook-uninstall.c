/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac hook uninstall: the hook that install wrote goes, and one that was
 * there before gets its place back.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-hook.h"

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Hook) hook = apm2_hook_find (error);
  g_autofree char *restored = NULL;

  if (hook == NULL || !apm2_hook_uninstall (hook, &restored, error))
    return -1;
  if (restored != NULL)
    printf (_ ("%s is what it was before\n"), restored);
  else
    printf (_ ("removed %s\n"), hook->path);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_hook_uninstall = {
  .name = "uninstall",
  .here = TRUE,
  .summary = N_ ("Remove the hook that install wrote"),
  .description = N_ ("A hook that was there before gets its place back."),
  .run = run,
};
