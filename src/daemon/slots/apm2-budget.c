/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who of the attached jobs may start.
 *
 * Waiters stand in one order, by rank. The first of them for which there is
 * room starts, so that small ones may pass a big one. What keeps the big one
 * from starving is a count: each time that another takes what it could have
 * used, it was passed; once that has happened passes_max times it comes first.
 * Nobody behind it gets a name that it asks for, and as soon as its names are
 * free nobody behind it gets room in its lane. As long as a name is held the
 * room would be of no use to it, so that a long wait for a name stops no lane.
 *
 * There is no deadlock: a job takes all that it asks for or nothing, and
 * whoever waits does so for one that runs or for one before it in the order.
 */

#include "apm2-budget-private.h"

static void
lane_free (gpointer data)
{
  Apm2BudgetLane *lane = data;

  g_free (lane->name);
  g_free (lane);
}

static void
entry_free (gpointer data)
{
  Apm2BudgetEntry *entry = data;

  g_free (entry->id);
  g_strfreev (entry->exclusive);
  g_free (entry);
}

/**
 * apm2_budget_new:
 *
 * Returns: (transfer full): a budget without lanes
 */
Apm2Budget *
apm2_budget_new (void)
{
  Apm2Budget *self = g_new0 (Apm2Budget, 1);

  self->lanes
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, lane_free);
  self->entries
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  self->waiters = g_ptr_array_new ();
  self->holders = g_ptr_array_new ();
  return self;
}

/**
 * apm2_budget_free:
 * @self: (transfer full) (nullable): a budget
 */
void
apm2_budget_free (Apm2Budget *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->holders);
  g_ptr_array_unref (self->waiters);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->lanes);
  g_free (self);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Apm2BudgetEntry *x = *(Apm2BudgetEntry *const *) a;
  const Apm2BudgetEntry *y = *(Apm2BudgetEntry *const *) b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/**
 * apm2_budget_add:
 * @self: a budget
 * @id: a job that is not in it
 * @demand: what it asks for
 * @rank: its place; the lowest is first, and of equals the one added first
 *
 * The job waits from now on.
 */
void
apm2_budget_add (Apm2Budget *self,
                 const char *id,
                 const Apm2BudgetDemand *demand,
                 gint64 rank)
{
  Apm2BudgetEntry *entry;
  guint at;

  g_return_if_fail (self != NULL && id != NULL && demand != NULL);
  g_return_if_fail (demand->lane != NULL);
  g_return_if_fail (!g_hash_table_contains (self->entries, id));

  entry = g_new0 (Apm2BudgetEntry, 1);
  entry->id = g_strdup (id);
  entry->lane = apm2_budget_ensure_lane (self, demand->lane);
  entry->amounts = demand->amounts;
  entry->exclusive = g_strdupv ((GStrv) demand->exclusive);
  entry->rank = rank;
  entry->sequence = self->sequence++;
  g_hash_table_insert (self->entries, entry->id, entry);

  for (at = self->waiters->len; at > 0; at--)
    if (compare_entries (&self->waiters->pdata[at - 1], &entry) < 0)
      break;
  g_ptr_array_insert (self->waiters, (int) at, entry);
}

static gboolean
shares (const Apm2BudgetEntry *a,
        const Apm2BudgetEntry *b,
        const char **ret_name)
{
  for (gsize i = 0; a->exclusive != NULL && a->exclusive[i] != NULL; i++)
    if (b->exclusive != NULL
        && g_strv_contains ((const char *const *) b->exclusive,
                            a->exclusive[i]))
      {
        if (ret_name != NULL)
          *ret_name = a->exclusive[i];
        return TRUE;
      }
  return FALSE;
}

/* @entry starts now. Who is before it and could have used what it takes has
 * been passed. */
static void
pass (Apm2Budget *self, const Apm2BudgetEntry *entry)
{
  for (guint i = 0; i < self->waiters->len; i++)
    {
      Apm2BudgetEntry *waiter = g_ptr_array_index (self->waiters, i);

      if (waiter == entry)
        return;
      if (apm2_budget_lane_closed (waiter->lane) == APM2_BUDGET_CAUSE_NONE
          && waiter->passes < G_MAXUINT
          && (shares (waiter, entry, NULL)
              || (waiter->lane == entry->lane
                  && apm2_budget_find_name_holder (self, waiter, NULL)
                         == NULL)))
        waiter->passes++;
    }
}

static void
take_names (Apm2Budget *self, Apm2BudgetEntry *entry)
{
  for (gsize i = 0; entry->exclusive != NULL && entry->exclusive[i] != NULL;
       i++)
    if (!g_hash_table_contains (self->names, entry->exclusive[i]))
      g_hash_table_insert (self->names, entry->exclusive[i], entry);
}

