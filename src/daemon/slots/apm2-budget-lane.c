/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lanes of the budget: what they have and how full they are.
 */

#include "apm2-budget-private.h"

#include "apm2-error.h"
#include "apm2-job-state.h"
#include "apm2-size.h"

Apm2BudgetLane *
apm2_budget_ensure_lane (Apm2Budget *self, const char *name)
{
  Apm2BudgetLane *lane = g_hash_table_lookup (self->lanes, name);

  if (lane != NULL)
    return lane;
  lane = g_new0 (Apm2BudgetLane, 1);
  lane->name = g_strdup (name);
  g_hash_table_insert (self->lanes, lane->name, lane);
  return lane;
}

static guint64
plus (guint64 a, guint64 b)
{
  return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

void
apm2_budget_count_used (Apm2Budget *self, Apm2BudgetLane *lane)
{
  lane->used = lane->load;
  for (guint i = 0; i < self->holders->len; i++)
    {
      const Apm2BudgetEntry *entry = g_ptr_array_index (self->holders, i);

      if (entry->lane != lane)
        continue;
      lane->used.slots = plus (lane->used.slots, entry->amounts.slots);
      lane->used.cpu_percent
          = plus (lane->used.cpu_percent, entry->amounts.cpu_percent);
      lane->used.memory_bytes
          = plus (lane->used.memory_bytes, entry->amounts.memory_bytes);
    }
}

/**
 * apm2_budget_set_lane:
 * @self: a budget
 * @lane: a lane's name
 * @budget: what it has; 0 means no bound
 * @passes_max: how often one of its waiters may be passed
 *
 * Adds a lane, or changes it. Who holds goes on, even if it is now too much.
 */
void
apm2_budget_set_lane (Apm2Budget *self,
                      const char *lane,
                      const Apm2BudgetAmounts *budget,
                      guint passes_max)
{
  Apm2BudgetLane *found;

  g_return_if_fail (self != NULL && lane != NULL && budget != NULL);

  found = apm2_budget_ensure_lane (self, lane);
  found->known = TRUE;
  found->budget = *budget;
  found->passes_max = passes_max;
}

/**
 * apm2_budget_drop_lane:
 * @self: a budget
 * @lane: a lane's name
 *
 * The lane is no longer configured: its waiters wait as in a paused one.
 */
void
apm2_budget_drop_lane (Apm2Budget *self, const char *lane)
{
  g_return_if_fail (self != NULL && lane != NULL);

  apm2_budget_ensure_lane (self, lane)->known = FALSE;
}

/**
 * apm2_budget_set_lane_load:
 * @self: a budget
 * @lane: a lane's name
 * @load: what its worker jobs take, all together
 *
 * Worker jobs are not in the order that is kept here. Each more of them counts
 * as one that passes.
 */
void
apm2_budget_set_lane_load (Apm2Budget *self,
                           const char *lane,
                           const Apm2BudgetAmounts *load)
{
  Apm2BudgetLane *found;
  guint64 more;

  g_return_if_fail (self != NULL && lane != NULL && load != NULL);

  found = apm2_budget_ensure_lane (self, lane);
  more = load->slots > found->load.slots ? load->slots - found->load.slots : 0;
  found->load = *load;
  apm2_budget_count_used (self, found);
  if (apm2_budget_lane_closed (found) != APM2_BUDGET_CAUSE_NONE)
    return;

  for (guint i = 0; more > 0 && i < self->waiters->len; i++)
    {
      Apm2BudgetEntry *waiter = g_ptr_array_index (self->waiters, i);

      if (waiter->lane == found
          && apm2_budget_find_name_holder (self, waiter, NULL) == NULL)
        waiter->passes = (guint) MIN (plus (waiter->passes, more), G_MAXUINT);
    }
}

/**
 * apm2_budget_set_lane_closed:
 * @self: a budget
 * @lane: a lane's name
 * @cause: why none of its waiters may start: PAUSED or PRESSURE; NONE opens it
 *
 * Waiters of a closed lane keep nobody else waiting, and are not passed.
 */
void
apm2_budget_set_lane_closed (Apm2Budget *self,
                             const char *lane,
                             Apm2BudgetCause cause)
{
  g_return_if_fail (self != NULL && lane != NULL);
  g_return_if_fail (cause == APM2_BUDGET_CAUSE_NONE
                    || cause == APM2_BUDGET_CAUSE_PAUSED
                    || cause == APM2_BUDGET_CAUSE_PRESSURE);

  apm2_budget_ensure_lane (self, lane)->closed = cause;
}

Apm2BudgetCause
apm2_budget_lane_closed (const Apm2BudgetLane *lane)
{
  return lane->known ? lane->closed : APM2_BUDGET_CAUSE_PAUSED;
}

static gboolean
has_room (guint64 budget, guint64 used, guint64 asked)
{
  return budget == 0 || (used <= budget && asked <= budget - used);
}

/* The first of the amounts of which there is too little. */
Apm2BudgetCause
apm2_budget_lane_shortage (const Apm2BudgetLane *lane,
                           const Apm2BudgetAmounts *amounts)
{
  const Apm2BudgetAmounts *budget = &lane->budget;
  const Apm2BudgetAmounts *used = &lane->used;

  if (!has_room (budget->slots, used->slots, amounts->slots))
    return APM2_BUDGET_CAUSE_SLOTS;
  if (!has_room (budget->cpu_percent, used->cpu_percent, amounts->cpu_percent))
    return APM2_BUDGET_CAUSE_CPUS;
  if (!has_room (
          budget->memory_bytes, used->memory_bytes, amounts->memory_bytes))
    return APM2_BUDGET_CAUSE_MEMORY;
  return APM2_BUDGET_CAUSE_NONE;
}

/**
 * apm2_budget_is_lane_reserved:
 * @self: a budget
 * @lane: a lane's name
 *
 * Returns: %TRUE if one of its waiters was passed so often that nothing else of
 *   the lane may start, worker jobs neither
 */
gboolean
apm2_budget_is_lane_reserved (Apm2Budget *self, const char *lane)
{
  g_return_val_if_fail (self != NULL && lane != NULL, FALSE);

  for (guint i = 0; i < self->waiters->len; i++)
    {
      const Apm2BudgetEntry *entry = g_ptr_array_index (self->waiters, i);

      if (g_str_equal (entry->lane->name, lane) && apm2_budget_is_first (entry)
          && apm2_budget_find_name_holder (self, entry, NULL) == NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
refuse (GError **error,
        const char *lane,
        const char *what,
        const char *asked,
        const char *budget)
{
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_DENIED,
               "%s: %s %s is more than the whole budget of lane \"%s\", %s; "
               "ask for less, or give the lane more in apm2.conf(5)",
               APM2_REASON_LIMIT_EXCEEDS_LANE,
               what,
               asked,
               lane,
               budget);
  return FALSE;
}

/**
 * apm2_budget_fits_ever:
 * @self: a budget
 * @demand: what a job asks for, of a configured lane
 * @error: return location
 *
 * Whether the job could start if it were alone. Asked again when the budget of
 * its lane changes: one that became too large would wait for ever.
 *
 * Returns: %FALSE with %APM2_ERROR_DENIED and a message "limit_exceeds_lane:
 *   words"
 */
gboolean
apm2_budget_fits_ever (Apm2Budget *self,
                       const Apm2BudgetDemand *demand,
                       GError **error)
{
  const Apm2BudgetAmounts *asked;
  const Apm2BudgetLane *lane;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  g_return_val_if_fail (self != NULL && demand != NULL, FALSE);

  asked = &demand->amounts;
  lane = g_hash_table_lookup (self->lanes, demand->lane);
  if (lane == NULL)
    return TRUE;

  if (!has_room (lane->budget.slots, 0, asked->slots))
    {
      a = g_strdup_printf ("%" G_GUINT64_FORMAT, asked->slots);
      b = g_strdup_printf ("%" G_GUINT64_FORMAT, lane->budget.slots);
      return refuse (error, lane->name, "slot.slots", a, b);
    }
  if (!has_room (lane->budget.cpu_percent, 0, asked->cpu_percent))
    {
      a = g_strdup_printf ("%" G_GUINT64_FORMAT "%%", asked->cpu_percent);
      b = g_strdup_printf ("%" G_GUINT64_FORMAT "%%", lane->budget.cpu_percent);
      return refuse (error, lane->name, "limits.cpu_quota_percent", a, b);
    }
  if (!has_room (lane->budget.memory_bytes, 0, asked->memory_bytes))
    {
      a = apm2_size_to_string (asked->memory_bytes);
      b = apm2_size_to_string (lane->budget.memory_bytes);
      return refuse (error, lane->name, "limits.memory_max_bytes", a, b);
    }
  return TRUE;
}

/**
 * apm2_budget_get_usage:
 * @self: a budget
 * @lane: a lane's name
 *
 * Returns: how full the lane is; zeros for one that is not known
 */
Apm2BudgetUsage
apm2_budget_get_usage (Apm2Budget *self, const char *lane)
{
  Apm2BudgetUsage usage = { 0 };
  const Apm2BudgetLane *found;

  g_return_val_if_fail (self != NULL && lane != NULL, usage);

  found = g_hash_table_lookup (self->lanes, lane);
  if (found == NULL)
    return usage;
  usage.used = found->used;
  for (guint i = 0; i < self->holders->len; i++)
    {
      const Apm2BudgetEntry *entry = g_ptr_array_index (self->holders, i);

      usage.holding += entry->lane == found ? 1 : 0;
    }
  for (guint i = 0; i < self->waiters->len; i++)
    {
      const Apm2BudgetEntry *entry = g_ptr_array_index (self->waiters, i);

      usage.waiting += entry->lane == found ? 1 : 0;
    }
  return usage;
}
