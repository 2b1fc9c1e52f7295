/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The worker's regular turn: hear from the broker, then write the heartbeat.
 *
 * A cycle ends when the broker has answered or is known to be away; it is not
 * waited for longer than an interval, nor is the disk. What the heartbeat says
 * of the health is what this very cycle has found. Dispatch does not wait for
 * cycles.
 */

#include "apm2-cycle.h"

#include <unistd.h>

#include "apm2-time.h"
#include "apm2-timer.h"

#define BEAT_MSEC_MAX 10000

struct _Apm2Cycle
{
  GObject parent_instance;

  Apm2BrokerLink *link;
  Apm2Slots *slots;
  Apm2HeartbeatWriter *writer;
  char *instance;
  guint interval_msec;
  guint timer;
  guint64 count;
  guint64 last_ended;
  gboolean running;
  gboolean again; /* another cycle is wanted as soon as this has ended */
  gboolean draining;
  const char *trouble; /* (nullable) a reason code, for ever */
};

G_DEFINE_FINAL_TYPE (Apm2Cycle, apm2_cycle, G_TYPE_OBJECT)

static guint ended_signal;

static void
apm2_cycle_dispose (GObject *object)
{
  Apm2Cycle *self = APM2_CYCLE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->link);
  g_clear_object (&self->slots);
  g_clear_object (&self->writer);
  G_OBJECT_CLASS (apm2_cycle_parent_class)->dispose (object);
}

static void
apm2_cycle_finalize (GObject *object)
{
  Apm2Cycle *self = APM2_CYCLE (object);

  g_free (self->instance);
  G_OBJECT_CLASS (apm2_cycle_parent_class)->finalize (object);
}

static void
apm2_cycle_class_init (Apm2CycleClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_cycle_dispose;
  G_OBJECT_CLASS (klass)->finalize = apm2_cycle_finalize;
  ended_signal = g_signal_new ("ended",
                               G_TYPE_FROM_CLASS (klass),
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               0);
}

static void
apm2_cycle_init (Apm2Cycle *self)
{
}

/**
 * apm2_cycle_new:
 * @link: to the broker
 * @slots: the jobs
 * @writer: of the heartbeat file
 * @instance: name of this worker
 *
 * Returns: (transfer full): a cycle that has not begun
 */
Apm2Cycle *
apm2_cycle_new (Apm2BrokerLink *link,
                Apm2Slots *slots,
                Apm2HeartbeatWriter *writer,
                const char *instance)
{
  Apm2Cycle *self = g_object_new (APM2_TYPE_CYCLE, NULL);

  self->link = g_object_ref (link);
  self->slots = g_object_ref (slots);
  self->writer = g_object_ref (writer);
  self->instance = g_strdup (instance);
  return self;
}

static const char *
find_trouble (Apm2Cycle *self)
{
  if (!apm2_broker_link_is_registered (self->link))
    return "broker_unreachable";
  if (apm2_broker_link_is_refused (self->link))
    return "result_refused";
  if (apm2_slots_get_trouble (self->slots) != NULL)
    return apm2_slots_get_trouble (self->slots);
  return apm2_heartbeat_writer_get_trouble (self->writer);
}

static const char *
get_status (Apm2Cycle *self)
{
  return self->trouble != NULL ? "degraded" : "ok";
}

static void
write_heartbeat (Apm2Cycle *self)
{
  const Apm2SlotCounts *counts = apm2_slots_get_counts (self->slots);
  g_autoptr (Apm2Heartbeat) heartbeat = apm2_heartbeat_new ();

  heartbeat->pid = getpid ();
  heartbeat->timestamp_unix = apm2_time_realtime_usec () / G_USEC_PER_SEC;
  heartbeat->timestamp_boottime_usec = apm2_time_boottime_usec ();
  heartbeat->cycle_count = self->count;
  heartbeat->jobs_completed = counts->completed;
  heartbeat->jobs_failed = counts->failed;
  heartbeat->jobs_denied = counts->denied;
  heartbeat->jobs_quarantined = counts->quarantined;
  heartbeat->jobs_cancelled = counts->cancelled;
  g_free (heartbeat->instance);
  heartbeat->instance = g_strdup (self->instance);
  g_free (heartbeat->boot_id);
  heartbeat->boot_id = g_strdup (apm2_time_boot_id ());
  g_free (heartbeat->health_status);
  heartbeat->health_status = g_strdup (get_status (self));
  heartbeat->health_reason = g_strdup (self->trouble);
  g_strfreev (heartbeat->current_jobs);
  heartbeat->current_jobs
      = apm2_slots_list_jobs (self->slots, APM2_HEARTBEAT_JOBS_MAX);
  apm2_heartbeat_writer_write (self->writer, heartbeat);
}

