/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program apm2: locale, one command line, and who is to run it.
 *
 * Little is linked, since most of the time of a short call goes into loading
 * libraries: what many wait for often is here, all else in a module.
 */

#include "apm2-command.h"
#include "apm2-locale.h"
#include "apm2-module.h"
#include "apm2-quick.h"
#include "apm2-run.h"

static int
run_module (const char *name, const char *const *words)
{
  g_autoptr (GError) error = NULL;
  Apm2ModuleMain module_main = apm2_module_load (name, &error);

  if (module_main != NULL)
    return module_main (words);
  apm2_command_print_error (error);
  return g_str_equal (name, APM2_MODULE_RUN) ? APM2_RUN_EXIT_FAILURE
                                             : APM2_EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  const char *const *words = (const char *const *) argv + (argc > 0 ? 1 : 0);
  const char *module = NULL;
  int status = APM2_EXIT_OK;

  apm2_locale_init ();
  g_set_prgname ("apm2");

  module = apm2_command_try (&apm2_quick_root, words, &status);
  return module != NULL ? run_module (module, words) : status;
}
