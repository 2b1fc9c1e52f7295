/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where the steps of a job have run: in the job itself, or in its parts.
 *
 * Gates that are not tied run in jobs of their own, side by side. The job that
 * was submitted shows the steps of all and their log as a whole, but the log of
 * one step is that of a part.
 */

#include "apm2-parts.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-job-spec-json.h"

/**
 * apm2_parts_read:
 * @client: the broker
 * @job_id: id of a job
 * @error: NOT_FOUND, UNAVAILABLE
 *
 * Returns: (transfer full) (element-type GVariant): the records, a{sv}, of the
 *   parts of the job, or its own if it has none
 */
GPtrArray *
apm2_parts_read (Apm2Client *client, const char *job_id, GError **error)
{
  g_autoptr (GPtrArray) records
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr (GVariant) record = apm2_client_get_job (client, job_id, error);
  g_autofree const char **ids = NULL;

  if (record == NULL)
    return NULL;
  if (!g_variant_lookup (record, "parts", "^a&s", &ids) || ids[0] == NULL)
    g_ptr_array_add (records, g_variant_ref (record));
  for (gsize i = 0; ids != NULL && ids[i] != NULL; i++)
    {
      GVariant *part = apm2_client_get_job (client, ids[i], error);

      if (part == NULL)
        return NULL;
      g_ptr_array_add (records, part);
    }
  return g_steal_pointer (&records);
}

/**
 * apm2_parts_get_id:
 * @record: the record of a job
 *
 * Returns: (transfer none): its id
 */
const char *
apm2_parts_get_id (GVariant *record)
{
  const char *id = "";

  (void) g_variant_lookup (record, "id", "&s", &id);
  return id;
}

/**
 * apm2_parts_list_ids:
 * @job_id: id of a job
 * @records: (nullable) (element-type GVariant): what apm2_parts_read() returned
 *   for it
 *
 * Returns: (transfer full) (array zero-terminated=1): @job_id, and the ids of
 * its parts
 */
char **
apm2_parts_list_ids (const char *job_id, GPtrArray *records)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  g_strv_builder_add (ids, job_id);
  for (guint i = 0; records != NULL && records->len > 1 && i < records->len;
       i++)
    g_strv_builder_add (ids,
                        apm2_parts_get_id (g_ptr_array_index (records, i)));
  return g_strv_builder_end (ids);
}

/* Steps that bring the source come before those of the spec; of two with one
 * name, that of the spec is meant. */
static int
find_step_that_began (GVariant *record, const char *name)
{
  g_autoptr (GVariant) steps
      = g_variant_lookup_value (record, "steps", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = steps != NULL ? g_variant_n_children (steps) : 0; i > 0; i--)
    {
      g_autoptr (GVariant) step = g_variant_get_child_value (steps, i - 1);
      const char *found = "";

      if (g_variant_lookup (step, "name", "&s", &found)
          && g_str_equal (found, name))
        return (int) i - 1;
    }
  return -1;
}

static int
find_step_of_spec (GVariant *record, const char *name)
{
  g_autoptr (Apm2JobSpec) spec = NULL;
  const char *text = NULL;

  if (!g_variant_lookup (record, "spec", "&s", &text))
    return -1;
  spec = apm2_job_spec_from_json (text, strlen (text), NULL);
  for (guint i = 0; spec != NULL && i < spec->steps->len; i++)
    if (g_str_equal (((Apm2Step *) g_ptr_array_index (spec->steps, i))->name,
                     name))
      return (int) i;
  return -1;
}

/**
 * apm2_parts_find_step:
 * @records: (element-type GVariant): what apm2_parts_read() returned
 * @name: name of a step
 * @ret_index: (out): its index in its job, as far as it is known
 *
 * Returns: (transfer none) (nullable): the record of the job that has the step
 */
GVariant *
apm2_parts_find_step (GPtrArray *records, const char *name, int *ret_index)
{
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < records->len; i++)
      {
        GVariant *record = g_ptr_array_index (records, i);

        *ret_index = pass == 0 ? find_step_that_began (record, name)
                               : find_step_of_spec (record, name);
        if (*ret_index >= 0)
          return record;
      }
  return NULL;
}

/**
 * apm2_parts_get_gates:
 * @record: the record of a part
 *
 * Returns: (transfer full) (array zero-terminated=1): names of its gates; its
 *   other steps bring the source
 */
char **
apm2_parts_get_gates (GVariant *record)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (Apm2JobSpec) spec = NULL;
  const char *text = NULL;

  if (g_variant_lookup (record, "spec", "&s", &text))
    spec = apm2_job_spec_from_json (text, strlen (text), NULL);
  for (guint i = 0; spec != NULL && i < spec->steps->len; i++)
    g_strv_builder_add (
        names, ((Apm2Step *) g_ptr_array_index (spec->steps, i))->name);
  return g_strv_builder_end (names);
}

/**
 * apm2_parts_name_step:
 * @job: a job or a part
 * @index: of one of its steps, from 0
 * @gates: (nullable): names of the gates of a part; %NULL: the job is none
 *
 * Steps of a job are numbered. Gates that run side by side have their names; a
 * number would change while they run.
 *
 * Returns: (transfer full): what names the step where the whole is shown
 */
char *
apm2_parts_name_step (const Apm2JobView *job,
                      guint index,
                      const char *const *gates)
{
  g_autofree char *name = apm2_job_view_get_step_name (job, index);

  if (gates == NULL)
    return g_strchomp (g_strdup_printf (
        _ ("step %u/%u %s"), index + 1, apm2_job_view_count_steps (job), name));
  if (name[0] == '\0')
    return g_strdup (job->name);
  if (g_strv_contains (gates, name))
    return g_steal_pointer (&name);
  /* TRANSLATORS: a step that brings the source, and gates, as in "checkout for
   * lint". */
  return g_strdup_printf (_ ("%s for %s"), name, job->name);
}
