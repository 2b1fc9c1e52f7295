/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-slot.h"

G_BEGIN_DECLS

/* A slot of a pool. */
typedef struct
{
  Apm2LaneSlot *slot;
  char *lane;
  gboolean held; /* by a job, or by whoever took it */
} Apm2LaneEntry;

/* The slots of a pool. A lane of %NULL means any. */
typedef GPtrArray Apm2LaneSet; /* (element-type Apm2LaneEntry) */

Apm2LaneSet *apm2_lane_set_new (void);
Apm2LaneEntry *
apm2_lane_set_add (Apm2LaneSet *self, Apm2LaneSlot *slot, const char *lane);
Apm2LaneEntry *apm2_lane_set_find (const Apm2LaneSet *self, const char *name);
Apm2LaneEntry *apm2_lane_set_find_best (const Apm2LaneSet *self,
                                        const char *lane,
                                        const char *cache);
Apm2LaneEntry *apm2_lane_set_find_free (const Apm2LaneSet *self,
                                        const char *lane,
                                        Apm2LaneSlotState state);
guint apm2_lane_set_count_free (const Apm2LaneSet *self,
                                const char *lane,
                                Apm2LaneSlotState state);
gboolean apm2_lane_set_is_fresh (Apm2LaneSlot *slot);
GPtrArray *apm2_lane_set_list_free (const Apm2LaneSet *self);
guint apm2_lane_set_count_held (const Apm2LaneSet *self, const char *lane);
const char *apm2_lane_set_find_trouble (const Apm2LaneSet *self);

G_END_DECLS
