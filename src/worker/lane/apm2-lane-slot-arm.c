/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a slot is armed: files, limits, the start of the unit, and the word of
 * apm2-step that it waits.
 *
 * Whatever fails is tried again, ever more slowly, and at once when the manager
 * has read its unit files anew. Each try begins by making sure that nothing of
 * the one before is left.
 */

#include "apm2-lane-slot-private.h"

#include <sys/stat.h>

#include "apm2-log.h"
#include "apm2-step-event.h"
#include "apm2-step-prepare.h"

#define PATIENCE_MSEC  30000
#define DELAY_MSEC_MIN 500
#define DELAY_MSEC_MAX 60000

static gboolean
on_try_again (gpointer user_data)
{
  Apm2LaneSlot *self = user_data;

  self->timer = 0;
  self->rearm = TRUE;
  apm2_lane_slot_begin_stopping (self, 0);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_slot_fail_arming:
 * @self: a slot that is being armed, or was
 * @trouble: reason code
 * @message: why, for people
 *
 * Tries again, from the beginning and later.
 */
void
apm2_lane_slot_fail_arming (Apm2LaneSlot *self,
                            const char *trouble,
                            const char *message)
{
  apm2_log (self->delay_msec == 0 ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
            APM2_LOG_WITH (.reason = trouble),
            "Cannot arm %s: %s; trying on",
            self->unit,
            message);
  self->round++;
  apm2_lane_slot_close (self);
  self->limits_in_flight = FALSE;
  self->state = APM2_LANE_SLOT_ARMING;
  self->delay_msec
      = CLAMP (self->delay_msec * 2, DELAY_MSEC_MIN, DELAY_MSEC_MAX);
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (self->delay_msec, on_try_again, self);
  apm2_lane_slot_set_trouble (self, trouble);
}

static const char *
name_trouble (const GError *error)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  if (g_strcmp0 (remote, "org.freedesktop.systemd1.NoSuchUnit") == 0
      || g_strcmp0 (remote, "org.freedesktop.systemd1.LoadFailed") == 0)
    return "lane_unit_missing";
  if (remote == NULL)
    return "manager_unreachable";
  return "lane_start_refused";
}

static gboolean
on_too_late (gpointer user_data)
{
  Apm2LaneSlot *self = user_data;

  self->timer = 0;
  apm2_lane_slot_fail_arming (
      self, "lane_start_failed", "it is not ready in time");
  return G_SOURCE_REMOVE;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  Apm2LaneSlot *self = call->slot;
  const char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (!apm2_lane_call_is_current (call))
    return;
  if (reply == NULL)
    {
      const char *trouble = name_trouble (error);

      (void) g_dbus_error_strip_remote_error (error);
      apm2_lane_slot_fail_arming (self, trouble, error->message);
      return;
    }
  g_variant_get (reply, "(&o)", &path);
  apm2_manager_job_take_path (&self->start, path);
  if (self->start.has_ended)
    apm2_lane_slot_look (self);
}

static gboolean
open_ways (Apm2LaneSlot *self, GError **error)
{
  unsigned char data[APM2_STEP_PREPARE_SIZE];
  Apm2StepPrepare prepare = APM2_STEP_PREPARE_KEEP;
  g_autoptr (GBytes) record = NULL;

  self->fifo = apm2_lane_fifo_new (self->files->step, error);
  if (self->fifo == NULL || !apm2_lane_slot_open_events (self, error))
    return FALSE;
  if (self->terms.clean)
    prepare = self->cache != NULL ? APM2_STEP_PREPARE_CACHED
                                  : APM2_STEP_PREPARE_CLEAN;
  apm2_step_prepare_encode (prepare, MAX (self->terms.width, 1), data);
  record = g_bytes_new (data, sizeof data);
  apm2_lane_fifo_write (self->fifo, record);
  return TRUE;
}

static void
start (Apm2LaneSlot *self)
{
  g_autoptr (GError) error = NULL;

  if (!open_ways (self, &error))
    {
      apm2_lane_slot_fail_arming (self, "lane_files", error->message);
      return;
    }
  self->told_armed = FALSE;
  apm2_manager_job_clear (&self->start);
  self->timer = g_timeout_add (PATIENCE_MSEC, on_too_late, self);
  apm2_manager_call_async (self->context->manager,
                           "StartUnit",
                           g_variant_new ("(ss)", self->unit, "fail"),
                           G_VARIANT_TYPE ("(o)"),
                           NULL,
                           on_started,
                           apm2_lane_call_new (self));
}

static void
on_limited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  Apm2LaneSlot *self = call->slot;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (!apm2_lane_call_is_current (call))
    return;
  self->limits_in_flight = FALSE;
  if (reply == NULL)
    {
      const char *trouble = name_trouble (error);

      (void) g_dbus_error_strip_remote_error (error);
      apm2_lane_slot_fail_arming (self, trouble, error->message);
      return;
    }
  self->limits_known = TRUE;
  if (!apm2_lane_limits_equal (&self->limits, &self->terms.limits))
    apm2_lane_slot_send_limits (self);
  else if (self->state == APM2_LANE_SLOT_ARMING)
    start (self);
  else
    {
      apm2_lane_slot_look_at_limits (self);
      apm2_lane_slot_emit_changed (self);
    }
}

