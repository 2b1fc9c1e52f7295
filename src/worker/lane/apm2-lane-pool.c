/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The slots of one worker: which exist, which are armed ahead, and who gets
 * one.
 *
 * Of each lane there are as many free slots armed as jobs of it could come
 * next, within a bound for all lanes together; a lane beyond that bound is
 * armed when a job asks for it. Slots are armed few at a time, so that a start
 * or a burst does not load the machine when jobs want it.
 */

#include "apm2-lane-pool.h"

#include "apm2-lane-name.h"
#include "apm2-lane-set.h"

/* Slots that wait for work, of all lanes. */
#define ARMED_MAX  32
#define CACHE_DATA "apm2-cache" /* with a request for a slot */
/* Slots that are armed at the same time. */
#define ARMING_MAX 2

struct _Apm2LanePool
{
  GObject parent_instance;

  const Apm2LaneContext *context; /* borrowed: of the executor */
  Apm2ActiveConfig *config;
  char *instance;
  guint n_slots;
  Apm2LaneLimits base; /* what the unit itself says */
  gboolean open;
  gboolean balancing;
  gboolean again;
  Apm2LaneSet *set;
  GQueue waiting; /* (element-type GTask) with the lane as data */
  const char *trouble;
};

G_DEFINE_FINAL_TYPE (Apm2LanePool, apm2_lane_pool, G_TYPE_OBJECT)

static guint changed_signal;

static void balance (Apm2LanePool *self);

static void
apm2_lane_pool_finalize (GObject *object)
{
  Apm2LanePool *self = APM2_LANE_POOL (object);

  g_queue_clear_full (&self->waiting, g_object_unref);
  g_ptr_array_unref (self->set);
  g_object_unref (self->config);
  g_free (self->instance);
  G_OBJECT_CLASS (apm2_lane_pool_parent_class)->finalize (object);
}

