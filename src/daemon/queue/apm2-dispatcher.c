/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The dispatcher.
 *
 * Workers park a Lease call for each free slot; the dispatcher claims jobs at
 * the store for those who have waited longest and answers their calls. It asks
 * the store only when something may have become ready since the last time it
 * got less than it asked for, so an idle queue costs nothing. One claim is
 * under way at a time; it may ask for several jobs.
 */

#include "apm2-dispatcher-private.h"

#include "apm2-error.h"
#include "apm2-log.h"
#include "apm2-time.h"

/* Jobs of one claim: enough to fill a worker, few enough for a short commit. */
#define CLAIM_MAX 32
/* Before a claim that the store refused is tried again. */
#define AGAIN_MSEC 5000

G_DEFINE_FINAL_TYPE (Apm2Dispatcher, apm2_dispatcher, G_TYPE_OBJECT)

static void try_claim (Apm2Dispatcher *self);

static void
apm2_dispatcher_finalize (GObject *object)
{
  Apm2Dispatcher *self = APM2_DISPATCHER (object);

  g_clear_handle_id (&self->later, g_source_remove);
  g_queue_clear_full (&self->waiting, g_free);
  g_clear_pointer (&self->fresh, apm2_job_spec_unref);
  g_free (self->fresh_digest);
  apm2_attachments_set_workers (self->attachments, NULL, NULL);
  g_object_unref (self->attachments);
  g_object_unref (self->warden);
  g_object_unref (self->config);
  g_object_unref (self->registry);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  g_object_unref (self->store);
  G_OBJECT_CLASS (apm2_dispatcher_parent_class)->finalize (object);
}

static void
apm2_dispatcher_class_init (Apm2DispatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_dispatcher_finalize;
}

static void
apm2_dispatcher_init (Apm2Dispatcher *self)
{
  g_queue_init (&self->waiting);
  self->ready_epoch = 1;
}

static void
on_ready (Apm2Dispatcher *self)
{
  self->ready_epoch++;
  try_claim (self);
}

static void
on_incoming (Apm2Dispatcher *self, Apm2JobSpec *spec, const char *digest)
{
  g_clear_pointer (&self->fresh, apm2_job_spec_unref);
  g_free (self->fresh_digest);
  self->fresh = apm2_job_spec_ref (spec);
  self->fresh_digest = g_strdup (digest);
}

static gboolean
has_parked (Apm2Dispatcher *self)
{
  for (const GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      const Apm2WorkerRecord *worker
          = apm2_worker_registry_find (self->registry, l->data);

      if (worker != NULL && !g_queue_is_empty ((GQueue *) &worker->parked))
        return TRUE;
    }
  return FALSE;
}

/* How many worker jobs more @lane may have; what people run by hand counts only
 * in its budget. */
static guint
get_room (Apm2Dispatcher *self, const Apm2LaneConfig *lane)
{
  guint64 active
      = apm2_attachments_count_working (self->attachments, lane->name);
  guint room = G_MAXUINT;

  if (apm2_queue_is_paused (self->queue, "")
      || apm2_queue_is_paused (self->queue, lane->name))
    return 0;
  if (lane->max_parallel != 0)
    room = active < lane->max_parallel ? (guint) (lane->max_parallel - active)
                                       : 0;
  return MIN (room, apm2_attachments_get_room (self->attachments, lane));
}

/* Whether a worker waits that could be given a job of the lane called @name. */
static gboolean
can_serve (const char *name, gpointer user_data)
{
  Apm2Dispatcher *self = user_data;
  const Apm2LaneConfig *lane
      = apm2_config_find_lane (apm2_active_config_get (self->config), name);

  return !self->stopped && has_parked (self) && lane != NULL
         && get_room (self, lane) > 0;
}

/**
 * apm2_dispatcher_new:
 * @store: where jobs are claimed
 * @queue: tells when something becomes ready
 * @table: the jobs in memory
 * @registry: the workers
 * @config: the lanes
 * @attachments: share the lanes with the workers
 * @warden: ends the leases that nobody wants
 *
 * Returns: (transfer full): a dispatcher
 */
Apm2Dispatcher *
apm2_dispatcher_new (Apm2Store *store,
                     Apm2Queue *queue,
                     Apm2JobTable *table,
                     Apm2WorkerRegistry *registry,
                     Apm2ActiveConfig *config,
                     Apm2Attachments *attachments,
                     Apm2LeaseWarden *warden)
{
  Apm2Dispatcher *self = g_object_new (APM2_TYPE_DISPATCHER, NULL);

  self->store = g_object_ref (store);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->registry = g_object_ref (registry);
  self->config = g_object_ref (config);
  self->attachments = g_object_ref (attachments);
  self->warden = g_object_ref (warden);
  apm2_attachments_set_workers (attachments, can_serve, self);
  g_signal_connect_object (
      queue, "incoming", G_CALLBACK (on_incoming), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      queue, "ready", G_CALLBACK (on_ready), self, G_CONNECT_SWAPPED);
  /* A lane may have more room now. */
  g_signal_connect_object (
      config, "changed", G_CALLBACK (on_ready), self, G_CONNECT_SWAPPED);
  return self;
}

/* The worker whose turn it is, which then goes to the end of the line; forgets
 * those that no longer wait. */
