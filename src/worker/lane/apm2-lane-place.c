/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The place of a job in a lane: one slot, which it keeps over all its steps.
 *
 * What the job leaves in the workspace its next step finds, since the slot is
 * armed for that without cleaning; the next job gets it clean. What the worker
 * itself has to do for the job, bringing its source into a mirror, runs
 * outside.
 */

#include "apm2-lane-place-private.h"

#include <unistd.h>

#include "apm2-lane-cache.h"

G_DEFINE_FINAL_TYPE (Apm2LanePlace, apm2_lane_place, APM2_TYPE_JOB_PLACE)

static void
apm2_lane_place_finalize (GObject *object)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (object);

  g_clear_object (&self->pool);
  g_clear_object (&self->outside);
  g_clear_object (&self->manager);
  g_clear_object (&self->slot);
  g_clear_object (&self->cancellable);
  g_free (self->lane);
  g_free (self->cache);
  g_free (self->mirrors);
  g_free (self->containment);
  G_OBJECT_CLASS (apm2_lane_place_parent_class)->finalize (object);
}

static void
take_slot (Apm2LanePlace *self, Apm2LaneSlot *slot)
{
  const Apm2LaneFiles *files = apm2_lane_slot_get_files (slot);

  self->slot = slot;
  apm2_job_place_set_workspace (APM2_JOB_PLACE (self),
                                apm2_workspace_new_at (files->workspace,
                                                       self->paths,
                                                       self->lease->job_id,
                                                       self->lease->attempt));
}

static void
on_logs_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!apm2_lane_files_make_logs_finish (result, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
make_logs (Apm2LanePlace *self, GTask *task)
{
  const Apm2Workspace *workspace = NULL;

  /* A step in the slot makes them itself, when it takes the slot's log. */
  if (!self->goes_outside)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  workspace = apm2_job_place_get_workspace (APM2_JOB_PLACE (self));
  apm2_lane_files_make_logs_async (apm2_lane_slot_get_files (self->slot),
                                   workspace->logs,
                                   on_logs_made,
                                   g_object_ref (task));
}

static gboolean
has_foreign_cache (Apm2LanePlace *self)
{
  const char *cache = apm2_lane_slot_get_cache (self->slot);

  return cache != NULL && g_strcmp0 (cache, self->cache) != 0;
}

/* It is armed with the caches of others, and has to be anew. */
static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2LanePlace *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!apm2_lane_cache_settle_finish (result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  apm2_lane_slot_stop (self->slot, 0);
  make_logs (self, task);
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2LanePlace *self = g_task_get_source_object (task);
  GError *error = NULL;
  Apm2LaneSlot *slot
      = apm2_lane_pool_take_finish (APM2_LANE_POOL (source), result, &error);

  if (slot == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  take_slot (self, slot);
  if (has_foreign_cache (self))
    apm2_lane_cache_settle_async (apm2_lane_slot_get_files (slot),
                                  NULL,
                                  on_forgotten,
                                  g_object_ref (task));
  else
    make_logs (self, task);
}

static void
apm2_lane_place_prepare (Apm2JobPlace *place, GTask *task)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);

  apm2_lane_pool_take_async (
      self->pool, self->lane, self->cache, self->cancellable, on_taken, task);
}

static void
apm2_lane_place_give_up (Apm2JobPlace *place)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);

  g_cancellable_cancel (self->cancellable);
}

static char *
describe_containment (Apm2LanePlace *self)
{
  return apm2_lane_limits_describe (
      self->paths->mode,
      apm2_lane_slot_get_enforced (self->slot),
      apm2_lane_slot_has_pid_namespace (self->slot),
      apm2_lane_slot_has_net_namespace (self->slot) && !self->network);
}

static void
give_back (Apm2LanePlace *self)
{
  apm2_lane_pool_give_back (self->pool, self->slot);
  g_clear_object (&self->slot);
}

/* Where that cannot be written down there are none: the job is over anyhow. */
static void
on_settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  give_back (g_task_get_source_object (task));
  g_task_return_boolean (task, TRUE);
}

