/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where one attempt of a job works and its steps run.
 *
 * The base of what executors hand out for a job. It is ready before the first
 * step, the same for all of them, and cleared after the last; nothing that a
 * job has left in it reaches the next one.
 */

#include "apm2-job-place.h"

typedef struct
{
  Apm2Workspace *workspace; /* (nullable) until it is ready */
  Apm2ActiveConfig *config; /* (nullable) */
  const Apm2Paths *paths;   /* (nullable) borrowed: of main */
  char *lane;               /* (nullable) */
  gboolean can_hold;
} Apm2JobPlacePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (Apm2JobPlace,
                                     apm2_job_place,
                                     G_TYPE_OBJECT)

static void
apm2_job_place_finalize (GObject *object)
{
  Apm2JobPlacePrivate *priv
      = apm2_job_place_get_instance_private (APM2_JOB_PLACE (object));

  g_clear_pointer (&priv->workspace, apm2_workspace_unref);
  g_clear_object (&priv->config);
  g_free (priv->lane);
  G_OBJECT_CLASS (apm2_job_place_parent_class)->finalize (object);
}

static void
apm2_job_place_class_init (Apm2JobPlaceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_job_place_finalize;
}

static void
apm2_job_place_init (Apm2JobPlace *self)
{
}

/**
 * apm2_job_place_prepare_async:
 * @self: a place
 * @callback: called when the first step may start, with an empty workspace
 * @user_data: for @callback
 */
void
apm2_job_place_prepare_async (Apm2JobPlace *self,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_JOB_PLACE (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_job_place_prepare_async);
  APM2_JOB_PLACE_GET_CLASS (self)->prepare (self, task);
}

gboolean
apm2_job_place_prepare_finish (Apm2JobPlace *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_job_place_give_up:
 * @self: a place that may still be made ready
 *
 * Nobody needs it any more: it is ready, or fails, soon.
 */
void
apm2_job_place_give_up (Apm2JobPlace *self)
{
  g_return_if_fail (APM2_IS_JOB_PLACE (self));

  if (APM2_JOB_PLACE_GET_CLASS (self)->give_up != NULL)
    APM2_JOB_PLACE_GET_CLASS (self)->give_up (self);
}

/**
 * apm2_job_place_clear_async:
 * @self: a place in which no step runs
 * @callback: called when nothing of the job is left but its logs
 * @user_data: for @callback
 */
void
apm2_job_place_clear_async (Apm2JobPlace *self,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_JOB_PLACE (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_job_place_clear_async);
  APM2_JOB_PLACE_GET_CLASS (self)->clear (self, task);
}

gboolean
apm2_job_place_clear_finish (Apm2JobPlace *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_job_place_start_step:
 * @self: a place that is ready, and in which no step runs
 * @order: (transfer none): what to run
 * @progress: (transfer none): how far the attempt has come
 * @error: if it cannot even be tried
 *
 * Does not block. A command that does not exist is no error here: it is how the
 * step ends.
 *
 * Returns: (transfer full): the step, which tells nothing before the main loop
 *   turns
 */
Apm2StepRun *
apm2_job_place_start_step (Apm2JobPlace *self,
                           const Apm2StepOrder *order,
                           const Apm2JobProgress *progress,
                           GError **error)
{
  g_return_val_if_fail (APM2_IS_JOB_PLACE (self), NULL);
  g_return_val_if_fail (order != NULL, NULL);

  return APM2_JOB_PLACE_GET_CLASS (self)->start_step (
      self, order, progress, error);
}

/**
 * apm2_job_place_start_wave:
 * @self: a place that takes waves, is ready, and in which no step runs
 * @orders: (array length=n): what to run, at the same time
 * @progress: (array length=n): how far the attempt has come
 * @n: how many, at least two
 * @error: if they cannot even be tried
 *
 * As apm2_job_place_start_step().
 *
 * Returns: (transfer full) (element-type Apm2StepRun): the steps
 */
GPtrArray *
apm2_job_place_start_wave (Apm2JobPlace *self,
                           const Apm2StepOrder *orders,
                           const Apm2JobProgress *progress,
                           guint n,
                           GError **error)
{
  g_return_val_if_fail (apm2_job_place_takes_waves (self), NULL);

  return APM2_JOB_PLACE_GET_CLASS (self)->start_wave (
      self, orders, progress, n, error);
}

/**
 * apm2_job_place_takes_waves:
 * @self: a place
 *
 * Returns: %TRUE if its steps share a unit: those that shall run at the same
 *   time are started together, and none while some run
 */
gboolean
apm2_job_place_takes_waves (Apm2JobPlace *self)
{
  g_return_val_if_fail (APM2_IS_JOB_PLACE (self), FALSE);

  return APM2_JOB_PLACE_GET_CLASS (self)->start_wave != NULL;
}

/**
 * apm2_job_place_get_width:
 * @self: a place
 * @lease: of its job
 *
 * Says how many gates may run at once: what the lane says, else as many as the
 * job may use processors; one where the lane is not known.
 *
 * Returns: at least 1
 */
guint
apm2_job_place_get_width (Apm2JobPlace *self, const Apm2Lease *lease)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);
  const Apm2Config *config = apm2_job_place_get_config (self);
  const Apm2LaneConfig *lane = config != NULL && priv->lane != NULL
                                   ? apm2_config_find_lane (config, priv->lane)
                                   : NULL;
  guint processors = lane != NULL ? g_get_num_processors () : 1;

  if (lane != NULL && lane->gates_parallel > 0)
    return lane->gates_parallel;
  if (lease->cpu_quota_percent > 0)
    processors
        = (guint) MIN (processors, (lease->cpu_quota_percent + 99) / 100);
  return processors;
}

