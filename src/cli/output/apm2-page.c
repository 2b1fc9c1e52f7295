/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a verb shows at once, on a terminal through the pager.
 */

#include "apm2-page.h"

#include <stdio.h>
#include <unistd.h>

#include "apm2-pager.h"

/**
 * apm2_page_begin:
 * @call: the verb
 *
 * Call it before the first line of what is shown at once, and when nobody is
 * asked for anything any more. apm2_command_main() closes the pager.
 */
void
apm2_page_begin (const Apm2CommandCall *call)
{
  if (call->term->out_tty && !call->globals->no_pager)
    (void) apm2_pager_open ();
}

/**
 * apm2_page_get_width:
 * @call: the verb
 *
 * Returns: how many columns a line may take; 0 for no bound
 */
guint
apm2_page_get_width (const Apm2CommandCall *call)
{
  return call->term->out_tty && !call->globals->full
             ? apm2_term_get_width (STDOUT_FILENO)
             : 0;
}

/**
 * apm2_page_print_table:
 * @call: the verb
 * @table: of the columns of the verb
 *
 * Prints @table as the options say.
 */
void
apm2_page_print_table (const Apm2CommandCall *call, const Apm2Table *table)
{
  g_autoptr (Apm2Table) picked
      = call->columns != NULL ? apm2_table_pick (table, call->columns) : NULL;
  g_autofree char *text = apm2_table_to_string (picked != NULL ? picked : table,
                                                !call->globals->no_legend,
                                                apm2_page_get_width (call),
                                                call->term->utf8,
                                                call->term->out_color);

  apm2_page_begin (call);
  fputs (text, stdout);
}