static Apm2WorkerRecord *
next_worker (Apm2Dispatcher *self)
{
  while (!g_queue_is_empty (&self->waiting))
    {
      char *instance = g_queue_pop_head (&self->waiting);
      Apm2WorkerRecord *worker
          = apm2_worker_registry_find (self->registry, instance);

      if (worker != NULL && !g_queue_is_empty (&worker->parked))
        {
          g_queue_push_tail (&self->waiting, instance);
          return worker;
        }
      g_free (instance);
    }
  return NULL;
}

/* Lanes from which may be claimed now, with their room. */
static GArray *
list_rooms (Apm2Dispatcher *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  GArray *rooms = g_array_new (FALSE, FALSE, sizeof (Apm2LaneRoom));

  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      const Apm2LaneRoom room = { lane->name, get_room (self, lane) };

      if (room.room > 0)
        g_array_append_val (rooms, room);
    }
  return rooms;
}

static gboolean
on_moment_over (gpointer user_data)
{
  Apm2Dispatcher *self = user_data;

  self->later = 0;
  try_claim (self);
  return G_SOURCE_REMOVE;
}

/* Whether there is more to have from a lane that had room for few; nothing new
 * has come since it was asked. */
static void
claim_later (Apm2Dispatcher *self)
{
  g_clear_handle_id (&self->later, g_source_remove);
  self->later
      = g_timeout_add (APM2_DISPATCHER_MOMENT_MSEC, on_moment_over, self);
}

static gboolean
on_trouble_over (gpointer user_data)
{
  Apm2Dispatcher *self = user_data;

  self->later = 0;
  on_ready (self);
  return G_SOURCE_REMOVE;
}

/* The disk may be full. Whether it is any more nobody tells, and the jobs are
 * still there. */
static void
claim_again (Apm2Dispatcher *self)
{
  self->empty_epoch = self->asked_epoch;
  g_clear_handle_id (&self->later, g_source_remove);
  self->later = g_timeout_add (AGAIN_MSEC, on_trouble_over, self);
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2DispatcherClaim) claim = user_data;
  Apm2Dispatcher *self = claim->dispatcher;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  self->in_flight = FALSE;
  jobs = apm2_store_claim_finish (APM2_STORE (source), result, &error);
  if (jobs == NULL)
    {
      apm2_log (G_LOG_LEVEL_WARNING,
                APM2_LOG_WITH (.worker = claim->instance),
                "Cannot claim a job for worker \"%s\": %s",
                claim->instance,
                error->message);
      apm2_queue_note_error (self->queue, error);
      claim_again (self);
      apm2_attachments_settle_offer (self->attachments);
      return;
    }

  /* With a lane that had room for few there may be more to have. */
  if (jobs->len < claim->asked && (!claim->limited || jobs->len == 0))
    self->empty_epoch = self->asked_epoch;
  g_ptr_array_set_free_func (jobs, NULL);
  for (guint i = 0; i < jobs->len; i++)
    apm2_dispatcher_claim_hand_over (claim, g_ptr_array_index (jobs, i));
  apm2_attachments_settle_offer (self->attachments);
  if (claim->told && self->ready_epoch == self->asked_epoch)
    claim_later (self);
  else
    try_claim (self);
}

static void
try_claim (Apm2Dispatcher *self)
{
  g_autoptr (GArray) rooms = NULL;
  Apm2WorkerRecord *worker;
  Apm2DispatcherClaim *claim;

  if (self->stopped || self->in_flight
      || self->empty_epoch == self->ready_epoch)
    return;
  rooms = list_rooms (self);
  if (rooms->len == 0)
    return;
  worker = next_worker (self);
  if (worker == NULL)
    return;

  self->in_flight = TRUE;
  self->asked_epoch = self->ready_epoch;
  claim = apm2_dispatcher_claim_new (self, worker);
  claim->asked = MIN (g_queue_get_length (&worker->parked), CLAIM_MAX);
  for (guint i = 0; i < rooms->len; i++)
    {
      const Apm2LaneRoom *room = &g_array_index (rooms, Apm2LaneRoom, i);

      claim->limited |= room->room < claim->asked;
      apm2_attachments_offer (self->attachments, room->lane);
    }
  apm2_store_claim (self->store,
                    (const Apm2LaneRoom *) (gpointer) rooms->data,
                    rooms->len,
                    worker->instance,
                    apm2_time_boot_id (),
                    claim->asked,
                    claim->herald,
                    on_claimed,
                    claim);
  apm2_dispatcher_claim_brief (claim);
}

/**
 * apm2_dispatcher_park:
 * @self: a dispatcher
 * @worker: a registered worker
 * @invocation: (transfer full): its Lease call
 */
void
apm2_dispatcher_park (Apm2Dispatcher *self,
                      Apm2WorkerRecord *worker,
                      GDBusMethodInvocation *invocation)
{
  if (self->stopped)
    {
      g_dbus_method_invocation_return_error_literal (
          invocation,
          APM2_ERROR,
          APM2_ERROR_CANCELLED,
          "The broker is stopping and gives no more leases");
      return;
    }

  g_queue_push_tail (&worker->parked, invocation);
  if (g_queue_find_custom (
          &self->waiting, worker->instance, (GCompareFunc) g_strcmp0)
      == NULL)
    g_queue_push_tail (&self->waiting, g_strdup (worker->instance));
  try_claim (self);
}

/**
 * apm2_dispatcher_stop:
 * @self: a dispatcher
 *
 * No lease is given after this.
 */
void
apm2_dispatcher_stop (Apm2Dispatcher *self)
{
  self->stopped = TRUE;
}
