/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program apm2: locale, error domain, one command line.
 */

#include <locale.h>

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-command.h"
#include "apm2-error.h"

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, APM2_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("apm2");
  apm2_error_register ();

  return apm2_command_main (&apm2_command_root,
                            (const char *const *) argv + (argc > 0 ? 1 : 0));
}
