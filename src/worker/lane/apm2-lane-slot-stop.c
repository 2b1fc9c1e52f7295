/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a slot is stopped: the unit is told, killed if it takes too long, and
 * read until it is not active; then its failure, if it is one, is forgotten.
 *
 * A stop that the manager did not hear is told again when it is back.
 */

#include "apm2-lane-slot-private.h"

#include <signal.h>

#include "apm2-log.h"

/* Before a stop that was refused is tried again. */
#define AGAIN_MSEC 1000

static void
finish (Apm2LaneSlot *self)
{
  self->round++;
  apm2_lane_slot_close (self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->kill_timer, g_source_remove);
  g_free (self->invocation_id);
  self->invocation_id = g_strdup ("");
  if (!self->rearm)
    {
      apm2_lane_slot_set_state (self, APM2_LANE_SLOT_IDLE);
      return;
    }
  self->state = APM2_LANE_SLOT_ARMING;
  apm2_lane_slot_begin_arming (self);
}

static void
on_reset (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (!apm2_lane_call_is_current (call))
    return;
  /* The manager may have forgotten it already, or be away: then it is read
   * again. */
  if (reply == NULL && g_dbus_error_is_remote_error (error))
    apm2_log (G_LOG_LEVEL_DEBUG, NULL, "Cannot reset: %s", error->message);
  if (reply != NULL || g_dbus_error_is_remote_error (error))
    finish (call->slot);
}

static gboolean
on_again (gpointer user_data)
{
  Apm2LaneSlot *self = user_data;

  self->timer = 0;
  apm2_lane_slot_send_stop (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_slot_take_stopping_state:
 * @self: a slot that is being stopped
 * @state: of its unit
 */
void
apm2_lane_slot_take_stopping_state (Apm2LaneSlot *self,
                                    const Apm2UnitState *state)
{
  if (g_str_equal (state->active_state, "failed"))
    apm2_manager_call_async (self->context->manager,
                             "ResetFailedUnit",
                             g_variant_new ("(s)", self->unit),
                             G_VARIANT_TYPE ("()"),
                             NULL,
                             on_reset,
                             apm2_lane_call_new (self));
  else if (g_str_equal (state->active_state, "inactive"))
    finish (self);
  else if (g_str_equal (state->active_state, "deactivating"))
    return;
  else if (!self->stop_failed)
    apm2_lane_slot_send_stop (self);
  else if (self->timer == 0)
    self->timer = g_timeout_add (AGAIN_MSEC, on_again, self);
}

/* That it was taken is no news; the end of the job that it made is. */
static void
on_stop_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);

  if (reply != NULL || !apm2_lane_call_is_current (call))
    return;
  call->slot->stop_in_flight = FALSE;
  call->slot->stop_failed = TRUE;
  apm2_lane_slot_look (call->slot);
}

/* "replace": a start that is still under way is called off. */
void
apm2_lane_slot_send_stop (Apm2LaneSlot *self)
{
  if (self->stop_in_flight)
    return;
  self->stop_in_flight = TRUE;
  self->stop_failed = FALSE;
  apm2_manager_call_async (self->context->manager,
                           "StopUnit",
                           g_variant_new ("(ss)", self->unit, "replace"),
                           G_VARIANT_TYPE ("(o)"),
                           NULL,
                           on_stop_sent,
                           apm2_lane_call_new (self));
}

static void
on_kill_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);

  if (apm2_lane_call_is_current (call))
    apm2_lane_slot_look (call->slot);
}

static gboolean
on_grace_ended (gpointer user_data)
{
  Apm2LaneSlot *self = user_data;

  self->kill_timer = 0;
  apm2_manager_call_async (self->context->manager,
                           "KillUnit",
                           g_variant_new ("(ssi)", self->unit, "all", SIGKILL),
                           G_VARIANT_TYPE ("()"),
                           NULL,
                           on_kill_sent,
                           apm2_lane_call_new (self));
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_slot_begin_stopping:
 * @self: a slot whose unit may be active
 * @grace_usec: how long a step that runs has between SIGTERM and SIGKILL
 */
void
apm2_lane_slot_begin_stopping (Apm2LaneSlot *self, guint64 grace_usec)
{
  gboolean first = self->state != APM2_LANE_SLOT_STOPPING;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->kill_timer, g_source_remove);
  if (self->fed)
    self->kill_timer = g_timeout_add (
        (guint) MIN (grace_usec / 1000, G_MAXINT32), on_grace_ended, self);
  if (!first)
    return;
  self->round++;
  self->limits_in_flight = FALSE;
  self->stop_in_flight = FALSE;
  g_clear_pointer (&self->fifo, apm2_lane_fifo_free);
  self->state = APM2_LANE_SLOT_STOPPING;
  apm2_lane_slot_send_stop (self);
}
