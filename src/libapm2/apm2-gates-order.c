/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * In which order gates run that need one another.
 *
 * A gate stands behind all that it needs, and else where its author put it.
 * Quadratic, for a list that is short by the rules.
 */

#include "apm2-gates-order.h"

#include <glib/gi18n.h>

#include "apm2-text.h"

static Apm2Step *
find_step (GPtrArray *steps, const char *name)
{
  for (guint i = 0; i < steps->len; i++)
    {
      Apm2Step *step = g_ptr_array_index (steps, i);

      if (g_str_equal (step->name, name))
        return step;
    }
  return NULL;
}

static gboolean
needs_exist (GPtrArray *steps, char **ret_gate, char **ret_why)
{
  for (guint i = 0; i < steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (steps, i);

      for (guint n = 0; step->needs != NULL && step->needs[n] != NULL; n++)
        if (find_step (steps, step->needs[n]) == NULL)
          {
            g_autofree char *quoted = apm2_text_quote (step->needs[n]);

            *ret_gate = g_strdup (step->name);
            *ret_why = g_strdup_printf (_ ("there is no gate '%s'"), quoted);
            return FALSE;
          }
    }
  return TRUE;
}

static const char *
find_unmet (const Apm2Step *step, GPtrArray *placed)
{
  for (guint i = 0; step->needs != NULL && step->needs[i] != NULL; i++)
    if (find_step (placed, step->needs[i]) == NULL)
      return step->needs[i];
  return NULL;
}

static Apm2Step *
take_next (GPtrArray *waiting, GPtrArray *placed)
{
  for (guint i = 0; i < waiting->len; i++)
    if (find_unmet (g_ptr_array_index (waiting, i), placed) == NULL)
      return g_ptr_array_steal_index (waiting, i);
  return NULL;
}

/* Each of @waiting needs another of them, so that whoever goes from one to the
 * next comes back to where it has been. */
static void
describe_cycle (GPtrArray *waiting,
                GPtrArray *placed,
                char **ret_gate,
                char **ret_why)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) cycle = g_string_new (NULL);
  const Apm2Step *step = g_ptr_array_index (waiting, 0);

  while (g_hash_table_add (seen, step->name))
    step = find_step (waiting, find_unmet (step, placed));
  *ret_gate = g_strdup (step->name);
  g_hash_table_remove_all (seen);
  while (g_hash_table_add (seen, step->name))
    {
      g_string_append_printf (cycle, "%s -> ", step->name);
      step = find_step (waiting, find_unmet (step, placed));
    }
  g_string_append (cycle, step->name);
  *ret_why = g_strdup_printf (_ ("gates need each other: %s"), cycle->str);
}

/**
 * apm2_gates_order:
 * @steps: (element-type Apm2Step): gates with names that differ, in the order
 *   of their file; emptied
 * @ret_gate: (out) (optional): name of the gate whose needs cannot be met
 * @ret_why: (out): why
 *
 * Returns: (transfer full) (element-type Apm2Step) (nullable): all of @steps,
 *   each behind those that it needs and else as they stood; %NULL with
 *   @ret_gate and @ret_why set if a gate needs one that does not exist, or
 *   itself by way of others
 */
GPtrArray *
apm2_gates_order (GPtrArray *steps, char **ret_gate, char **ret_why)
{
  g_autoptr (GPtrArray) placed
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free);

  g_return_val_if_fail (steps != NULL, NULL);
  g_return_val_if_fail (ret_gate != NULL && ret_why != NULL, NULL);

  if (!needs_exist (steps, ret_gate, ret_why))
    return NULL;
  while (steps->len > 0)
    {
      Apm2Step *step = take_next (steps, placed);

      if (step == NULL)
        {
          describe_cycle (steps, placed, ret_gate, ret_why);
          return NULL;
        }
      g_ptr_array_add (placed, step);
    }
  return g_steal_pointer (&placed);
}