/* Nothing is sent if the unit has them. */
void
apm2_lane_slot_send_limits (Apm2LaneSlot *self)
{
  if (self->limits_in_flight
      || (self->limits_known
          && apm2_lane_limits_equal (&self->limits, &self->terms.limits)))
    return;
  self->limits = self->terms.limits;
  self->limits_known = FALSE;
  self->limits_in_flight = TRUE;
  apm2_manager_call_async (
      self->context->manager,
      "SetUnitProperties",
      g_variant_new ("(sb@a(sv))",
                     self->unit,
                     TRUE,
                     apm2_lane_limits_to_properties (&self->limits)),
      G_VARIANT_TYPE ("()"),
      NULL,
      on_limited,
      apm2_lane_call_new (self));
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneCall) call = user_data;
  Apm2LaneSlot *self = call->slot;
  g_autoptr (GError) error = NULL;
  g_autofree char *cache = NULL;
  gboolean made = apm2_lane_files_make_finish (result, &cache, &error);

  if (!apm2_lane_call_is_current (call))
    return;
  g_free (self->cache);
  self->cache = g_steal_pointer (&cache);
  if (!made)
    {
      apm2_lane_slot_fail_arming (self, "lane_files", error->message);
      return;
    }
  apm2_lane_slot_send_limits (self);
  if (!self->limits_in_flight)
    start (self);
}

/**
 * apm2_lane_slot_begin_arming:
 * @self: a slot whose unit is not active, nor failed
 */
void
apm2_lane_slot_begin_arming (Apm2LaneSlot *self)
{
  self->round++;
  self->rearm = FALSE;
  g_clear_handle_id (&self->timer, g_source_remove);
  apm2_lane_files_make_async (self->files, on_made, apm2_lane_call_new (self));
}

/**
 * apm2_lane_slot_hurry:
 * @self: a slot
 *
 * What kept it from being armed may be over: it is tried now.
 */
void
apm2_lane_slot_hurry (Apm2LaneSlot *self)
{
  if (self->state == APM2_LANE_SLOT_ARMING && self->trouble != NULL
      && self->timer != 0)
    {
      g_clear_handle_id (&self->timer, g_source_remove);
      (void) on_try_again (self);
    }
}

/* A manager that cannot make a namespace may go on without, in silence. */
static gboolean
is_other_network (guint64 number)
{
  struct stat ours = { 0 };

  return number != 0 && stat ("/proc/self/ns/net", &ours) == 0
         && number != (guint64) ours.st_ino;
}

/**
 * apm2_lane_slot_take_arming_line:
 * @self: a slot that is being armed
 * @line: what apm2-step says
 */
void
apm2_lane_slot_take_arming_line (Apm2LaneSlot *self, const char *line)
{
  Apm2StepArmed armed = { 0 };
  g_autofree char *message = NULL;

  if (apm2_step_armed_parse (line, &armed) == 0)
    {
      self->told_armed = TRUE;
      self->pid_namespace = armed.pidns;
      self->net_namespace = is_other_network (armed.netns);
      apm2_lane_slot_look (self);
      return;
    }
  if (!g_str_has_prefix (line, APM2_STEP_EVENT_UNARMED " "))
    return;
  message = g_strdup_printf (
      "its workspace cannot be made ready: %s",
      g_strerror ((int) g_ascii_strtoll (
          line + strlen (APM2_STEP_EVENT_UNARMED " "), NULL, 10)));
  apm2_lane_slot_fail_arming (self, "lane_workspace", message);
}

static void
finish (Apm2LaneSlot *self, const Apm2UnitState *state)
{
  g_free (self->invocation_id);
  self->invocation_id = g_strdup (state->invocation_id);
  g_free (self->control_group);
  self->control_group = g_strdup (state->control_group);
  self->delay_msec = 0;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->trouble = NULL;
  apm2_lane_slot_look_at_limits (self);
  apm2_lane_slot_set_state (self, APM2_LANE_SLOT_ARMED);
  if (self->state == APM2_LANE_SLOT_ARMED)
    apm2_lane_slot_send_limits (self);
}

/**
 * apm2_lane_slot_take_arming_state:
 * @self: a slot that is being armed
 * @state: of its unit
 */
void
apm2_lane_slot_take_arming_state (Apm2LaneSlot *self,
                                  const Apm2UnitState *state)
{
  gboolean loaded = g_str_equal (state->load_state, "loaded");
  gboolean active = g_str_equal (state->active_state, "active")
                    && !g_str_equal (state->sub_state, "exited");
  g_autofree char *message = NULL;

  if (loaded && active)
    {
      if (self->told_armed)
        finish (self, state);
      return;
    }
  /* Before its job has ended the unit has not begun to be anything. */
  if (!self->start.has_ended || g_str_equal (state->active_state, "activating"))
    return;
  message = g_strdup_printf ("its unit is %s (%s), result %s, status %d",
                             state->active_state,
                             state->sub_state,
                             state->result,
                             state->exec_main_status);
  apm2_lane_slot_fail_arming (
      self, loaded ? "lane_start_failed" : "lane_unit_missing", message);
}
