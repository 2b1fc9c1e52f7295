/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a slot of a lane gets its step: at once, or first the step and then the
 * word that it may run.
 */

#include "apm2-lane-slot-private.h"

#include "apm2-step-prepare.h"
#include "apm2-time.h"

/**
 * apm2_lane_slot_is_ready:
 * @self: a slot
 *
 * Returns: %TRUE if it is armed and its limits hold
 */
gboolean
apm2_lane_slot_is_ready (Apm2LaneSlot *self)
{
  return self->state == APM2_LANE_SLOT_ARMED && !self->limits_in_flight
         && self->limits_known
         && apm2_lane_limits_equal (&self->limits, &self->terms.limits);
}

/* Returns: whether there was nothing to change */
static gboolean
fit_armed (Apm2LaneSlot *self, const Apm2LaneTerms *terms)
{
  const Apm2LaneTerms *now = &self->terms;

  if (now->network != terms->network || now->clean != terms->clean
      || MAX (now->width, 1) != MAX (terms->width, 1))
    apm2_lane_slot_stop (self, 0);
  else if (!apm2_lane_limits_equal (&now->limits, &terms->limits))
    apm2_lane_slot_set_limits (self, &terms->limits);
  else
    return TRUE;
  return FALSE;
}

/**
 * apm2_lane_slot_prepare:
 * @self: a slot
 * @terms: what it must be armed for
 *
 * Goes on towards that, from wherever it is. Each change of its state is a
 * reason to call this again.
 *
 * Returns: %TRUE if it is there, and may be fed
 */
gboolean
apm2_lane_slot_prepare (Apm2LaneSlot *self, const Apm2LaneTerms *terms)
{
  if (self->state == APM2_LANE_SLOT_IDLE)
    apm2_lane_slot_arm (self, terms);
  else if (self->state == APM2_LANE_SLOT_ARMED)
    return fit_armed (self, terms) && apm2_lane_slot_is_ready (self);
  return FALSE;
}

/**
 * apm2_lane_slot_describe:
 * @self: a slot that is ready
 * @network: whether what it is fed may use it
 * @record: gets what the slot is
 */
void
apm2_lane_slot_describe (Apm2LaneSlot *self,
                         gboolean network,
                         Apm2LaneRecord *record)
{
  g_free (record->invocation_id);
  record->invocation_id = g_strdup (apm2_lane_slot_get_invocation_id (self));
  record->fed_at = apm2_time_boottime_usec ();
  record->network = record->network || network;
  record->enforced = apm2_lane_slot_get_enforced (self);
  record->pid_namespace = apm2_lane_slot_has_pid_namespace (self);
  record->net_namespace = apm2_lane_slot_has_net_namespace (self);
}

/**
 * apm2_lane_slot_offer:
 * @self: a slot that is ready
 * @message: a step, which may come
 *
 * Lets the slot make itself ready for it. It stays armed; it takes no other
 * step then, and is to be stopped if this one does not come.
 */
void
apm2_lane_slot_offer (Apm2LaneSlot *self, GBytes *message)
{
  g_return_if_fail (apm2_lane_slot_is_ready (self) && !self->offered);

  self->offered = TRUE;
  apm2_lane_fifo_write (self->fifo, message);
}

gboolean
apm2_lane_slot_has_offer (Apm2LaneSlot *self)
{
  return self->offered;
}

static GBytes *
with_go (GBytes *message)
{
  static const guint8 go = APM2_STEP_LANE_GO;
  gsize size = 0;
  const guint8 *data
      = message != NULL ? g_bytes_get_data (message, &size) : NULL;
  GByteArray *array = g_byte_array_sized_new ((guint) size + 1);

  if (size > 0)
    g_byte_array_append (array, data, (guint) size);
  g_byte_array_append (array, &go, 1);
  return g_byte_array_free_to_bytes (array);
}

/**
 * apm2_lane_slot_feed:
 * @self: a slot that is ready
 * @message: a step, the same that was offered if one was
 */
void
apm2_lane_slot_feed (Apm2LaneSlot *self, GBytes *message)
{
  g_autoptr (GBytes) rest = NULL;

  g_return_if_fail (apm2_lane_slot_is_ready (self));

  rest = with_go (self->offered ? NULL : message);
  self->fed = TRUE;
  self->tasks_seen = 0;
  apm2_lane_fifo_write (self->fifo, rest);
  apm2_lane_slot_set_state (self, APM2_LANE_SLOT_RUNNING);
}
