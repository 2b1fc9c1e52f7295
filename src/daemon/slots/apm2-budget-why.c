/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What stands in the way of a waiter, and who is there.
 */

#include "apm2-budget-private.h"

static const char *const cause_names[] = {
  [APM2_BUDGET_CAUSE_NONE] = "",
  [APM2_BUDGET_CAUSE_SLOTS] = "slots",
  [APM2_BUDGET_CAUSE_CPUS] = "cpus",
  [APM2_BUDGET_CAUSE_MEMORY] = "memory",
  [APM2_BUDGET_CAUSE_EXCLUSIVE] = "exclusive",
  [APM2_BUDGET_CAUSE_PRESSURE] = "pressure",
  [APM2_BUDGET_CAUSE_PAUSED] = "paused",
  [APM2_BUDGET_CAUSE_TURN] = "turn",
};
G_STATIC_ASSERT (G_N_ELEMENTS (cause_names) == APM2_N_BUDGET_CAUSES);

/**
 * apm2_budget_cause_to_string:
 * @cause: a cause
 *
 * Returns: (transfer none): its word on the bus; "" for none
 */
const char *
apm2_budget_cause_to_string (Apm2BudgetCause cause)
{
  g_return_val_if_fail ((guint) cause < APM2_N_BUDGET_CAUSES, NULL);

  return cause_names[cause];
}

/**
 * apm2_budget_why_clear:
 * @why: what apm2_budget_why() has filled, or zeros
 */
void
apm2_budget_why_clear (Apm2BudgetWhy *why)
{
  g_clear_pointer (&why->resource, g_free);
  g_clear_pointer (&why->holders, g_ptr_array_unref);
}

static guint64
amount_of (const Apm2BudgetAmounts *amounts, Apm2BudgetCause cause)
{
  if (cause == APM2_BUDGET_CAUSE_CPUS)
    return amounts->cpu_percent;
  if (cause == APM2_BUDGET_CAUSE_MEMORY)
    return amounts->memory_bytes;
  return amounts->slots;
}

static void
add_id (GPtrArray *ids, const Apm2BudgetEntry *entry)
{
  g_ptr_array_add (ids, g_strdup (entry->id));
}

static void
blame_lane (Apm2Budget *self, const Apm2BudgetEntry *entry, Apm2BudgetWhy *why)
{
  for (guint i = 0; i < self->holders->len; i++)
    {
      const Apm2BudgetEntry *holder = g_ptr_array_index (self->holders, i);

      if (holder->lane == entry->lane
          && amount_of (&holder->amounts, why->cause) > 0)
        add_id (why->holders, holder);
    }
}

static gboolean
blame_names (Apm2Budget *self, const Apm2BudgetEntry *entry, Apm2BudgetWhy *why)
{
  const char *name = NULL;

  if (apm2_budget_find_name_holder (self, entry, &name) == NULL)
    return FALSE;

  why->cause = APM2_BUDGET_CAUSE_EXCLUSIVE;
  why->resource = g_strdup (name);
  for (guint i = 0; i < self->holders->len; i++)
    {
      const Apm2BudgetEntry *holder = g_ptr_array_index (self->holders, i);

      for (gsize j = 0; entry->exclusive[j] != NULL; j++)
        if (g_hash_table_lookup (self->names, entry->exclusive[j]) == holder)
          {
            add_id (why->holders, holder);
            break;
          }
    }
  return TRUE;
}

static void
blame_order (Apm2Budget *self, const Apm2BudgetEntry *entry, Apm2BudgetWhy *why)
{
  for (guint i = 0; i < self->waiters->len; i++)
    {
      const Apm2BudgetEntry *first = g_ptr_array_index (self->waiters, i);
      const char *name = NULL;

      if (first == entry)
        return;
      if (!apm2_budget_is_first (first)
          || !apm2_budget_yields (self, entry, first, &name))
        continue;
      why->cause = APM2_BUDGET_CAUSE_TURN;
      if (why->resource == NULL)
        why->resource = g_strdup (name);
      add_id (why->holders, first);
    }
}

/**
 * apm2_budget_why:
 * @self: a budget
 * @id: a job
 * @ret_why: (out caller-allocates): filled only on success
 *
 * Returns: %FALSE if the job does not wait
 */
gboolean
apm2_budget_why (Apm2Budget *self, const char *id, Apm2BudgetWhy *ret_why)
{
  const Apm2BudgetEntry *entry;

  g_return_val_if_fail (self != NULL && id != NULL && ret_why != NULL, FALSE);

  entry = g_hash_table_lookup (self->entries, id);
  if (entry == NULL || entry->holds)
    return FALSE;

  *ret_why = (Apm2BudgetWhy){ .position = 1 };
  ret_why->holders = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; g_ptr_array_index (self->waiters, i) != entry; i++)
    {
      const Apm2BudgetEntry *before = g_ptr_array_index (self->waiters, i);

      ret_why->position += before->lane == entry->lane ? 1 : 0;
    }

  ret_why->cause = apm2_budget_lane_closed (entry->lane);
  if (ret_why->cause != APM2_BUDGET_CAUSE_NONE)
    return TRUE;
  ret_why->cause = apm2_budget_lane_shortage (entry->lane, &entry->amounts);
  if (ret_why->cause != APM2_BUDGET_CAUSE_NONE)
    blame_lane (self, entry, ret_why);
  else if (!blame_names (self, entry, ret_why))
    blame_order (self, entry, ret_why);
  return TRUE;
}

static GPtrArray *
list_ids (const GPtrArray *entries, const char *lane)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < entries->len; i++)
    {
      const Apm2BudgetEntry *entry = g_ptr_array_index (entries, i);

      if (lane == NULL || g_str_equal (entry->lane->name, lane))
        add_id (ids, entry);
    }
  return ids;
}

/**
 * apm2_budget_list_holders:
 * @self: a budget
 * @lane: (nullable): only of this lane
 *
 * Returns: (transfer full) (element-type utf8): the jobs that hold, the one
 * that has held longest first
 */
GPtrArray *
apm2_budget_list_holders (Apm2Budget *self, const char *lane)
{
  g_return_val_if_fail (self != NULL, NULL);

  return list_ids (self->holders, lane);
}

/**
 * apm2_budget_list_waiters:
 * @self: a budget
 * @lane: (nullable): only of this lane
 *
 * Returns: (transfer full) (element-type utf8): the jobs that wait, in their
 *   order
 */
GPtrArray *
apm2_budget_list_waiters (Apm2Budget *self, const char *lane)
{
  g_return_val_if_fail (self != NULL, NULL);

  return list_ids (self->waiters, lane);
}
