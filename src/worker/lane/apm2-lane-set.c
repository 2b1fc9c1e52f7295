/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The slots of a pool, and which of them are free. There are few.
 */

#include "apm2-lane-set.h"

static void
entry_free (gpointer data)
{
  Apm2LaneEntry *entry = data;

  g_object_unref (entry->slot);
  g_free (entry->lane);
  g_free (entry);
}

/**
 * apm2_lane_set_new:
 *
 * Returns: (transfer full): no slots
 */
Apm2LaneSet *
apm2_lane_set_new (void)
{
  return g_ptr_array_new_with_free_func (entry_free);
}

/**
 * apm2_lane_set_add:
 * @self: a set
 * @slot: (transfer full): a slot that is not in it
 * @lane: its lane
 *
 * Returns: (transfer none): its entry, free
 */
Apm2LaneEntry *
apm2_lane_set_add (Apm2LaneSet *self, Apm2LaneSlot *slot, const char *lane)
{
  Apm2LaneEntry *entry = g_new0 (Apm2LaneEntry, 1);

  entry->slot = slot;
  entry->lane = g_strdup (lane);
  g_ptr_array_add (self, entry);
  return entry;
}

static Apm2LaneEntry *
get (const Apm2LaneSet *self, guint i)
{
  return g_ptr_array_index (self, i);
}

/**
 * apm2_lane_set_find:
 * @self: a set
 * @name: of a slot
 *
 * Returns: (transfer none) (nullable): its entry
 */
Apm2LaneEntry *
apm2_lane_set_find (const Apm2LaneSet *self, const char *name)
{
  for (guint i = 0; i < self->len; i++)
    {
      if (g_str_equal (apm2_lane_slot_get_name (get (self, i)->slot), name))
        return get (self, i);
    }
  return NULL;
}

static gboolean
is_of (const Apm2LaneEntry *entry, const char *lane)
{
  return lane == NULL || g_str_equal (entry->lane, lane);
}

static gboolean
is_free (const Apm2LaneEntry *entry, const char *lane, Apm2LaneSlotState state)
{
  return !entry->held && is_of (entry, lane)
         && apm2_lane_slot_get_state (entry->slot) == state;
}

/**
 * apm2_lane_set_find_free:
 * @self: a set
 * @lane: (nullable): a lane
 * @state: in which the slot shall be
 *
 * Returns: (transfer none) (nullable): a slot that nobody holds
 */
Apm2LaneEntry *
apm2_lane_set_find_free (const Apm2LaneSet *self,
                         const char *lane,
                         Apm2LaneSlotState state)
{
  for (guint i = 0; i < self->len; i++)
    {
      if (is_free (get (self, i), lane, state))
        return get (self, i);
    }
  return NULL;
}

/**
 * apm2_lane_set_find_best:
 * @self: a set
 * @lane: a lane
 * @cache: (nullable): of whose caches a job is
 *
 * Returns: (transfer none) (nullable): an armed slot that nobody holds, if
 *   there is a choice the one with these caches, or with none
 */
Apm2LaneEntry *
apm2_lane_set_find_best (const Apm2LaneSet *self,
                         const char *lane,
                         const char *cache)
{
  Apm2LaneEntry *best = NULL;

  for (guint i = 0; i < self->len; i++)
    {
      Apm2LaneEntry *entry = get (self, i);
      const char *has = NULL;

      if (!is_free (entry, lane, APM2_LANE_SLOT_ARMED))
        continue;
      has = apm2_lane_slot_get_cache (entry->slot);
      if (g_strcmp0 (has, cache) == 0)
        return entry;
      if (best == NULL
          || (has == NULL && apm2_lane_slot_get_cache (best->slot) != NULL))
        best = entry;
    }
  return best;
}

guint
apm2_lane_set_count_free (const Apm2LaneSet *self,
                          const char *lane,
                          Apm2LaneSlotState state)
{
  guint count = 0;

  for (guint i = 0; i < self->len; i++)
    count += is_free (get (self, i), lane, state) ? 1 : 0;
  return count;
}

/**
 * apm2_lane_set_is_fresh:
 * @slot: one that is given back
 *
 * Returns: whether it was armed for a job that did not come, and is as good as
 *   new: not for the middle of a job, and without knowing of its step
 */
gboolean
apm2_lane_set_is_fresh (Apm2LaneSlot *slot)
{
  const Apm2LaneTerms *terms = apm2_lane_slot_get_terms (slot);

  return apm2_lane_slot_get_state (slot) == APM2_LANE_SLOT_ARMED && terms->clean
         && !terms->network && terms->width <= 1
         && !apm2_lane_slot_has_offer (slot);
}

/**
 * apm2_lane_set_list_free:
 * @self: a set
 *
 * Returns: (transfer full) (element-type Apm2LaneSlot): the slots that nobody
 *   holds
 */
GPtrArray *
apm2_lane_set_list_free (const Apm2LaneSet *self)
{
  GPtrArray *slots = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->len; i++)
    {
      if (!get (self, i)->held)
        g_ptr_array_add (slots, g_object_ref (get (self, i)->slot));
    }
  return slots;
}

guint
apm2_lane_set_count_held (const Apm2LaneSet *self, const char *lane)
{
  guint count = 0;

  for (guint i = 0; i < self->len; i++)
    count += get (self, i)->held && is_of (get (self, i), lane) ? 1 : 0;
  return count;
}

/**
 * apm2_lane_set_find_trouble:
 * @self: a set
 *
 * Returns: (transfer none) (nullable): the reason code of a slot that cannot be
 *   armed
 */
const char *
apm2_lane_set_find_trouble (const Apm2LaneSet *self)
{
  const char *trouble = NULL;

  for (guint i = 0; i < self->len && trouble == NULL; i++)
    trouble = apm2_lane_slot_get_trouble (get (self, i)->slot);
  return trouble;
}
