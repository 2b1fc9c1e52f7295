/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-place.h"

G_BEGIN_DECLS

struct _Apm2LanePlace
{
  Apm2JobPlace parent_instance;

  Apm2LanePool *pool;
  Apm2ExecutorDirect *outside;
  Apm2Manager *manager;
  const Apm2Paths *paths; /* borrowed: of main, which outlives us */
  const Apm2Lease *lease; /* borrowed: of whoever runs the job */
  char *lane;
  gboolean goes_outside; /* a step of it may */
  char *cache;           /* (nullable) whose caches it may see */
  gboolean leaves_cache; /* to others */
  gboolean spoiled;      /* what it leaves is too much */
  char *mirrors;
  GCancellable *cancellable;
  Apm2LaneSlot *slot; /* (nullable) */
  gboolean used;      /* a step has been in the slot */
  gboolean network;   /* one of them could use it */
  char *containment;
};

/* apm2-lane-place-start.c */
Apm2StepRun *apm2_lane_place_start_step (Apm2JobPlace *place,
                                         const Apm2StepOrder *order,
                                         const Apm2JobProgress *progress,
                                         GError **error);
GPtrArray *apm2_lane_place_start_wave (Apm2JobPlace *place,
                                       const Apm2StepOrder *orders,
                                       const Apm2JobProgress *progress,
                                       guint n,
                                       GError **error);

G_END_DECLS
