/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The module with all verbs.
 */

#include "apm2-command.h"
#include "apm2-error.h"
#include "apm2-module-main.h"

int
apm2_module_main (const char *const *words)
{
  apm2_error_register ();
  return apm2_command_main (&apm2_command_root, words);
}
