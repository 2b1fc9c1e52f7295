/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an earlier process of this worker has left in its slots.
 *
 * A job is gone on with if the record of its slot says so and, where its step
 * was fed, the unit is loaded and still the one that got it. Every other unit
 * of ours is stopped, and nothing is said before it is known that it has
 * stopped: the broker gives its job to somebody else after that. A step that
 * was never begun, because the process died while feeding it, begins anew.
 */

#include "apm2-lane-recovery.h"

#include <unistd.h>

#include "apm2-error.h"
#include "apm2-lane-name.h"
#include "apm2-lane-verdict.h"
#include "apm2-log.h"

/* For units that do not stop; the manager has killed them long before. */
#define STOP_MSEC  60000
#define AGAIN_MSEC 1000

typedef struct
{
  GTask *task; /* of which this is the data */
  const Apm2LaneContext *context;
  Apm2LanePool *pool;
  char *instance;
  GHashTable *remains; /* (element-type utf8 Apm2LaneRemains) by slot */
  gboolean listing;
  guint reading;
  gboolean failed; /* a unit could not be read */
  guint again;     /* timer */
  guint timer;
} Recovery;

typedef struct
{
  GTask *task;
  Apm2LaneRemains *remains; /* borrowed: of the recovery */
} Reading;

static void try_again (Recovery *self, const GError *error);

static void
remains_free (gpointer data)
{
  Apm2LaneRemains *self = data;

  g_clear_object (&self->slot);
  g_clear_pointer (&self->record, apm2_lane_record_free);
  g_free (self);
}

static void
recovery_free (gpointer data)
{
  Recovery *self = data;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->again, g_source_remove);
  g_object_unref (self->pool);
  g_hash_table_unref (self->remains);
  g_free (self->instance);
  g_free (self);
}

static Apm2LaneRemains *
ensure_remains (Recovery *self, const char *slot)
{
  Apm2LaneRemains *remains = g_hash_table_lookup (self->remains, slot);

  if (remains != NULL)
    return remains;
  remains = g_new0 (Apm2LaneRemains, 1);
  remains->slot = apm2_lane_pool_take_named (self->pool, slot);
  g_hash_table_insert (self->remains, g_strdup (slot), remains);
  return remains;
}

static void
load_record (Recovery *self, const char *slot, const char *path)
{
  Apm2LaneRemains *remains = ensure_remains (self, slot);
  g_autoptr (GError) error = NULL;

  remains->record = apm2_lane_record_load (path, &error);
  if (remains->record == NULL)
    apm2_log (G_LOG_LEVEL_WARNING, NULL, "%s", error->message);
}

static void
load_records (Recovery *self)
{
  g_autofree char *path = apm2_lane_files_get_directory (self->context->paths);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *slot = NULL;
      g_autofree char *file = NULL;

      if (!g_str_has_suffix (name, ".json"))
        continue;
      slot = g_strndup (name, strlen (name) - strlen (".json"));
      file = g_build_filename (path, name, NULL);
      if (apm2_lane_slot_is_of (slot, self->instance))
        load_record (self, slot, file);
    }
}

/* Whether there may be units that nothing is known of yet. */
static gboolean
is_looking (const Recovery *self)
{
  return self->listing || self->reading > 0 || self->again != 0;
}

static gboolean
is_settled (Recovery *self)
{
  GHashTableIter iter;
  gpointer value = NULL;

  if (is_looking (self))
    return FALSE;
  g_hash_table_iter_init (&iter, self->remains);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2LaneRemains *remains = value;

      if (!remains->runs
          && apm2_lane_slot_get_state (remains->slot) != APM2_LANE_SLOT_IDLE)
        return FALSE;
    }
  return TRUE;
}

static void
finish (Recovery *self)
{
  g_autoptr (GTask) task = self->task;
  GPtrArray *all = g_ptr_array_new_with_free_func (remains_free);
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->remains);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      g_hash_table_iter_steal (&iter);
      g_free (key);
      g_ptr_array_add (all, value);
    }
  g_task_return_pointer (task, all, (GDestroyNotify) g_ptr_array_unref);
}

static void
check (Recovery *self)
{
  if (!g_task_get_completed (self->task) && is_settled (self))
    finish (self);
}

static gboolean
on_stopping_took_too_long (gpointer user_data)
{
  Recovery *self = user_data;

  /* Without a manager there is nothing to go on with. */
  if (is_looking (self) || !apm2_manager_is_connected (self->context->manager))
    return G_SOURCE_CONTINUE;
  self->timer = 0;
  apm2_log (G_LOG_LEVEL_WARNING,
            NULL,
            "A lane unit of before does not stop; going on without its slot");
  finish (self);
  return G_SOURCE_REMOVE;
}

/* For units to stop, from now on. */
static void
give_time (Recovery *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (STOP_MSEC, on_stopping_took_too_long, self);
}

static void
on_slot_changed (GTask *task)
{
  check (g_task_get_task_data (task));
}

static void
stop (Recovery *self, Apm2LaneRemains *remains, const char *unit)
{
  Apm2LaneFound found = { .invocation_id = "" };
  g_autofree char *slot = apm2_lane_unit_get_slot (unit, &found.network);

  /* The other one of the slot is being stopped already. */
  if (apm2_lane_slot_get_state (remains->slot) != APM2_LANE_SLOT_IDLE)
    {
      apm2_manager_call_async (self->context->manager,
                               "StopUnit",
                               g_variant_new ("(ss)", unit, "replace"),
                               NULL,
                               NULL,
                               NULL,
                               NULL);
      return;
    }
  apm2_lane_slot_adopt (remains->slot, &found);
  g_signal_connect_object (remains->slot,
                           "changed",
                           G_CALLBACK (on_slot_changed),
                           self->task,
                           G_CONNECT_SWAPPED);
  apm2_lane_slot_stop (remains->slot, 0);
}

