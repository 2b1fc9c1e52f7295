/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the reader takes, GKeyFile reads in the same way, each gate stands
 * behind those that it needs, and together they make a job. */

#include "fuzz.h"

#include "apm2-gates-file.h"

static void
check_needs (GPtrArray *steps, guint index)
{
  const Apm2Step *step = g_ptr_array_index (steps, index);

  for (guint n = 0; step->needs != NULL && step->needs[n] != NULL; n++)
    {
      gboolean found = FALSE;

      for (guint i = 0; i < index && !found; i++)
        found = g_str_equal (((Apm2Step *) g_ptr_array_index (steps, i))->name,
                             step->needs[n]);
      g_assert_true (found);
    }
}

static void
check_command (GKeyFile *keys, const Apm2Step *step)
{
  g_autofree char *group = g_strconcat ("gate ", step->name, NULL);
  g_autofree char *command
      = g_key_file_get_value (keys, group, "command", NULL);

  g_assert_nonnull (command);
  g_assert_cmpstr (g_strstrip (command), ==, step->argv[2]);
}

static void
check_spec (GPtrArray *steps)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autoptr (GError) error = NULL;
  gboolean valid;

  g_ptr_array_unref (spec->steps);
  spec->steps = g_ptr_array_ref (steps);
  spec->kind = APM2_JOB_KIND_GATES;
  spec->source_repository = g_strdup ("/srv/example");
  spec->source_commit = g_strnfill (40, 'a');
  spec->source_tree = g_strnfill (40, 'b');
  spec->source_project = g_strdup ("/srv/example");
  valid = apm2_job_spec_validate (spec, &error);
  g_assert_no_error (error);
  g_assert_true (valid);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GPtrArray) steps
      = apm2_gates_file_parse ((const char *) data, size, "file", &error);
  g_auto (GStrv) groups = NULL;

  g_assert_true ((steps == NULL) == (error != NULL));
  if (steps == NULL)
    return 0;

  (void) g_key_file_load_from_data (
      keys, (const char *) data, size, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  groups = g_key_file_get_groups (keys, NULL);
  g_assert_cmpuint (g_strv_length (groups), ==, steps->len);
  for (guint i = 0; i < steps->len; i++)
    {
      check_needs (steps, i);
      check_command (keys, g_ptr_array_index (steps, i));
    }
  check_spec (steps);
  return 0;
}
