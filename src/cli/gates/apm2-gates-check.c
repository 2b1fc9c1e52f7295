/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a gate file is valid, and what stands in it.
 */

#include "apm2-gates-check.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-format-json.h"
#include "apm2-gate-set.h"
#include "apm2-gates-read.h"
#include "apm2-job-spec-json.h"
#include "apm2-page.h"
#include "apm2-table.h"
#include "apm2-term.h"

const Apm2Column apm2_gates_check_columns[] = {
  { N_ ("GATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("NEEDS"), APM2_COLUMN_LEFT, 0 },
  { N_ ("COMMAND"), APM2_COLUMN_FLEX, 20 },
};

static void
print_json (const Apm2CommandCall *call,
            GPtrArray *gates,
            const char *gate_set_digest)
{
  json_t *object = apm2_format_json_new ("apm2.fac.gates_file.v1");

  json_object_set_new (object, "gates", apm2_job_spec_steps_to_json (gates));
  json_object_set_new (
      object, "gate_set_digest", apm2_format_json_string (gate_set_digest));
  apm2_format_json_print (call, object);
}

/* One line, whatever stands in it. */
static char *
get_command (const Apm2Step *gate)
{
  return g_strdelimit (g_strdup (gate->argv[2]), "\n\t", ' ');
}

static void
print_table (const Apm2CommandCall *call, GPtrArray *gates)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (apm2_gates_check_columns, APM2_GATES_CHECK_N_COLUMNS);

  for (guint i = 0; i < gates->len; i++)
    {
      const Apm2Step *gate = g_ptr_array_index (gates, i);
      g_autofree char *needs
          = gate->needs != NULL ? g_strjoinv (", ", gate->needs) : NULL;
      g_autofree char *command = get_command (gate);

      apm2_table_add (table, gate->name, APM2_STYLE_NORMAL);
      apm2_table_add (table, needs != NULL ? needs : "-", APM2_STYLE_NORMAL);
      apm2_table_add (table, command, APM2_STYLE_NORMAL);
    }
  apm2_page_print_table (call, table);
}

/**
 * apm2_gates_check_run:
 * @call: the verb
 * @file: name of a file, or "-" for stdin
 * @error: INVALID_ARGUMENT, one line for each thing that is wrong; FAILED
 *
 * Returns: an Apm2Exit, or -1 with @error set
 */
int
apm2_gates_check_run (const Apm2CommandCall *call,
                      const char *file,
                      GError **error)
{
  g_autoptr (GPtrArray) gates = apm2_gates_read_file (file, error);
  g_autofree char *digest = NULL;

  if (gates == NULL)
    return -1;
  digest = apm2_gate_set_get_digest (gates);
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, gates, digest);
  else
    {
      print_table (call, gates);
      if (!call->globals->no_legend)
        printf (ngettext ("\n%u gate, digest %s\n",
                          "\n%u gates, digest %s\n",
                          gates->len),
                gates->len,
                digest);
    }
  return APM2_EXIT_OK;
}
