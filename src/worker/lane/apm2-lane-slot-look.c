/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a slot looks at its unit: reads it whenever it may have changed, and
 * passes on what it says to whoever is concerned by it in the state of the
 * slot.
 */

#include "apm2-lane-slot-private.h"

static gboolean
is_ours (Apm2LaneSlot *self, const Apm2UnitState *state)
{
  return g_str_equal (state->load_state, "loaded")
         && g_str_equal (state->invocation_id, self->invocation_id);
}

/* "active" without "exited" is the process that waits or works; while the unit
 * is deactivating it may still have to say how the step ended. */
static gboolean
is_at_work (const Apm2UnitState *state)
{
  if (g_str_equal (state->active_state, "active"))
    return !g_str_equal (state->sub_state, "exited");
  return g_str_equal (state->active_state, "deactivating")
         || g_str_equal (state->active_state, "reloading");
}

static void
tell_end (Apm2LaneSlot *self, const Apm2UnitState *state)
{
  if (!self->fed)
    return;
  /* The last line may have come later than the last look into the file. */
  if (self->events != NULL)
    apm2_lane_events_read (self->events);
  self->fed = FALSE;
  if (self->state == APM2_LANE_SLOT_RUNNING)
    self->state = APM2_LANE_SLOT_ENDED;
  apm2_lane_slot_emit_ended (self, state);
}

static void
take_state (Apm2LaneSlot *self, const Apm2UnitState *state)
{
  gboolean over = !is_ours (self, state) || !is_at_work (state);

  switch (self->state)
    {
    case APM2_LANE_SLOT_ARMING:
      apm2_lane_slot_take_arming_state (self, state);
      break;
    case APM2_LANE_SLOT_ARMED:
      if (over)
        apm2_lane_slot_fail_arming (
            self, "lane_start_failed", "it ended before it had a step");
      break;
    case APM2_LANE_SLOT_RUNNING:
      if (over)
        tell_end (self, state);
      else
        self->tasks_seen = MAX (self->tasks_seen, state->tasks_current);
      break;
    case APM2_LANE_SLOT_STOPPING:
      if (over)
        tell_end (self, state);
      apm2_lane_slot_take_stopping_state (self, state);
      break;
    case APM2_LANE_SLOT_ENDED:
    case APM2_LANE_SLOT_IDLE:
    default:
      break;
    }
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  Apm2LaneSlot *self = call->slot;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) state
      = apm2_manager_read_unit_finish (APM2_MANAGER (source), result, &error);

  self->reading = FALSE;
  /* The unit may have changed while it was read. A manager that is away says so
   * when it is back, and then everything is read. */
  if (self->read_again)
    {
      self->read_again = FALSE;
      apm2_lane_slot_look (self);
    }
  if (state != NULL && apm2_lane_call_is_current (call))
    take_state (self, state);
}

/**
 * apm2_lane_slot_look:
 * @self: a slot
 *
 * Reads its unit, and does what follows from that.
 */
void
apm2_lane_slot_look (Apm2LaneSlot *self)
{
  if (self->state == APM2_LANE_SLOT_IDLE)
    return;
  if (self->reading)
    {
      self->read_again = TRUE;
      return;
    }
  self->reading = TRUE;
  apm2_manager_read_unit_async (self->context->manager,
                                self->unit,
                                NULL,
                                on_read,
                                apm2_lane_call_new (self));
}