/* Whether what the slot's file says of caches has to be changed. */
static gboolean
must_settle (Apm2LanePlace *self)
{
  const char *cache = apm2_lane_slot_get_cache (self->slot);

  if (self->spoiled)
    return cache != NULL || self->leaves_cache;
  return self->leaves_cache && self->used
         && g_strcmp0 (cache, self->cache) != 0;
}

static void
apm2_lane_place_clear (Apm2JobPlace *place, GTask *task)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);

  if (self->slot != NULL)
    {
      self->containment = describe_containment (self);
      (void) unlink (apm2_lane_slot_get_files (self->slot)->record);
    }
  if (self->slot != NULL && must_settle (self))
    {
      apm2_lane_cache_settle_async (apm2_lane_slot_get_files (self->slot),
                                    self->spoiled ? NULL : self->cache,
                                    on_settled,
                                    task);
      return;
    }
  if (self->slot != NULL)
    give_back (self);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static const char *
apm2_lane_place_get_containment (Apm2JobPlace *place)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);

  return self->containment != NULL ? self->containment : "none";
}

static const char *
apm2_lane_place_get_unit (Apm2JobPlace *place)
{
  Apm2LanePlace *self = APM2_LANE_PLACE (place);

  return self->slot != NULL ? apm2_lane_slot_get_unit (self->slot) : NULL;
}

static const char *
apm2_lane_place_get_mirrors (Apm2JobPlace *place)
{
  return APM2_LANE_PLACE (place)->mirrors;
}

static void
apm2_lane_place_class_init (Apm2LanePlaceClass *klass)
{
  Apm2JobPlaceClass *place_class = APM2_JOB_PLACE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_lane_place_finalize;
  place_class->prepare = apm2_lane_place_prepare;
  place_class->clear = apm2_lane_place_clear;
  place_class->give_up = apm2_lane_place_give_up;
  place_class->start_step = apm2_lane_place_start_step;
  place_class->start_wave = apm2_lane_place_start_wave;
  place_class->get_containment = apm2_lane_place_get_containment;
  place_class->get_unit = apm2_lane_place_get_unit;
  place_class->get_mirrors = apm2_lane_place_get_mirrors;
}

static void
apm2_lane_place_init (Apm2LanePlace *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * apm2_lane_place_new:
 * @pool: where the slot comes from
 * @outside: runs what the worker does for the job
 * @manager: runs what neither may do
 * @paths: (transfer none): must outlive the place
 * @lease: (transfer none): of the job; must outlive the place
 * @lane: its lane
 * @goes_outside: whether the worker itself may have to do something for it
 *
 * Returns: (transfer full): a place without a slot
 */
Apm2LanePlace *
apm2_lane_place_new (Apm2LanePool *pool,
                     Apm2ExecutorDirect *outside,
                     Apm2Manager *manager,
                     const Apm2Paths *paths,
                     const Apm2Lease *lease,
                     const char *lane,
                     gboolean goes_outside)
{
  Apm2LanePlace *self = g_object_new (APM2_TYPE_LANE_PLACE, NULL);

  self->pool = g_object_ref (pool);
  self->outside = g_object_ref (outside);
  self->manager = g_object_ref (manager);
  self->paths = paths;
  self->lease = lease;
  self->lane = g_strdup (lane);
  self->goes_outside = goes_outside;
  self->mirrors = apm2_lane_files_get_mirrors (paths);
  return self;
}

/**
 * apm2_lane_place_set_spec:
 * @self: a place without a slot
 * @spec: the job, which says what of others it may find
 */
void
apm2_lane_place_set_spec (Apm2LanePlace *self, const Apm2JobSpec *spec)
{
  self->cache = apm2_lane_cache_get_key (spec);
  self->leaves_cache = self->cache != NULL && apm2_lane_cache_is_wanted (spec);
}

/**
 * apm2_lane_place_adopt:
 * @self: a place without a slot
 * @slot: (transfer full): the one in which the job is
 * @record: what an earlier process wrote down of it
 */
void
apm2_lane_place_adopt (Apm2LanePlace *self,
                       Apm2LaneSlot *slot,
                       const Apm2LaneRecord *record)
{
  take_slot (self, slot);
  self->used = record->fed_at != 0 || !record->clean;
  self->network = record->network;
}
