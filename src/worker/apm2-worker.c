/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The worker: puts link, slots, cycle and watchdog together, and stops them in
 * the right order.
 *
 * A stop takes no more jobs. Those that run in units go on without the worker;
 * others are ended and given back, and the broker has a moment to take that.
 * Then what was made ready for more jobs is given up. A second stop kills.
 */

#include "apm2-worker.h"

#include "apm2-broker-link.h"
#include "apm2-cycle.h"
#include "apm2-heartbeat-writer.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-slots.h"
#include "apm2-sweep-hand.h"
#include "apm2-watchdog.h"

/* Between TERM and KILL when the worker stops: it shall not take long. */
#define STOP_GRACE_USEC G_USEC_PER_SEC
/* For the broker to take back what the worker held. */
#define SETTLE_MSEC 1000

struct _Apm2Worker
{
  GObject parent_instance;

  Apm2BrokerLink *link;
  Apm2Slots *slots;
  Apm2Cycle *cycle;
  Apm2SweepHand *hand;
  Apm2Watchdog *watchdog;
  char *instance;
  Apm2Executor *executor;
  guint interval_msec;
  gboolean drain;
  guint settling; /* timer */
  gboolean begun; /* what an earlier process has left is known */
  gboolean stopping;
  guint64 drain_cycle; /* when it has ended the broker knows that we stop */
  gboolean closing;
  gboolean stopped;
};

G_DEFINE_FINAL_TYPE (Apm2Worker, apm2_worker, G_TYPE_OBJECT)

static guint stopped_signal;

static void
apm2_worker_finalize (GObject *object)
{
  Apm2Worker *self = APM2_WORKER (object);

  g_clear_handle_id (&self->settling, g_source_remove);
  g_clear_object (&self->executor);
  g_clear_object (&self->cycle);
  g_clear_object (&self->hand);
  g_clear_object (&self->slots);
  g_clear_object (&self->link);
  g_clear_object (&self->watchdog);
  g_free (self->instance);
  G_OBJECT_CLASS (apm2_worker_parent_class)->finalize (object);
}

static void
apm2_worker_class_init (Apm2WorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_worker_finalize;
  stopped_signal = g_signal_new ("stopped",
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
apm2_worker_init (Apm2Worker *self)
{
  self->watchdog = apm2_watchdog_new ();
}

static void
update_status (Apm2Worker *self)
{
  const Apm2SlotCounts *counts = apm2_slots_get_counts (self->slots);
  const char *trouble = apm2_cycle_get_trouble (self->cycle);
  g_autofree char *text = g_strdup_printf (
      "%s%u of %u slots busy; %" G_GUINT64_FORMAT " jobs done%s%s",
      self->stopping ? "stopping; " : "",
      apm2_slots_get_n_busy (self->slots),
      apm2_slots_get_n_slots (self->slots),
      counts->completed + counts->denied + counts->quarantined
          + counts->cancelled,
      trouble != NULL ? "; " : "",
      trouble != NULL ? trouble : "");

  apm2_watchdog_set_status (self->watchdog, text);
}

static void
finish_stop (Apm2Worker *self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_clear_handle_id (&self->settling, g_source_remove);
  apm2_broker_link_close (self->link);
  g_signal_emit (self, stopped_signal, 0);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Worker) self = user_data;

  if (!apm2_executor_close_finish (APM2_EXECUTOR (source), result))
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Stopping although slots without a job have not stopped");
  finish_stop (self);
}

static void
close_executor (Apm2Worker *self)
{
  if (self->closing)
    return;
  self->closing = TRUE;
  g_clear_handle_id (&self->settling, g_source_remove);
  apm2_executor_close_async (self->executor, on_closed, g_object_ref (self));
}

static gboolean
on_settling_ended (gpointer user_data)
{
  Apm2Worker *self = user_data;

  self->settling = 0;
  if (apm2_broker_link_count_held (self->link) > 0)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Stopping although the broker has not taken back %u leases",
              apm2_broker_link_count_held (self->link));
  close_executor (self);
  return G_SOURCE_REMOVE;
}

static gboolean
is_drained (Apm2Worker *self)
{
  return !apm2_broker_link_is_registered (self->link)
         || apm2_cycle_get_last_ended (self->cycle) >= self->drain_cycle;
}

static void
check_stop (Apm2Worker *self)
{
  if (!self->stopping || self->closing
      || apm2_slots_get_n_busy (self->slots) > 0)
    return;
  if (apm2_broker_link_count_held (self->link) == 0 && is_drained (self))
    close_executor (self);
  else if (self->settling == 0)
    self->settling = g_timeout_add (SETTLE_MSEC, on_settling_ended, self);
}

/* What hinders jobs, or does not any more, is told at once. */
static void
on_executor_changed (Apm2Worker *self)
{
  if (apm2_broker_link_is_registered (self->link))
    apm2_cycle_run (self->cycle);
}

static void
on_slots_changed (Apm2Worker *self)
{
  update_status (self);
  check_stop (self);
}

static void
on_cycle_ended (Apm2Worker *self)
{
  apm2_watchdog_note_cycle (self->watchdog);
  update_status (self);
  check_stop (self);
}

static void
on_registered (Apm2Worker *self)
{
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.message_id = APM2_MSG_WORKER_READY,
                           .worker = self->instance),
            "Registered at the broker, with %u slots",
            apm2_slots_get_n_slots (self->slots));
  apm2_cycle_set_draining (self->cycle, self->stopping);
  apm2_watchdog_set_ready (self->watchdog);
  apm2_sweep_hand_connect (self->hand,
                           apm2_broker_link_get_connection (self->link));
  apm2_cycle_run (self->cycle);
}