/**
 * apm2_job_place_get_workspace:
 * @self: a place that is ready
 *
 * Returns: (transfer none): its directories, as the job sees them
 */
const Apm2Workspace *
apm2_job_place_get_workspace (Apm2JobPlace *self)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  g_return_val_if_fail (priv->workspace != NULL, NULL);

  return priv->workspace;
}

/**
 * apm2_job_place_set_workspace:
 * @self: a place
 * @workspace: (transfer full): its directories
 */
void
apm2_job_place_set_workspace (Apm2JobPlace *self, Apm2Workspace *workspace)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  g_clear_pointer (&priv->workspace, apm2_workspace_unref);
  priv->workspace = workspace;
}

/**
 * apm2_job_place_get_containment:
 * @self: a place
 *
 * Returns: (transfer none): what holds the processes of its steps, as receipts
 *   say it; "none" if they are only watched
 */
const char *
apm2_job_place_get_containment (Apm2JobPlace *self)
{
  g_return_val_if_fail (APM2_IS_JOB_PLACE (self), NULL);

  return APM2_JOB_PLACE_GET_CLASS (self)->get_containment (self);
}

/**
 * apm2_job_place_get_unit:
 * @self: a place
 *
 * Returns: (transfer none) (nullable): the unit in which its steps run
 */
const char *
apm2_job_place_get_unit (Apm2JobPlace *self)
{
  g_return_val_if_fail (APM2_IS_JOB_PLACE (self), NULL);

  if (APM2_JOB_PLACE_GET_CLASS (self)->get_unit == NULL)
    return NULL;
  return APM2_JOB_PLACE_GET_CLASS (self)->get_unit (self);
}

/**
 * apm2_job_place_get_mirrors:
 * @self: a place
 *
 * Returns: (transfer none) (nullable): the directory with the only repositories
 *   that its steps see; %NULL if they see the same as this process
 */
const char *
apm2_job_place_get_mirrors (Apm2JobPlace *self)
{
  g_return_val_if_fail (APM2_IS_JOB_PLACE (self), NULL);

  if (APM2_JOB_PLACE_GET_CLASS (self)->get_mirrors == NULL)
    return NULL;
  return APM2_JOB_PLACE_GET_CLASS (self)->get_mirrors (self);
}

/**
 * apm2_job_place_get_config:
 * @self: a place
 *
 * Returns: (transfer none) (nullable): the worker's configuration as it is now
 */
const Apm2Config *
apm2_job_place_get_config (Apm2JobPlace *self)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  return priv->config != NULL ? apm2_active_config_get (priv->config) : NULL;
}

/**
 * apm2_job_place_set_config:
 * @self: a place
 * @config: (nullable): the worker's
 */
void
apm2_job_place_set_config (Apm2JobPlace *self, Apm2ActiveConfig *config)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  g_set_object (&priv->config, config);
}

/**
 * apm2_job_place_get_paths:
 * @self: a place
 *
 * Returns: (transfer none) (nullable): the worker's
 */
const Apm2Paths *
apm2_job_place_get_paths (Apm2JobPlace *self)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  return priv->paths;
}

/**
 * apm2_job_place_set_paths:
 * @self: a place
 * @paths: (transfer none): the worker's; must outlive the place
 */
void
apm2_job_place_set_paths (Apm2JobPlace *self, const Apm2Paths *paths)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  priv->paths = paths;
}

/**
 * apm2_job_place_set_lane:
 * @self: a place
 * @lane: of its job
 */
void
apm2_job_place_set_lane (Apm2JobPlace *self, const char *lane)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  g_free (priv->lane);
  priv->lane = g_strdup (lane);
}

/**
 * apm2_job_place_can_hold:
 * @self: a place
 *
 * Returns: whether it can be made ready for a job that may not come, unseen by
 * others, and hold its first step
 */
gboolean
apm2_job_place_can_hold (Apm2JobPlace *self)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  return priv->can_hold;
}

/**
 * apm2_job_place_set_can_hold:
 * @self: a place of which apm2_job_place_can_hold() is true
 */
void
apm2_job_place_set_can_hold (Apm2JobPlace *self)
{
  Apm2JobPlacePrivate *priv = apm2_job_place_get_instance_private (self);

  priv->can_hold = TRUE;
}
