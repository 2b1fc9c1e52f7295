/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which gates must share a checkout: those that are tied by what they need,
 * near or far. Such a strand runs one gate after another; strands know nothing
 * of each other, so each can be a job of its own, a part of the whole.
 */

#include "apm2-gate-strands.h"

#include <string.h>

#include "apm2-text.h"

static guint
find_step (const GPtrArray *steps, const char *name, guint before)
{
  for (guint i = 0; i < before; i++)
    {
      const Apm2Step *step = g_ptr_array_index (steps, i);

      if (g_str_equal (step->name, name))
        return i;
    }
  g_return_val_if_reached (before);
}

static void
replace (guint *strand_of, guint n, guint from, guint to)
{
  for (guint i = 0; i < n; i++)
    if (strand_of[i] == from)
      strand_of[i] = to;
}

/**
 * apm2_gate_strands_find:
 * @steps: (element-type Apm2Step): the gates of a valid spec
 *
 * Returns: (transfer full) (element-type GPtrArray): the strands, in the order
 *   of their first gates; each is the list of its gates in their order, which
 *   @steps owns
 */
GPtrArray *
apm2_gate_strands_find (const GPtrArray *steps)
{
  guint strand_of[APM2_STEPS_MAX] = { 0 };
  GPtrArray *strands
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  g_return_val_if_fail (steps != NULL && steps->len <= APM2_STEPS_MAX, strands);

  for (guint i = 0; i < steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (steps, i);

      strand_of[i] = i;
      for (guint n = 0; step->needs != NULL && step->needs[n] != NULL; n++)
        {
          guint needed = strand_of[find_step (steps, step->needs[n], i)];

          /* A strand is called by its first gate. */
          replace (strand_of,
                   i + 1,
                   MAX (strand_of[i], needed),
                   MIN (strand_of[i], needed));
        }
    }
  for (guint first = 0; first < steps->len; first++)
    {
      GPtrArray *strand;

      if (strand_of[first] != first)
        continue;
      strand = g_ptr_array_new ();
      for (guint i = first; i < steps->len; i++)
        if (strand_of[i] == first)
          g_ptr_array_add (strand, g_ptr_array_index (steps, i));
      g_ptr_array_add (strands, strand);
    }
  return strands;
}

/**
 * apm2_gate_part_id:
 * @job_id: of the whole
 * @number: of the part, from 1
 *
 * Returns: (transfer full): the id of the part
 */
char *
apm2_gate_part_id (const char *job_id, guint number)
{
  return g_strdup_printf ("%s-p%u", job_id, number);
}

/**
 * apm2_gate_part_get_whole:
 * @part_id: of a part, as apm2_gate_part_id() makes them
 *
 * Returns: (transfer full): the id of the whole
 */
char *
apm2_gate_part_get_whole (const char *part_id)
{
  const char *end = g_strrstr (part_id, "-p");

  g_return_val_if_fail (end != NULL, g_strdup (part_id));

  return g_strndup (part_id, (gsize) (end - part_id));
}

/**
 * apm2_gate_part_new:
 * @spec: of the whole
 * @part_id: of the part
 * @strand: (element-type Apm2Step): its gates
 *
 * A part has the source, the lane, the limits and the retry rule of the whole.
 * What the whole waited for its parts wait for; its labels and its key are its
 * own.
 *
 * Returns: (transfer full): the spec of the part
 */
Apm2JobSpec *
apm2_gate_part_new (const Apm2JobSpec *spec,
                    const char *part_id,
                    const GPtrArray *strand)
{
  Apm2JobSpec *part = apm2_job_spec_new ();

  part->kind = spec->kind;
  part->job_id = g_strdup (part_id);
  g_free (part->lane);
  part->lane = g_strdup (spec->lane);
  part->priority = spec->priority;
  part->source_repository = g_strdup (spec->source_repository);
  part->source_commit = g_strdup (spec->source_commit);
  part->source_ref = g_strdup (spec->source_ref);
  part->source_tree = g_strdup (spec->source_tree);
  part->source_project = g_strdup (spec->source_project);
  part->source_bundle = g_strdup (spec->source_bundle);
  part->limits = spec->limits;
  part->max_attempts = spec->max_attempts;
  part->retry_on = g_strdupv (spec->retry_on);
  part->after = g_strdupv (spec->after);
  part->not_before_unix = spec->not_before_unix;
  for (guint i = 0; i < strand->len; i++)
    g_ptr_array_add (part->steps,
                     apm2_step_copy (g_ptr_array_index (strand, i)));
  return part;
}

/**
 * apm2_gate_part_describe:
 * @strand: (element-type Apm2Step): the gates of a part
 *
 * Returns: (transfer full): their names in one line, shortened
 */
char *
apm2_gate_part_describe (const GPtrArray *strand)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < strand->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (strand, i);

      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", step->name);
    }
  return apm2_text_quote (names->str);
}