static void
on_lost (Apm2Worker *self)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.message_id = APM2_MSG_BROKER_LOST,
                           .worker = self->instance),
            "The broker is gone; jobs that go on: %u",
            apm2_slots_get_n_busy (self->slots));
  apm2_cycle_run (self->cycle);
  check_stop (self);
}

static void
listen (Apm2Worker *self, gpointer object, const char *name, GCallback func)
{
  g_signal_connect_object (object, name, func, self, G_CONNECT_SWAPPED);
}

static guint
choose_interval (Apm2Worker *self, guint64 poll_interval_sec)
{
  guint64 msec = poll_interval_sec * 1000;
  guint64 watched = apm2_watchdog_get_interval_usec (self->watchdog) / 1000;

  /* Between two pings a cycle must end. */
  if (watched > 0)
    msec = MIN (msec, MAX (watched / 2, 1));
  return (guint) CLAMP (msec, 1, G_MAXINT32);
}

/**
 * apm2_worker_new:
 * @settings: (transfer none): what kind of worker
 * @executor: runs the steps
 *
 * Returns: (transfer full): a worker that has not begun
 */
Apm2Worker *
apm2_worker_new (const Apm2WorkerSettings *settings, Apm2Executor *executor)
{
  Apm2Worker *self = g_object_new (APM2_TYPE_WORKER, NULL);
  const Apm2Paths *paths = settings->paths;
  g_autofree char *address = apm2_paths_get_operator_address (paths);
  g_autofree char *heartbeat_path
      = apm2_paths_get_heartbeat_file (paths, settings->instance);
  g_autoptr (Apm2HeartbeatWriter) writer = apm2_heartbeat_writer_new (
      heartbeat_path, paths->mode == APM2_MODE_SYSTEM ? 0640 : 0600);
  const Apm2BrokerIdentity identity = {
    .instance = settings->instance,
    .slots = settings->slots,
    .executor = apm2_executor_get_name (executor),
    .outlives = apm2_executor_outlives (executor),
    .heartbeat_path = heartbeat_path,
  };

  self->executor = g_object_ref (executor);
  self->drain = settings->drain;
  self->instance = g_strdup (settings->instance);
  self->interval_msec = choose_interval (self, settings->poll_interval_sec);
  self->link = apm2_broker_link_new (address, &identity);
  self->hand = apm2_sweep_hand_new (paths);
  self->slots = apm2_slots_new (self->link, executor, settings->slots);
  self->cycle
      = apm2_cycle_new (self->link, self->slots, writer, settings->instance);
  listen (self, executor, "changed", G_CALLBACK (on_executor_changed));
  listen (self, self->slots, "changed", G_CALLBACK (on_slots_changed));
  listen (self, self->cycle, "ended", G_CALLBACK (on_cycle_ended));
  listen (self, self->link, "registered", G_CALLBACK (on_registered));
  listen (self, self->link, "lost", G_CALLBACK (on_lost));
  listen (self, self->link, "settled", G_CALLBACK (check_stop));
  return self;
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Worker) self = user_data;
  g_autoptr (GPtrArray) adoptions
      = apm2_executor_recover_finish (APM2_EXECUTOR (source), result);

  /* Nobody heard of us yet, and what runs is the next one's. */
  if (self->stopping)
    return;
  self->begun = TRUE;
  g_ptr_array_set_free_func (adoptions, NULL);
  for (guint i = 0; i < adoptions->len; i++)
    apm2_slots_adopt (self->slots, g_ptr_array_index (adoptions, i));
  apm2_slots_open (self->slots);
  apm2_broker_link_start (self->link);
  apm2_cycle_start (self->cycle, self->interval_msec);
}

/**
 * apm2_worker_start:
 * @self: a worker that has not begun
 *
 * Goes on with what an earlier process has left, before it asks for more.
 */
void
apm2_worker_start (Apm2Worker *self)
{
  g_return_if_fail (APM2_IS_WORKER (self));

  apm2_executor_recover_async (
      self->executor, on_recovered, g_object_ref (self));
}

/**
 * apm2_worker_set_poll_interval:
 * @self: a worker
 * @sec: from the begin of a cycle to that of the next, from now on
 */
void
apm2_worker_set_poll_interval (Apm2Worker *self, guint64 sec)
{
  guint msec = 0;

  g_return_if_fail (APM2_IS_WORKER (self));

  msec = choose_interval (self, sec);
  if (msec == self->interval_msec)
    return;
  self->interval_msec = msec;
  apm2_cycle_set_interval (self->cycle, msec);
}

/**
 * apm2_worker_stop:
 * @self: a worker
 *
 * Begins to stop: jobs that outlive the worker are left running, others are
 * ended. A worker that drains waits for them instead. Called again, it waits no
 * more and kills what cannot be left. "stopped" tells when that is done.
 */
void
apm2_worker_stop (Apm2Worker *self)
{
  g_return_if_fail (APM2_IS_WORKER (self));

  if (self->stopping)
    {
      apm2_slots_stop (self->slots, 0);
      if (self->closing)
        finish_stop (self);
      return;
    }
  self->stopping = TRUE;
  apm2_watchdog_set_stopping (self->watchdog);
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.message_id = APM2_MSG_WORKER_STOPPING,
                           .worker = self->instance),
            "Stopping with %u jobs",
            apm2_slots_get_n_busy (self->slots));
  apm2_cycle_set_draining (self->cycle, TRUE);
  self->drain_cycle = apm2_cycle_get_count (self->cycle) + 1;
  if (self->drain)
    apm2_slots_close (self->slots);
  else
    apm2_slots_stop (self->slots, STOP_GRACE_USEC);
  /* The heartbeat may be another's until then. */
  if (self->begun)
    apm2_cycle_run (self->cycle);
  else
    check_stop (self);
}
