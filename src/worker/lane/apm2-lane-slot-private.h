/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-events.h"
#include "apm2-lane-fifo.h"
#include "apm2-lane-slot.h"
#include "apm2-manager-job.h"

G_BEGIN_DECLS

struct _Apm2LaneSlot
{
  GObject parent_instance;

  const Apm2LaneContext *context; /* borrowed: of the executor */
  char *name;
  char *unit; /* the one of its two that is meant now */
  Apm2LaneFiles *files;
  Apm2LaneSlotState state;
  Apm2LaneTerms terms;
  char *cache;           /* (nullable) whose caches the workspace has */
  Apm2LaneLimits limits; /* that the unit has */
  gboolean limits_known;
  gboolean limits_in_flight;
  gboolean stop_in_flight;
  gboolean stop_failed;      /* the last time */
  Apm2LaneFifo *fifo;        /* (nullable) */
  Apm2LaneEvents *events;    /* (nullable) */
  char *invocation_id;       /* "" unless it runs */
  char *control_group;       /* (nullable) */
  Apm2LaneEnforces enforced; /* looked up when limits and unit are there */
  gboolean pid_namespace;
  gboolean net_namespace;
  guint64 tasks_seen; /* most at once, when the unit was read */
  gboolean told_armed;
  Apm2ManagerJob start; /* of the unit */
  gboolean rearm;       /* when the unit is not active any more */
  gboolean reading;     /* the unit */
  gboolean read_again;  /* it has changed since that was asked */
  gboolean offered;     /* a step, which waits in it for the word */
  gboolean fed;         /* a step, whose end has not been told */
  guint round;          /* raised when what is under way counts no more */
  guint timer;          /* of ARMING: another try, or too late */
  guint kill_timer;
  guint delay_msec;    /* before another try */
  const char *trouble; /* (nullable) reason code, for ever */
};

/* A call under way, and for what. */
typedef struct
{
  Apm2LaneSlot *slot; /* owned */
  guint round;
} Apm2LaneCall;

Apm2LaneCall *apm2_lane_call_new (Apm2LaneSlot *slot);
void apm2_lane_call_free (Apm2LaneCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneCall, apm2_lane_call_free)
gboolean apm2_lane_call_is_current (const Apm2LaneCall *self);

void apm2_lane_slot_set_state (Apm2LaneSlot *self, Apm2LaneSlotState state);
void apm2_lane_slot_emit_changed (Apm2LaneSlot *self);
void apm2_lane_slot_emit_ended (Apm2LaneSlot *self, const Apm2UnitState *state);
void apm2_lane_slot_set_trouble (Apm2LaneSlot *self, const char *trouble);
void apm2_lane_slot_close (Apm2LaneSlot *self);
gboolean apm2_lane_slot_open_events (Apm2LaneSlot *self, GError **error);
void apm2_lane_slot_look_at_limits (Apm2LaneSlot *self);

/* apm2-lane-slot-look.c */
void apm2_lane_slot_look (Apm2LaneSlot *self);

/* apm2-lane-slot-arm.c */
void apm2_lane_slot_begin_arming (Apm2LaneSlot *self);
void apm2_lane_slot_fail_arming (Apm2LaneSlot *self,
                                 const char *trouble,
                                 const char *message);
void apm2_lane_slot_take_arming_line (Apm2LaneSlot *self, const char *line);
void apm2_lane_slot_take_arming_state (Apm2LaneSlot *self,
                                       const Apm2UnitState *state);
void apm2_lane_slot_send_limits (Apm2LaneSlot *self);

/* apm2-lane-slot-stop.c */
void apm2_lane_slot_begin_stopping (Apm2LaneSlot *self, guint64 grace_usec);
void apm2_lane_slot_send_stop (Apm2LaneSlot *self);
void apm2_lane_slot_take_stopping_state (Apm2LaneSlot *self,
                                         const Apm2UnitState *state);

G_END_DECLS
