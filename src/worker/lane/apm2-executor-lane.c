/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The systemd executor: steps in the units of lanes.
 *
 * It exists only where the manager answers and its lane template is the one of
 * this installation, with the directories of this worker. Jobs do not depend on
 * this process: they go on when it ends, and the next one finds them.
 */

#include "apm2-executor-lane.h"

#include "apm2-error.h"
#include "apm2-executor-direct.h"
#include "apm2-fetch-files.h"
#include "apm2-fs.h"
#include "apm2-instance-lock.h"
#include "apm2-job-spec-json.h"
#include "apm2-lane-adopt.h"
#include "apm2-lane-name.h"
#include "apm2-lane-place.h"
#include "apm2-lane-recovery.h"
#include "apm2-lane-retreat.h"
#include "apm2-lane-template.h"
#include "apm2-log.h"
#include "apm2-processor-share.h"

/* For the manager to answer when the worker starts. */
#define CONNECT_MSEC 10000
/* For free slots to stop when it ends; they end after it anyhow. */
#define RETREAT_MSEC 5000

struct _Apm2ExecutorLane
{
  GObject parent_instance;

  Apm2ExecutorSettings settings;
  Apm2LaneContext context;
  Apm2LanePool *pool;
  Apm2ExecutorDirect *outside;
  gboolean away;   /* the manager */
  GTask *starting; /* (nullable) */
  guint timer;     /* of starting */
  int lock_fd;     /* that no other worker of this name does the same */
};

static void apm2_executor_lane_iface_init (Apm2ExecutorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    Apm2ExecutorLane,
    apm2_executor_lane,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (APM2_TYPE_EXECUTOR, apm2_executor_lane_iface_init))

static void
apm2_executor_lane_finalize (GObject *object)
{
  Apm2ExecutorLane *self = APM2_EXECUTOR_LANE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  apm2_fd_clear (&self->lock_fd);
  g_clear_object (&self->pool);
  g_clear_object (&self->outside);
  if (self->context.manager != NULL)
    apm2_manager_stop (self->context.manager);
  g_clear_object (&self->context.manager);
  g_clear_pointer (&self->context.watch, apm2_lane_watch_free);
  G_OBJECT_CLASS (apm2_executor_lane_parent_class)->finalize (object);
}

static void
apm2_executor_lane_class_init (Apm2ExecutorLaneClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_executor_lane_finalize;
}

static void
apm2_executor_lane_init (Apm2ExecutorLane *self)
{
  self->lock_fd = -1;
}

static Apm2JobPlace *
apm2_executor_lane_open_place (Apm2Executor *executor,
                               const Apm2Lease *lease,
                               const Apm2JobSpec *spec)
{
  Apm2ExecutorLane *self = APM2_EXECUTOR_LANE (executor);

  Apm2JobPlace *place
      = APM2_JOB_PLACE (apm2_lane_place_new (self->pool,
                                             self->outside,
                                             self->context.manager,
                                             self->settings.paths,
                                             lease,
                                             spec->lane,
                                             spec->source_repository != NULL));

  apm2_lane_place_set_spec (APM2_LANE_PLACE (place), spec);
  apm2_job_place_set_config (place, self->settings.config);
  apm2_job_place_set_paths (place, self->settings.paths);
  apm2_job_place_set_lane (place, spec->lane);
  /* A checkout begins outside, and gates share a unit that is not armed yet. */
  if (spec->source_repository == NULL && spec->kind != APM2_JOB_KIND_GATES)
    apm2_job_place_set_can_hold (place);
  return place;
}

/* --- what an earlier process has left --- */

