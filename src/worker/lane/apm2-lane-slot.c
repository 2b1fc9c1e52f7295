/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One slot of a lane: the life of its unit.
 *
 * Armed, fed, followed, stopped, and armed again. Signals of the manager are
 * taken as hints; what counts is what the unit says when it is read then. The
 * slot says when the step's process is gone and when the unit is not active any
 * more; between the two the unit holds what is to be known of the step.
 */

#include "apm2-lane-slot-private.h"

#include "apm2-lane-name.h"
#include "apm2-log.h"
#include "apm2-step-event.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

G_DEFINE_FINAL_TYPE (Apm2LaneSlot, apm2_lane_slot, G_TYPE_OBJECT)

enum
{
  CHANGED,
  LINE,
  ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
apm2_lane_slot_finalize (GObject *object)
{
  Apm2LaneSlot *self = APM2_LANE_SLOT (object);

  apm2_lane_slot_close (self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->kill_timer, g_source_remove);
  g_clear_pointer (&self->files, apm2_lane_files_unref);
  g_free (self->cache);
  g_free (self->name);
  g_free (self->unit);
  g_free (self->invocation_id);
  g_free (self->control_group);
  apm2_manager_job_clear (&self->start);
  G_OBJECT_CLASS (apm2_lane_slot_parent_class)->finalize (object);
}

static void
apm2_lane_slot_class_init (Apm2LaneSlotClass *klass)
{
  static const struct
  {
    const char *name;
    guint n_types;
    GType type;
  } table[N_SIGNALS] = {
    [CHANGED] = { "changed", 0, G_TYPE_NONE },
    [LINE] = { "line", 1, G_TYPE_STRING },
    [ENDED] = { "ended", 1, G_TYPE_POINTER },
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_lane_slot_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (table[i].name,
                               G_TYPE_FROM_CLASS (klass),
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               table[i].n_types,
                               table[i].type);
}

static void
apm2_lane_slot_init (Apm2LaneSlot *self)
{
  self->invocation_id = g_strdup ("");
}

Apm2LaneCall *
apm2_lane_call_new (Apm2LaneSlot *slot)
{
  Apm2LaneCall *self = g_new0 (Apm2LaneCall, 1);

  self->slot = g_object_ref (slot);
  self->round = slot->round;
  return self;
}

void
apm2_lane_call_free (Apm2LaneCall *self)
{
  g_object_unref (self->slot);
  g_free (self);
}

gboolean
apm2_lane_call_is_current (const Apm2LaneCall *self)
{
  return self->round == self->slot->round;
}

void
apm2_lane_slot_emit_changed (Apm2LaneSlot *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

void
apm2_lane_slot_emit_ended (Apm2LaneSlot *self, const Apm2UnitState *state)
{
  g_signal_emit (self, signals[ENDED], 0, state);
}

void
apm2_lane_slot_set_state (Apm2LaneSlot *self, Apm2LaneSlotState state)
{
  if (self->state == state)
    return;
  self->state = state;
  apm2_lane_slot_emit_changed (self);
}

void
apm2_lane_slot_set_trouble (Apm2LaneSlot *self, const char *trouble)
{
  if (g_strcmp0 (self->trouble, trouble) == 0)
    return;
  self->trouble = trouble;
  apm2_lane_slot_emit_changed (self);
}

/* Nothing more is written to the unit, or heard of it. */
void
apm2_lane_slot_close (Apm2LaneSlot *self)
{
  g_clear_pointer (&self->fifo, apm2_lane_fifo_free);
  g_clear_pointer (&self->events, apm2_lane_events_free);
  self->offered = FALSE;
}

static void
on_line (const char *line, gpointer user_data)
{
  Apm2LaneSlot *self = user_data;

  if (self->state == APM2_LANE_SLOT_ARMING)
    apm2_lane_slot_take_arming_line (self, line);
  else if (self->fed)
    {
      /* An opportunity to see what it uses; not while somebody waits. */
      if (!g_str_has_prefix (line, APM2_STEP_EVENT_STARTED)
          && !g_str_has_prefix (line, APM2_STEP_EVENT_ENDED))
        apm2_lane_slot_look (self);
      g_signal_emit (self, signals[LINE], 0, line);
    }
}

gboolean
apm2_lane_slot_open_events (Apm2LaneSlot *self, GError **error)
{
  g_clear_pointer (&self->events, apm2_lane_events_free);
  self->events = apm2_lane_events_new (
      self->context->watch, self->files->events, on_line, self, error);
  return self->events != NULL;
}

/* While a job of the manager starts or stops the unit nothing is to be learned
 * from it before that job has ended. */
static gboolean
is_in_between (Apm2LaneSlot *self)
{
  if (self->state == APM2_LANE_SLOT_ARMING)
    return !self->told_armed && !self->start.has_ended;
  return self->state == APM2_LANE_SLOT_STOPPING && self->stop_in_flight;
}

static void
on_unit_changed (Apm2LaneSlot *self, const char *name)
{
  if (g_str_equal (name, self->unit) && !is_in_between (self))
    apm2_lane_slot_look (self);
}

/* "unit-changed" follows. */
static void
on_job_removed (Apm2LaneSlot *self,
                const char *path,
                const char *name,
                const char *result)
{
  if (!g_str_equal (name, self->unit))
    return;
  apm2_manager_job_note_removed (&self->start, path);
  self->stop_in_flight = FALSE;
}

static void
on_connected (Apm2LaneSlot *self)
{
  self->stop_in_flight = FALSE;
  if (self->state == APM2_LANE_SLOT_STOPPING)
    apm2_lane_slot_send_stop (self);
  else
    apm2_lane_slot_look (self);
}

static void
listen (Apm2LaneSlot *self, const char *name, GCallback func)
{
  g_signal_connect_object (
      self->context->manager, name, func, self, G_CONNECT_SWAPPED);
}

/**
 * apm2_lane_slot_new:
 * @context: (transfer none): must outlive the slot
 * @name: of the slot, whose units are not active
 *
 * Returns: (transfer full): an idle slot
 */
Apm2LaneSlot *
apm2_lane_slot_new (const Apm2LaneContext *context, const char *name)
{
  Apm2LaneSlot *self = g_object_new (APM2_TYPE_LANE_SLOT, NULL);

  self->context = context;
  self->name = g_strdup (name);
  self->unit = apm2_lane_unit_name (name, FALSE);
  self->files = apm2_lane_files_new (context->paths, name);
  listen (self, "unit-changed", G_CALLBACK (on_unit_changed));
  listen (self, "job-removed", G_CALLBACK (on_job_removed));
  listen (self, "connected", G_CALLBACK (on_connected));
  listen (self, "reloaded", G_CALLBACK (apm2_lane_slot_hurry));
  return self;
}

static void
set_network (Apm2LaneSlot *self, gboolean network)
{
  self->terms.network = network;
  g_free (self->unit);
  self->unit = apm2_lane_unit_name (self->name, network);
}

/**
 * apm2_lane_slot_arm:
 * @self: a slot that is idle
 * @terms: for what
 *
 * Tries until it succeeds, ever more slowly.
 */
void
apm2_lane_slot_arm (Apm2LaneSlot *self, const Apm2LaneTerms *terms)
{
  g_return_if_fail (self->state == APM2_LANE_SLOT_IDLE);

  if (self->terms.network != terms->network)
    {
      set_network (self, terms->network);
      self->limits_known = FALSE;
    }
  self->terms = *terms;
  self->delay_msec = 0;
  self->state = APM2_LANE_SLOT_ARMING;
  apm2_lane_slot_begin_arming (self);
}

/**
 * apm2_lane_slot_set_limits:
 * @self: a slot
 * @limits: what the next step may use; apm2_lane_slot_is_ready() says when they
 *   hold
 */
void
apm2_lane_slot_set_limits (Apm2LaneSlot *self, const Apm2LaneLimits *limits)
{
  self->terms.limits = *limits;
  if (self->state == APM2_LANE_SLOT_ARMED)
    apm2_lane_slot_send_limits (self);
}

/* The manager makes a control group when the first limit needs it, so this is
 * looked up when all limits are set, and not when a job waits for it. */
void
apm2_lane_slot_look_at_limits (Apm2LaneSlot *self)
{
  if (self->control_group != NULL)
    self->enforced
        = apm2_lane_limits_find_enforced (CGROUP_ROOT, self->control_group);
}

/**
 * apm2_lane_slot_adopt:
 * @self: a slot that is idle, as far as it knows
 * @found: (transfer none): its unit
 *
 * Follows a step that an earlier process has fed. Its lines and its end are
 * told when the main loop turns.
 */
void
apm2_lane_slot_adopt (Apm2LaneSlot *self, const Apm2LaneFound *found)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (self->state == APM2_LANE_SLOT_IDLE);

  set_network (self, found->network);
  g_free (self->invocation_id);
  self->invocation_id = g_strdup (found->invocation_id);
  self->enforced = found->enforced;
  self->pid_namespace = found->pid_namespace;
  self->net_namespace = found->net_namespace;
  self->fed = TRUE;
  self->state = APM2_LANE_SLOT_RUNNING;
  if (!apm2_lane_slot_open_events (self, &error))
    apm2_log (G_LOG_LEVEL_WARNING, NULL, "%s", error->message);
  apm2_lane_slot_look (self);
}

/**
 * apm2_lane_slot_stop:
 * @self: a slot
 * @grace_usec: between SIGTERM and SIGKILL, at most what the unit allows
 *
 * Makes it idle. Calling it again changes the grace.
 */
void
apm2_lane_slot_stop (Apm2LaneSlot *self, guint64 grace_usec)
{
  g_return_if_fail (APM2_IS_LANE_SLOT (self));

  if (self->state != APM2_LANE_SLOT_IDLE)
    apm2_lane_slot_begin_stopping (self, grace_usec);
}

const char *
apm2_lane_slot_get_name (Apm2LaneSlot *self)
{
  return self->name;
}

const char *
apm2_lane_slot_get_cache (Apm2LaneSlot *self)
{
  return self->cache;
}

const char *
apm2_lane_slot_get_unit (Apm2LaneSlot *self)
{
  return self->unit;
}

const char *
apm2_lane_slot_get_invocation_id (Apm2LaneSlot *self)
{
  return self->invocation_id;
}

Apm2LaneFiles *
apm2_lane_slot_get_files (Apm2LaneSlot *self)
{
  return self->files;
}

Apm2LaneSlotState
apm2_lane_slot_get_state (Apm2LaneSlot *self)
{
  return self->state;
}

const Apm2LaneTerms *
apm2_lane_slot_get_terms (Apm2LaneSlot *self)
{
  return &self->terms;
}

Apm2LaneEnforces
apm2_lane_slot_get_enforced (Apm2LaneSlot *self)
{
  return self->enforced;
}

gboolean
apm2_lane_slot_has_net_namespace (Apm2LaneSlot *self)
{
  return self->net_namespace;
}

gboolean
apm2_lane_slot_has_pid_namespace (Apm2LaneSlot *self)
{
  return self->pid_namespace;
}

guint64
apm2_lane_slot_get_tasks_seen (Apm2LaneSlot *self)
{
  return self->tasks_seen;
}

/**
 * apm2_lane_slot_get_trouble:
 * @self: a slot
 *
 * Returns: (transfer none) (nullable): a reason code if it could not be armed
 *   the last time that it was tried
 */
const char *
apm2_lane_slot_get_trouble (Apm2LaneSlot *self)
{
  return self->trouble;
}