static void
apm2_lane_pool_class_init (Apm2LanePoolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lane_pool_finalize;
  changed_signal = g_signal_new ("changed",
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
apm2_lane_pool_init (Apm2LanePool *self)
{
  self->set = apm2_lane_set_new ();
  self->base = APM2_LANE_LIMITS_NONE;
  g_queue_init (&self->waiting);
}

/**
 * apm2_lane_pool_new:
 * @context: (transfer none): must outlive the pool
 * @config: the lanes
 * @instance: name of the worker
 * @n_slots: how many jobs it runs at once
 *
 * Returns: (transfer full): a pool that arms nothing yet
 */
Apm2LanePool *
apm2_lane_pool_new (const Apm2LaneContext *context,
                    Apm2ActiveConfig *config,
                    const char *instance,
                    guint n_slots)
{
  Apm2LanePool *self = g_object_new (APM2_TYPE_LANE_POOL, NULL);

  self->context = context;
  self->config = g_object_ref (config);
  g_signal_connect_object (
      config, "changed", G_CALLBACK (balance), self, G_CONNECT_SWAPPED);
  self->instance = g_strdup (instance);
  self->n_slots = n_slots;
  return self;
}

static void
update_trouble (Apm2LanePool *self)
{
  const char *trouble = apm2_lane_set_find_trouble (self->set);

  if (trouble == self->trouble)
    return;
  self->trouble = trouble;
  g_signal_emit (self, changed_signal, 0);
}

static void
on_slot_changed (Apm2LanePool *self)
{
  update_trouble (self);
  balance (self);
}

static Apm2LaneEntry *
add_entry (Apm2LanePool *self, const char *name, const char *lane)
{
  Apm2LaneEntry *entry = apm2_lane_set_add (
      self->set, apm2_lane_slot_new (self->context, name), lane);

  g_signal_connect_object (entry->slot,
                           "changed",
                           G_CALLBACK (on_slot_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return entry;
}

static guint
count_waiting (Apm2LanePool *self, const char *lane)
{
  guint count = 0;

  for (const GList *l = self->waiting.head; l != NULL; l = l->next)
    count += g_str_equal (g_task_get_task_data (l->data), lane) ? 1 : 0;
  return count;
}

static Apm2LaneEntry *
make_free (Apm2LanePool *self, const char *lane)
{
  Apm2LaneEntry *entry
      = apm2_lane_set_find_free (self->set, lane, APM2_LANE_SLOT_IDLE);

  for (guint number = 1; entry == NULL; number++)
    {
      g_autofree char *name
          = apm2_lane_slot_name (self->instance, lane, number);

      if (apm2_lane_set_find (self->set, name) == NULL)
        entry = add_entry (self, name, lane);
    }
  return entry;
}

static void
arm (Apm2LanePool *self, const char *lane)
{
  const Apm2LaneConfig *config
      = apm2_config_find_lane (apm2_active_config_get (self->config), lane);
  Apm2LaneEntry *entry = make_free (self, lane);
  Apm2LaneTerms terms = { .clean = TRUE, .limits = self->base };

  if (config != NULL)
    terms.limits = apm2_lane_limits_tighten (&self->base,
                                             config->memory_max_bytes,
                                             config->tasks_max,
                                             config->cpu_quota_percent);
  apm2_lane_slot_arm (entry->slot, &terms);
}

static gboolean
serve_first (Apm2LanePool *self)
{
  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      GTask *task = l->data;
      Apm2LaneEntry *entry
          = apm2_lane_set_find_best (self->set,
                                     g_task_get_task_data (task),
                                     g_object_get_data (l->data, CACHE_DATA));
      gboolean gone
          = g_cancellable_is_cancelled (g_task_get_cancellable (task));

      if (!gone && entry == NULL)
        continue;
      g_queue_delete_link (&self->waiting, l);
      if (!gone)
        {
          entry->held = TRUE;
          g_task_return_pointer (
              task, g_object_ref (entry->slot), g_object_unref);
        }
      else
        (void) g_task_return_error_if_cancelled (task);
      g_object_unref (task);
      return TRUE;
    }
  return FALSE;
}

static void
arm_for_waiting (Apm2LanePool *self)
{
  for (const GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      const char *lane = g_task_get_task_data (l->data);

      if (apm2_lane_set_count_free (self->set, lane, APM2_LANE_SLOT_ARMING)
          < count_waiting (self, lane))
        arm (self, lane);
    }
}

/* Jobs of a lane that may come before one of those that run has ended. */
static guint
count_expected (Apm2LanePool *self, const Apm2LaneConfig *lane)
{
  guint busy = apm2_lane_set_count_held (self->set, NULL)
               + g_queue_get_length (&self->waiting);
  guint expected = self->n_slots > busy ? self->n_slots - busy : 0;
  guint running = apm2_lane_set_count_held (self->set, lane->name);

  /* Its jobs are run by their callers. A job for a worker gets a slot when it
   * is there. */
  if (g_str_equal (lane->name, APM2_LANE_RUN))
    return 0;
  if (lane->max_parallel > 0)
    expected
        = MIN (expected,
               lane->max_parallel > running ? lane->max_parallel - running : 0);
  return expected;
}

/* Returns: %FALSE if nothing more is to be armed now. */
static gboolean
arm_one_ahead (Apm2LanePool *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  const Apm2LaneConfig *best = NULL;
  guint arming
      = apm2_lane_set_count_free (self->set, NULL, APM2_LANE_SLOT_ARMING);
  guint armed
      = apm2_lane_set_count_free (self->set, NULL, APM2_LANE_SLOT_ARMED);
  guint least = G_MAXUINT;

  if (arming >= ARMING_MAX || armed + arming >= ARMED_MAX)
    return FALSE;
  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      guint has = apm2_lane_set_count_free (
                      self->set, lane->name, APM2_LANE_SLOT_ARMED)
                  + apm2_lane_set_count_free (
                      self->set, lane->name, APM2_LANE_SLOT_ARMING);

      if (has >= count_expected (self, lane) || has >= least)
        continue;
      best = lane;
      least = has;
    }
  if (best != NULL)
    arm (self, best->name);
  return best != NULL;
}

/* Arming and serving change slots, which leads here again. */
static void
balance (Apm2LanePool *self)
{
  self->again = TRUE;
  if (!self->open || self->balancing)
    return;
  self->balancing = TRUE;
  while (self->again)
    {
      self->again = FALSE;
      while (serve_first (self))
        continue;
      arm_for_waiting (self);
      while (arm_one_ahead (self))
        continue;
    }
  self->balancing = FALSE;
}

/**
 * apm2_lane_pool_set_base:
 * @self: a pool
 * @base: the limits that the lane unit has by itself
 */
void
apm2_lane_pool_set_base (Apm2LanePool *self, const Apm2LaneLimits *base)
{
  g_return_if_fail (APM2_IS_LANE_POOL (self));

  self->base = *base;
}

const Apm2LaneLimits *
apm2_lane_pool_get_base (Apm2LanePool *self)
{
  g_return_val_if_fail (APM2_IS_LANE_POOL (self), NULL);

  return &self->base;
}

/**
 * apm2_lane_pool_open:
 * @self: a pool whose slots of before are all known
 *
 * From now on slots are armed.
 */
void
apm2_lane_pool_open (Apm2LanePool *self)
{
  g_return_if_fail (APM2_IS_LANE_POOL (self));

  self->open = TRUE;
  balance (self);
}

/**
 * apm2_lane_pool_close:
 * @self: a pool that nobody waits for; it arms nothing more
 *
 * Returns: (transfer full) (element-type Apm2LaneSlot): what nobody holds
 */
GPtrArray *
apm2_lane_pool_close (Apm2LanePool *self)
{
  g_return_val_if_fail (APM2_IS_LANE_POOL (self), NULL);

  self->open = FALSE;
  return apm2_lane_set_list_free (self->set);
}

/**
 * apm2_lane_pool_take_async:
 * @self: a pool
 * @lane: a lane
 * @cache: (nullable): whose caches would be of use
 * @cancellable: to give up waiting
 * @callback: called when there is a slot
 * @user_data: for @callback
 *
 * Waits for an armed slot with a clean workspace, but for caches.
 */
void
apm2_lane_pool_take_async (Apm2LanePool *self,
                           const char *lane,
                           const char *cache,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_LANE_POOL (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, apm2_lane_pool_take_async);
  /* Whoever got a slot has it, also if that is called off in the same turn. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_strdup (lane), g_free);
  if (cache != NULL)
    g_object_set_data_full (
        G_OBJECT (task), CACHE_DATA, g_strdup (cache), g_free);
  g_signal_connect_object (
      cancellable, "cancelled", G_CALLBACK (balance), self, G_CONNECT_SWAPPED);
  g_queue_push_tail (&self->waiting, task);
  balance (self);
}

Apm2LaneSlot *
apm2_lane_pool_take_finish (Apm2LanePool *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_lane_pool_take_named:
 * @self: a pool that is not open yet
 * @name: of a slot that an earlier process has used
 *
 * Returns: (transfer full): the slot, whatever its unit is doing
 */
Apm2LaneSlot *
apm2_lane_pool_take_named (Apm2LanePool *self, const char *name)
{
  Apm2LaneEntry *entry = apm2_lane_set_find (self->set, name);
  g_autofree char *lane = apm2_lane_slot_get_lane (name);

  if (entry == NULL)
    entry = add_entry (self, name, lane != NULL ? lane : "");
  entry->held = TRUE;
  return g_object_ref (entry->slot);
}

/**
 * apm2_lane_pool_give_back:
 * @self: a pool
 * @slot: one that was taken; nothing runs in it
 */
void
apm2_lane_pool_give_back (Apm2LanePool *self, Apm2LaneSlot *slot)
{
  Apm2LaneEntry *entry
      = apm2_lane_set_find (self->set, apm2_lane_slot_get_name (slot));

  g_return_if_fail (entry != NULL && entry->slot == slot);

  entry->held = FALSE;
  if (!self->open || !apm2_lane_set_is_fresh (slot))
    apm2_lane_slot_stop (slot, 0);
  balance (self);
}

/**
 * apm2_lane_pool_get_trouble:
 * @self: a pool
 *
 * Returns: (transfer none) (nullable): reason code, if a slot cannot be armed
 */
const char *
apm2_lane_pool_get_trouble (Apm2LanePool *self)
{
  g_return_val_if_fail (APM2_IS_LANE_POOL (self), NULL);

  return self->trouble;
}