static Apm2Adoption *
adopt (Apm2ExecutorLane *self, Apm2LaneRemains *remains)
{
  Apm2Adoption *adoption = apm2_adoption_new ();
  Apm2LaneRecord *record = remains->record;
  g_autofree char *lane
      = apm2_lane_slot_get_lane (apm2_lane_slot_get_name (remains->slot));
  g_autoptr (Apm2JobSpec) spec = NULL;
  Apm2LanePlace *place = NULL;

  adoption->lease = apm2_lease_copy (record->lease);
  adoption->record = g_steal_pointer (&record->record);
  adoption->deadline = record->deadline;
  place = apm2_lane_place_new (self->pool,
                               self->outside,
                               self->context.manager,
                               self->settings.paths,
                               adoption->lease,
                               lane,
                               TRUE);
  spec = apm2_job_spec_from_json (
      adoption->lease->job_spec, strlen (adoption->lease->job_spec), NULL);
  if (spec != NULL)
    apm2_lane_place_set_spec (place, spec);
  apm2_lane_place_adopt (place, g_object_ref (remains->slot), record);
  adoption->place = APM2_JOB_PLACE (place);
  apm2_job_place_set_config (adoption->place, self->settings.config);
  apm2_job_place_set_paths (adoption->place, self->settings.paths);
  apm2_job_place_set_lane (adoption->place, lane);
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.job = adoption->lease->job_id),
            "Going on with job %s in %s",
            adoption->lease->job_id,
            record->unit);
  if (remains->runs)
    apm2_lane_adopt (remains, self->settings.paths, adoption);
  return adoption;
}

static void
clear_fetch (Apm2ExecutorLane *self, Apm2LaneSlot *slot)
{
  g_autoptr (Apm2FetchFiles) files = apm2_fetch_files_new (
      self->settings.paths, apm2_lane_slot_get_name (slot));

  apm2_fetch_files_clear (files, self->context.manager);
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2ExecutorLane *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) all = apm2_lane_recovery_run_finish (result);
  GPtrArray *adoptions
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_adoption_free);

  for (guint i = 0; i < all->len; i++)
    {
      Apm2LaneRemains *remains = g_ptr_array_index (all, i);

      clear_fetch (self, remains->slot);
      if (remains->record != NULL)
        g_ptr_array_add (adoptions, adopt (self, remains));
      else
        apm2_lane_pool_give_back (self->pool, remains->slot);
    }
  apm2_lane_pool_open (self->pool);
  g_task_return_pointer (task, adoptions, (GDestroyNotify) g_ptr_array_unref);
}

static void
on_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2ExecutorLane *self = g_task_get_source_object (task);

  self->lock_fd = apm2_instance_lock_take_finish (result);
  apm2_lane_recovery_run_async (&self->context,
                                self->pool,
                                self->settings.instance,
                                on_recovered,
                                g_steal_pointer (&task));
}

static void
apm2_executor_lane_recover (Apm2Executor *executor, GTask *task)
{
  Apm2ExecutorLane *self = APM2_EXECUTOR_LANE (executor);

  apm2_instance_lock_take_async (
      self->settings.paths, self->settings.instance, on_locked, task);
}

static const char *
apm2_executor_lane_get_trouble (Apm2Executor *executor)
{
  Apm2ExecutorLane *self = APM2_EXECUTOR_LANE (executor);

  return self->away ? "manager_unreachable"
                    : apm2_lane_pool_get_trouble (self->pool);
}

static void
on_retreated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, apm2_lane_retreat_finish (result));
}

static void
apm2_executor_lane_close (Apm2Executor *executor, GTask *task)
{
  Apm2ExecutorLane *self = APM2_EXECUTOR_LANE (executor);
  g_autoptr (GPtrArray) slots = apm2_lane_pool_close (self->pool);

  /* Nobody is there to stop them. */
  if (self->away)
    g_ptr_array_set_size (slots, 0);
  apm2_lane_retreat_async (slots, RETREAT_MSEC, on_retreated, task);
}

static void
apm2_executor_lane_iface_init (Apm2ExecutorInterface *iface)
{
  iface->name = "systemd";
  iface->outlives = TRUE;
  iface->open_place = apm2_executor_lane_open_place;
  iface->recover = apm2_executor_lane_recover;
  iface->get_trouble = apm2_executor_lane_get_trouble;
  iface->close = apm2_executor_lane_close;
}

/* --- start --- */

static void fail_start (Apm2ExecutorLane *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

static void
fail_start (Apm2ExecutorLane *self, const char *format, ...)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);
  g_autofree char *message = NULL;
  va_list args;

  g_clear_handle_id (&self->timer, g_source_remove);
  if (task == NULL)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_task_return_new_error (
      task, APM2_ERROR, APM2_ERROR_UNAVAILABLE, "%s", message);
}

static void
take_sample (Apm2ExecutorLane *self, const Apm2UnitState *state)
{
  const Apm2LaneLimits base = apm2_lane_template_get_limits (state);

  apm2_lane_pool_set_base (self->pool, &base);
}

