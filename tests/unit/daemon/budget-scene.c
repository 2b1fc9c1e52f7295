/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "budget-scene.h"

void
budget_scene_set_lane (BudgetScene *f,
                       const char *lane,
                       guint64 slots,
                       guint64 cpu,
                       guint64 memory,
                       guint passes_max)
{
  const Apm2BudgetAmounts amounts = { slots, cpu, memory };

  apm2_budget_set_lane (f->budget, lane, &amounts, passes_max);
}

/* "run" has four slots; "other" has as many as one likes. */
static void
set_up (BudgetScene *f, gconstpointer data)
{
  f->budget = apm2_budget_new ();
  budget_scene_set_lane (f, "run", 4, 0, 0, 16);
  budget_scene_set_lane (f, "other", 0, 0, 0, 16);
}

static void
tear_down (BudgetScene *f, gconstpointer data)
{
  apm2_budget_free (f->budget);
}

void
budget_scene_add_full (BudgetScene *f,
                       const char *id,
                       const char *lane,
                       const Apm2BudgetAmounts *amounts,
                       const char *names,
                       gint64 rank)
{
  g_auto (GStrv) exclusive = names == NULL ? NULL : g_strsplit (names, " ", -1);
  const Apm2BudgetDemand demand = {
    .lane = lane,
    .amounts = *amounts,
    .exclusive = (const char *const *) exclusive,
  };

  apm2_budget_add (f->budget, id, &demand, rank);
}

void
budget_scene_add (BudgetScene *f, const char *id, guint slots)
{
  budget_scene_add_full (f, id, "run", &(Apm2BudgetAmounts){ slots }, NULL, 0);
}

void
budget_scene_add_names (BudgetScene *f,
                        const char *id,
                        const char *lane,
                        const char *names)
{
  budget_scene_add_full (f, id, lane, &(Apm2BudgetAmounts){ 1 }, names, 0);
}

static char *
start (BudgetScene *f)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  const char *id = NULL;

  while ((id = apm2_budget_next (f->budget)) != NULL)
    {
      g_string_append_printf (ids, "%s%s", ids->len > 0 ? " " : "", id);
      apm2_budget_hold (f->budget, id);
    }
  return g_string_free (g_steal_pointer (&ids), FALSE);
}

void
budget_scene_assert_starts (BudgetScene *f, const char *expected)
{
  g_autofree char *started = start (f);

  g_assert_cmpstr (started, ==, expected);
}

void
budget_scene_end (BudgetScene *f, const char *id)
{
  apm2_budget_remove (f->budget, id);
}

void
budget_scene_assert_why (BudgetScene *f, const char *id, const char *expected)
{
  g_auto (Apm2BudgetWhy) why = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_true (apm2_budget_why (f->budget, id, &why));
  g_string_append_printf (
      text, "%u %s", why.position, apm2_budget_cause_to_string (why.cause));
  if (why.resource != NULL)
    g_string_append_printf (text, " %s", why.resource);
  g_string_append (text, ":");
  for (guint i = 0; i < why.holders->len; i++)
    g_string_append_printf (
        text, " %s", (const char *) g_ptr_array_index (why.holders, i));

  g_assert_cmpstr (text->str, ==, expected);
}

void
budget_scene_add_test (const char *path,
                       void (*test) (BudgetScene *f, gconstpointer data))
{
  g_test_add (path, BudgetScene, NULL, set_up, test, tear_down);
}