/**
 * apm2_budget_hold:
 * @self: a budget
 * @id: a job that waits
 *
 * The job has its turn and holds what it asked for. That there is room is not
 * asked here: what ran before a restart of the broker goes on.
 */
void
apm2_budget_hold (Apm2Budget *self, const char *id)
{
  Apm2BudgetEntry *entry;

  g_return_if_fail (self != NULL && id != NULL);

  entry = g_hash_table_lookup (self->entries, id);
  g_return_if_fail (entry != NULL && !entry->holds);

  pass (self, entry);
  g_ptr_array_remove (self->waiters, entry);
  entry->holds = TRUE;
  g_ptr_array_add (self->holders, entry);
  take_names (self, entry);
  apm2_budget_count_used (self, entry->lane);
}

static void
release (Apm2Budget *self, Apm2BudgetEntry *entry)
{
  g_ptr_array_remove (self->holders, entry);
  for (gsize i = 0; entry->exclusive != NULL && entry->exclusive[i] != NULL;
       i++)
    if (g_hash_table_lookup (self->names, entry->exclusive[i]) == entry)
      g_hash_table_remove (self->names, entry->exclusive[i]);
  /* Of two that held one name before a restart, the other still does. */
  for (guint i = 0; i < self->holders->len; i++)
    take_names (self, g_ptr_array_index (self->holders, i));
  apm2_budget_count_used (self, entry->lane);
}

/**
 * apm2_budget_remove:
 * @self: a budget
 * @id: a job; nothing happens if it is not there
 *
 * The job has ended, or waits no longer.
 */
void
apm2_budget_remove (Apm2Budget *self, const char *id)
{
  Apm2BudgetEntry *entry;

  g_return_if_fail (self != NULL && id != NULL);

  entry = g_hash_table_lookup (self->entries, id);
  if (entry == NULL)
    return;
  if (entry->holds)
    release (self, entry);
  else
    g_ptr_array_remove (self->waiters, entry);
  g_hash_table_remove (self->entries, id);
}

const Apm2BudgetEntry *
apm2_budget_find_name_holder (Apm2Budget *self,
                              const Apm2BudgetEntry *entry,
                              const char **ret_name)
{
  for (gsize i = 0; entry->exclusive != NULL && entry->exclusive[i] != NULL;
       i++)
    {
      const Apm2BudgetEntry *holder
          = g_hash_table_lookup (self->names, entry->exclusive[i]);

      if (holder == NULL)
        continue;
      if (ret_name != NULL)
        *ret_name = entry->exclusive[i];
      return holder;
    }
  return NULL;
}

/* Whether a waiter was passed so often that it comes first. */
gboolean
apm2_budget_is_first (const Apm2BudgetEntry *entry)
{
  return entry->passes >= entry->lane->passes_max
         && apm2_budget_lane_closed (entry->lane) == APM2_BUDGET_CAUSE_NONE;
}

/* Whether @entry has to wait for @first, which is before it and comes first. */
gboolean
apm2_budget_yields (Apm2Budget *self,
                    const Apm2BudgetEntry *entry,
                    const Apm2BudgetEntry *first,
                    const char **ret_name)
{
  return shares (entry, first, ret_name)
         || (entry->lane == first->lane
             && apm2_budget_find_name_holder (self, first, NULL) == NULL);
}

/**
 * apm2_budget_next:
 * @self: a budget
 *
 * Returns: (transfer none) (nullable): the job that may start now; the caller
 *   says so with apm2_budget_hold() and asks again
 */
const char *
apm2_budget_next (Apm2Budget *self)
{
  g_autoptr (GPtrArray) firsts = g_ptr_array_new ();

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->waiters->len; i++)
    {
      Apm2BudgetEntry *entry = g_ptr_array_index (self->waiters, i);
      gboolean yields = FALSE;

      if (apm2_budget_lane_closed (entry->lane) != APM2_BUDGET_CAUSE_NONE)
        continue;
      for (guint j = 0; j < firsts->len && !yields; j++)
        yields = apm2_budget_yields (
            self, entry, g_ptr_array_index (firsts, j), NULL);
      if (!yields
          && apm2_budget_lane_shortage (entry->lane, &entry->amounts)
                 == APM2_BUDGET_CAUSE_NONE
          && apm2_budget_find_name_holder (self, entry, NULL) == NULL)
        return entry->id;
      if (apm2_budget_is_first (entry))
        g_ptr_array_add (firsts, entry);
    }
  return NULL;
}
