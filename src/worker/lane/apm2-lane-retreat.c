/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a worker that ends gives up slots that have no job.
 *
 * An armed one would end by itself, when its pipe does. One that is just being
 * armed would first begin to run, which looks like a job that goes on; and if
 * the manager has not opened the pipe by then, it would wait for a writer until
 * it counts as failed.
 */

#include "apm2-lane-retreat.h"

typedef struct
{
  GTask *task;      /* that this is the data of */
  GPtrArray *slots; /* (element-type Apm2LaneSlot) */
  guint timer;
} Retreat;

static void
retreat_free (gpointer data)
{
  Retreat *self = data;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_ptr_array_unref (self->slots);
  g_free (self);
}

static void
finish (Retreat *self, gboolean complete)
{
  g_autoptr (GTask) task = self->task;

  for (guint i = 0; i < self->slots->len; i++)
    (void) g_signal_handlers_disconnect_by_data (
        g_ptr_array_index (self->slots, i), self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_task_return_boolean (task, complete);
}

static void
check (Retreat *self)
{
  for (guint i = 0; i < self->slots->len; i++)
    {
      if (apm2_lane_slot_get_state (g_ptr_array_index (self->slots, i))
          != APM2_LANE_SLOT_IDLE)
        return;
    }
  finish (self, TRUE);
}

static gboolean
on_too_late (gpointer user_data)
{
  Retreat *self = user_data;

  self->timer = 0;
  finish (self, FALSE);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_retreat_async:
 * @slots: (element-type Apm2LaneSlot): slots that nobody uses
 * @patience_msec: how long their units may take
 * @callback: called when they are idle, or not in time
 * @user_data: for @callback
 *
 * Stops them all.
 */
void
apm2_lane_retreat_async (GPtrArray *slots,
                         guint patience_msec,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Retreat *self = g_new0 (Retreat, 1);

  self->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (self->task, apm2_lane_retreat_async);
  g_task_set_task_data (self->task, self, retreat_free);
  self->slots = g_ptr_array_ref (slots);
  self->timer = g_timeout_add (patience_msec, on_too_late, self);
  for (guint i = 0; i < slots->len; i++)
    {
      apm2_lane_slot_stop (g_ptr_array_index (slots, i), 0);
      g_signal_connect_swapped (
          g_ptr_array_index (slots, i), "changed", G_CALLBACK (check), self);
    }
  check (self);
}

/**
 * apm2_lane_retreat_finish:
 * @result: of apm2_lane_retreat_async()
 *
 * Returns: %FALSE if some did not stop in time
 */
gboolean
apm2_lane_retreat_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}
