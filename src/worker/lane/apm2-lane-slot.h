/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-files.h"
#include "apm2-lane-limits.h"
#include "apm2-lane-record.h"
#include "apm2-lane-watch.h"
#include "apm2-manager.h"

G_BEGIN_DECLS

typedef enum
{
  APM2_LANE_SLOT_IDLE,    /* its unit is not active */
  APM2_LANE_SLOT_ARMING,  /* on the way to ARMED, for as long as that takes */
  APM2_LANE_SLOT_ARMED,   /* its unit waits for a step */
  APM2_LANE_SLOT_RUNNING, /* its unit has one */
  APM2_LANE_SLOT_ENDED,   /* the step has ended, the unit is still there */
  APM2_LANE_SLOT_STOPPING,
} Apm2LaneSlotState;

/* What a slot is armed for. */
typedef struct
{
  gboolean clean;   /* nothing in the workspace, else what is there stays */
  gboolean network; /* the unit may use it */
  guint width;      /* how many steps come at once; 0 as 1 */
  Apm2LaneLimits limits;
} Apm2LaneTerms;

/* A unit that an earlier process has left; borrowed. */
typedef struct
{
  gboolean network;          /* which of the two it is */
  const char *invocation_id; /* that was fed */
  Apm2LaneEnforces enforced;
  gboolean pid_namespace;
  gboolean net_namespace;
} Apm2LaneFound;

/* What slots of one worker share; must outlive them. */
typedef struct
{
  const Apm2Paths *paths;
  Apm2Manager *manager;
  Apm2LaneWatch *watch;
} Apm2LaneContext;

/*
 * One slot of a lane.
 *
 * Signals:
 *   changed (): its state or its trouble has
 *   line (line: utf8): apm2-step said something of the step that runs
 *   ended (state: Apm2UnitState): the step's process is gone; all lines have
 *     been told. The unit is as it ended, unless the slot is STOPPING
 */
#define APM2_TYPE_LANE_SLOT (apm2_lane_slot_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LaneSlot, apm2_lane_slot, APM2, LANE_SLOT, GObject)

Apm2LaneSlot *apm2_lane_slot_new (const Apm2LaneContext *context,
                                  const char *name);
void apm2_lane_slot_arm (Apm2LaneSlot *self, const Apm2LaneTerms *terms);
void apm2_lane_slot_hurry (Apm2LaneSlot *self);
void apm2_lane_slot_set_limits (Apm2LaneSlot *self,
                                const Apm2LaneLimits *limits);
gboolean apm2_lane_slot_prepare (Apm2LaneSlot *self,
                                 const Apm2LaneTerms *terms);
void apm2_lane_slot_describe (Apm2LaneSlot *self,
                              gboolean network,
                              Apm2LaneRecord *record);
void apm2_lane_slot_offer (Apm2LaneSlot *self, GBytes *message);
gboolean apm2_lane_slot_has_offer (Apm2LaneSlot *self);
void apm2_lane_slot_feed (Apm2LaneSlot *self, GBytes *message);
void apm2_lane_slot_adopt (Apm2LaneSlot *self, const Apm2LaneFound *found);
void apm2_lane_slot_stop (Apm2LaneSlot *self, guint64 grace_usec);

const char *apm2_lane_slot_get_name (Apm2LaneSlot *self);
/* Whose caches its workspace has, since it was armed; (nullable). */
const char *apm2_lane_slot_get_cache (Apm2LaneSlot *self);
const char *apm2_lane_slot_get_unit (Apm2LaneSlot *self);
const char *apm2_lane_slot_get_invocation_id (Apm2LaneSlot *self);
Apm2LaneFiles *apm2_lane_slot_get_files (Apm2LaneSlot *self);
Apm2LaneSlotState apm2_lane_slot_get_state (Apm2LaneSlot *self);
const Apm2LaneTerms *apm2_lane_slot_get_terms (Apm2LaneSlot *self);
Apm2LaneEnforces apm2_lane_slot_get_enforced (Apm2LaneSlot *self);
gboolean apm2_lane_slot_has_net_namespace (Apm2LaneSlot *self);
gboolean apm2_lane_slot_has_pid_namespace (Apm2LaneSlot *self);
/* Most processes and threads at once of the last step, whenever its unit was
 * read; 0 if the manager does not count. */
guint64 apm2_lane_slot_get_tasks_seen (Apm2LaneSlot *self);
gboolean apm2_lane_slot_is_ready (Apm2LaneSlot *self);
const char *apm2_lane_slot_get_trouble (Apm2LaneSlot *self);

G_END_DECLS