static void
on_sampled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2ExecutorLane) self = user_data;
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) state
      = apm2_manager_read_unit_finish (APM2_MANAGER (source), result, &error);

  if (state == NULL)
    {
      fail_start (self, "%s", error->message);
      return;
    }
  if (self->starting == NULL)
    {
      take_sample (self, state);
      return;
    }
  if (!apm2_lane_template_check (state, self->settings.paths, &error))
    {
      fail_start (self, "%s", error->message);
      return;
    }
  take_sample (self, state);
  /* We get ready for a job while the broker's storage thread writes it down. */
  apm2_processor_share_take (APM2_PROCESSOR_SHARE_EVEN);
  g_clear_handle_id (&self->timer, g_source_remove);
  task = g_steal_pointer (&self->starting);
  g_task_return_pointer (task, g_object_ref (self), g_object_unref);
}

static void
sample (Apm2ExecutorLane *self)
{
  g_autofree char *unit = apm2_lane_unit_name (APM2_LANE_SAMPLE, FALSE);

  apm2_manager_read_unit_async (
      self->context.manager, unit, NULL, on_sampled, g_object_ref (self));
}

static void
on_connected (Apm2ExecutorLane *self)
{
  self->away = FALSE;
  sample (self);
  apm2_executor_emit_changed (APM2_EXECUTOR (self));
}

static void
on_lost (Apm2ExecutorLane *self, const char *reason)
{
  self->away = TRUE;
  fail_start (self, "the service manager does not answer: %s", reason);
  apm2_executor_emit_changed (APM2_EXECUTOR (self));
}

static gboolean
on_connecting_took_too_long (gpointer user_data)
{
  Apm2ExecutorLane *self = user_data;

  self->timer = 0;
  fail_start (self, "the service manager does not answer");
  return G_SOURCE_REMOVE;
}

static gboolean
make_parts (Apm2ExecutorLane *self, GError **error)
{
  const Apm2ExecutorSettings *settings = &self->settings;

  if (!apm2_lane_files_ensure_dirs (settings->paths, error))
    return FALSE;
  self->outside = apm2_executor_direct_new (
      settings->paths, settings->config, settings->tasks_factor, error);
  if (self->outside == NULL)
    return FALSE;
  self->context.watch = apm2_lane_watch_new (error);
  if (self->context.watch == NULL)
    return FALSE;
  self->context.paths = settings->paths;
  self->context.manager = apm2_manager_new (settings->paths->mode);
  self->pool = apm2_lane_pool_new (
      &self->context, settings->config, settings->instance, settings->slots);
  return TRUE;
}

static void
listen (Apm2ExecutorLane *self,
        gpointer object,
        const char *name,
        GCallback func)
{
  g_signal_connect_object (object, name, func, self, G_CONNECT_SWAPPED);
}

/**
 * apm2_executor_lane_new_async:
 * @settings: (transfer none): for which worker
 * @callback: called when it is known whether it can be
 * @user_data: for @callback
 */
void
apm2_executor_lane_new_async (const Apm2ExecutorSettings *settings,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (Apm2ExecutorLane) self
      = g_object_new (APM2_TYPE_EXECUTOR_LANE, NULL);
  g_autoptr (GError) error = NULL;
  Apm2Manager *manager = NULL;

  self->settings = *settings;
  self->starting = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (self->starting, apm2_executor_lane_new_async);
  if (!make_parts (self, &error))
    {
      fail_start (self, "%s", error->message);
      return;
    }
  /* Until then nobody else holds us. */
  g_task_set_task_data (self->starting, g_object_ref (self), g_object_unref);
  manager = self->context.manager;
  listen (self, manager, "connected", G_CALLBACK (on_connected));
  listen (self, manager, "lost", G_CALLBACK (on_lost));
  listen (self, manager, "reloaded", G_CALLBACK (sample));
  listen (self, self->pool, "changed", G_CALLBACK (apm2_executor_emit_changed));
  self->timer = g_timeout_add (CONNECT_MSEC, on_connecting_took_too_long, self);
  apm2_manager_start (manager);
}

/**
 * apm2_executor_lane_new_finish:
 * @result: of apm2_executor_lane_new_async()
 * @error: UNAVAILABLE, with what helps
 *
 * Returns: (transfer full): the executor
 */
Apm2ExecutorLane *
apm2_executor_lane_new_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