static void
end (Apm2Cycle *self)
{
  write_heartbeat (self);
  self->running = FALSE;
  self->last_ended = self->count;
  g_signal_emit (self, ended_signal, 0);
  if (self->again && self->timer != 0)
    apm2_cycle_run (self);
}

static void
on_beaten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Cycle) self = user_data;

  if (!apm2_broker_link_beat_finish (APM2_BROKER_LINK (source), result, NULL))
    self->trouble = "broker_unreachable";
  if (self->link != NULL)
    end (self);
}

static GVariant *
build_beat (Apm2Cycle *self)
{
  const Apm2SlotCounts *counts = apm2_slots_get_counts (self->slots);
  const char *state = apm2_slots_get_n_busy (self->slots) > 0 ? "busy" : "idle";
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "cycle_count", "t", self->count);
  g_variant_dict_insert (
      &dict, "state", "s", self->draining ? "draining" : state);
  g_variant_dict_insert (&dict, "health_status", "s", get_status (self));
  g_variant_dict_insert (&dict, "jobs_completed", "t", counts->completed);
  g_variant_dict_insert (&dict, "jobs_failed", "t", counts->failed);
  g_variant_dict_insert (&dict, "jobs_denied", "t", counts->denied);
  g_variant_dict_insert (&dict, "jobs_quarantined", "t", counts->quarantined);
  g_variant_dict_insert (&dict, "jobs_cancelled", "t", counts->cancelled);
  return g_variant_dict_end (&dict);
}

/**
 * apm2_cycle_run:
 * @self: the cycle
 *
 * Begins a cycle now; if one is under way, another follows it.
 */
void
apm2_cycle_run (Apm2Cycle *self)
{
  g_return_if_fail (APM2_IS_CYCLE (self));

  self->again = self->running;
  if (self->running)
    return;
  self->running = TRUE;
  self->count++;
  self->trouble = find_trouble (self);
  if (apm2_broker_link_is_registered (self->link))
    apm2_broker_link_beat_async (
        self->link,
        build_beat (self),
        (int) CLAMP (self->interval_msec, 1, BEAT_MSEC_MAX),
        on_beaten,
        g_object_ref (self));
  else
    end (self);
}

static gboolean
on_interval_ended (gpointer user_data)
{
  Apm2Cycle *self = user_data;

  /* One that waits for the broker is given its time, and no other piles up. */
  if (!self->running)
    apm2_cycle_run (self);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_cycle_start:
 * @self: a cycle that has not begun
 * @interval_msec: from the begin of a cycle to that of the next
 *
 * Begins with a cycle now.
 */
void
apm2_cycle_start (Apm2Cycle *self, guint interval_msec)
{
  g_return_if_fail (APM2_IS_CYCLE (self));
  g_return_if_fail (self->timer == 0);

  self->interval_msec = interval_msec;
  self->timer = apm2_timer_add (interval_msec, on_interval_ended, self);
  apm2_cycle_run (self);
}

/**
 * apm2_cycle_set_interval:
 * @self: a cycle that has begun
 * @interval_msec: from the begin of a cycle to that of the next, from now on
 */
void
apm2_cycle_set_interval (Apm2Cycle *self, guint interval_msec)
{
  g_return_if_fail (APM2_IS_CYCLE (self));
  g_return_if_fail (self->timer != 0);

  self->interval_msec = interval_msec;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = apm2_timer_add (interval_msec, on_interval_ended, self);
}

/**
 * apm2_cycle_set_draining:
 * @self: the cycle
 * @draining: whether the worker takes no more jobs
 */
void
apm2_cycle_set_draining (Apm2Cycle *self, gboolean draining)
{
  g_return_if_fail (APM2_IS_CYCLE (self));

  self->draining = draining;
}

/**
 * apm2_cycle_get_count:
 * @self: the cycle
 *
 * Returns: how many cycles have begun
 */
guint64
apm2_cycle_get_count (Apm2Cycle *self)
{
  g_return_val_if_fail (APM2_IS_CYCLE (self), 0);

  return self->count;
}

/**
 * apm2_cycle_get_last_ended:
 * @self: the cycle
 *
 * Returns: the count of the last cycle that has ended
 */
guint64
apm2_cycle_get_last_ended (Apm2Cycle *self)
{
  g_return_val_if_fail (APM2_IS_CYCLE (self), 0);

  return self->last_ended;
}

/**
 * apm2_cycle_get_trouble:
 * @self: the cycle
 *
 * Returns: (transfer none) (nullable): code of what the last cycle found wrong
 */
const char *
apm2_cycle_get_trouble (Apm2Cycle *self)
{
  g_return_val_if_fail (APM2_IS_CYCLE (self), NULL);

  return self->trouble;
}