static void
drop_record (Apm2LaneRemains *remains)
{
  const char *job_id = remains->record->lease->job_id;

  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = job_id),
            "%s is gone without a result of job %s",
            remains->record->unit,
            job_id);
  (void) unlink (apm2_lane_slot_get_files (remains->slot)->record);
  g_clear_pointer (&remains->record, apm2_lane_record_free);
}

static void
judge (Recovery *self, Apm2LaneRemains *remains, const Apm2UnitState *state)
{
  Apm2LaneRecord *record = remains->record;
  gboolean active = !g_str_equal (state->active_state, "inactive");
  gboolean meant = record != NULL && record->fed_at != 0
                   && g_str_equal (record->unit, state->name);
  gboolean same = meant && active
                  && g_str_equal (state->invocation_id, record->invocation_id);

  if (same
      && !apm2_lane_verdict_is_unbegun (
          state, apm2_lane_slot_get_files (remains->slot)->events))
    {
      remains->runs = TRUE;
      return;
    }
  if (same)
    record->fed_at = 0;
  else if (meant)
    drop_record (remains);
  if (active)
    stop (self, remains, state->name);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  g_autoptr (GTask) task = reading->task;
  Recovery *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) state
      = apm2_manager_read_unit_finish (APM2_MANAGER (source), result, &error);

  self->reading--;
  if (state != NULL)
    judge (self, reading->remains, state);
  else
    self->failed = TRUE;
  if (self->reading == 0 && self->failed)
    {
      try_again (self, error);
      return;
    }
  if (self->reading == 0)
    give_time (self);
  check (self);
}

static void
read_unit (Recovery *self, Apm2LaneRemains *remains, const char *unit)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->task = g_object_ref (self->task);
  reading->remains = remains;
  self->reading++;
  apm2_manager_read_unit_async (
      self->context->manager, unit, NULL, on_read, reading);
}

static void
read_listed (Recovery *self, GVariant *units, GHashTable *seen)
{
  GVariantIter iter;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, units);
  while ((value = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) unit = value;
      const char *name = NULL;
      g_autofree char *slot = NULL;

      g_variant_get_child (unit, 0, "&s", &name);
      slot = apm2_lane_unit_get_slot (name, NULL);
      if (slot == NULL || !apm2_lane_slot_is_of (slot, self->instance))
        continue;
      g_hash_table_add (seen, g_strdup (name));
      read_unit (self, ensure_remains (self, slot), name);
    }
}

/* Units of which the manager knows nothing any more. */
static void
read_recorded (Recovery *self, GHashTable *seen)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->remains);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Apm2LaneRemains *remains = value;
      const Apm2LaneRecord *record = remains->record;

      if (record != NULL && record->fed_at != 0
          && !g_hash_table_contains (seen, record->unit))
        read_unit (self, remains, record->unit);
    }
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Recovery *self = g_task_get_task_data (task);
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) units = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  self->listing = FALSE;
  if (reply == NULL)
    {
      try_again (self, error);
      return;
    }
  units = g_variant_get_child_value (reply, 0);
  read_listed (self, units, seen);
  read_recorded (self, seen);
  check (self);
}

static void
list_units (Recovery *self)
{
  static const char *const patterns[]
      = { APM2_LANE_PATTERN, APM2_LANE_NET_PATTERN, NULL };
  static const char *const states[] = { NULL };

  self->failed = FALSE;
  self->listing = TRUE;
  apm2_manager_call_async (self->context->manager,
                           "ListUnitsByPatterns",
                           g_variant_new ("(^as^as)", states, patterns),
                           G_VARIANT_TYPE ("(a(ssssssouso))"),
                           NULL,
                           on_listed,
                           g_object_ref (self->task));
}

static gboolean
on_again (gpointer user_data)
{
  Recovery *self = user_data;

  self->again = 0;
  list_units (self);
  return G_SOURCE_REMOVE;
}

static void
try_again (Recovery *self, const GError *error)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            NULL,
            "Cannot look for what an earlier worker has left: %s; trying on",
            error != NULL ? error->message : "a unit cannot be read");
  self->again = g_timeout_add (AGAIN_MSEC, on_again, self);
}

/**
 * apm2_lane_recovery_run_async:
 * @context: (transfer none): must outlive the recovery
 * @pool: of whose slots it takes those in which something is left; not open
 * @instance: name of the worker
 * @callback: called when it is known what goes on, and all else has stopped
 * @user_data: for @callback
 */
void
apm2_lane_recovery_run_async (const Apm2LaneContext *context,
                              Apm2LanePool *pool,
                              const char *instance,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Recovery *self = g_new0 (Recovery, 1);

  self->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (self->task, apm2_lane_recovery_run_async);
  g_task_set_task_data (self->task, self, recovery_free);
  self->context = context;
  self->pool = g_object_ref (pool);
  self->instance = g_strdup (instance);
  self->remains
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, remains_free);
  give_time (self);
  load_records (self);
  list_units (self);
}

/**
 * apm2_lane_recovery_run_finish:
 * @result: of apm2_lane_recovery_run_async()
 *
 * Returns: (transfer full) (element-type Apm2LaneRemains): all slots in which
 *   something was left
 */
GPtrArray *
apm2_lane_recovery_run_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
