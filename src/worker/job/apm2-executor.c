/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What every executor can do.
 *
 * An executor gives each job a place and runs there the steps that it is given.
 * It knows nothing of jobs beyond that: order, deadlines of the whole and
 * outcome are the job run's.
 */

#include "apm2-executor.h"

G_DEFINE_INTERFACE (Apm2Executor, apm2_executor, G_TYPE_OBJECT)

static guint changed_signal;

static void
apm2_executor_default_init (Apm2ExecutorInterface *iface)
{
  changed_signal = g_signal_new ("changed",
                                 APM2_TYPE_EXECUTOR,
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 0);
}

static void
adopted_run_free (gpointer data)
{
  Apm2AdoptedRun *self = data;

  g_object_unref (self->run);
  g_free (self);
}

/**
 * apm2_adoption_new:
 *
 * Returns: (transfer full): an adoption of nothing yet
 */
Apm2Adoption *
apm2_adoption_new (void)
{
  Apm2Adoption *self = g_new0 (Apm2Adoption, 1);

  self->runs = g_ptr_array_new_with_free_func (adopted_run_free);
  return self;
}

/**
 * apm2_adoption_add_run:
 * @self: an adoption
 * @index: of a step that runs
 * @job_timeout: as of #Apm2JobProgress
 * @run: (transfer full): the step
 */
void
apm2_adoption_add_run (Apm2Adoption *self,
                       guint index,
                       gboolean job_timeout,
                       Apm2StepRun *run)
{
  Apm2AdoptedRun *adopted = g_new0 (Apm2AdoptedRun, 1);

  adopted->index = index;
  adopted->job_timeout = job_timeout;
  adopted->run = run;
  g_ptr_array_add (self->runs, adopted);
}

/**
 * apm2_adoption_free:
 * @self: (transfer full): an adoption
 */
void
apm2_adoption_free (Apm2Adoption *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->runs, g_ptr_array_unref);
  g_clear_object (&self->place);
  g_clear_pointer (&self->record, apm2_job_record_free);
  g_clear_pointer (&self->lease, apm2_lease_free);
  g_free (self);
}

/**
 * apm2_executor_get_name:
 * @self: an executor
 *
 * Returns: (transfer none): "direct" or "systemd"
 */
const char *
apm2_executor_get_name (Apm2Executor *self)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), NULL);

  return APM2_EXECUTOR_GET_IFACE (self)->name;
}

/**
 * apm2_executor_outlives:
 * @self: an executor
 *
 * Returns: %TRUE if jobs go on when this process ends, and the next one adopts
 *   them
 */
gboolean
apm2_executor_outlives (Apm2Executor *self)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), FALSE);

  return APM2_EXECUTOR_GET_IFACE (self)->outlives;
}

/**
 * apm2_executor_open_place:
 * @self: an executor
 * @lease: (transfer none): of a job that is to be run; must outlive the place
 * @spec: what it is
 *
 * Returns: (transfer full): a place for it, not prepared
 */
Apm2JobPlace *
apm2_executor_open_place (Apm2Executor *self,
                          const Apm2Lease *lease,
                          const Apm2JobSpec *spec)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), NULL);

  return APM2_EXECUTOR_GET_IFACE (self)->open_place (self, lease, spec);
}

/**
 * apm2_executor_recover_async:
 * @self: an executor that has run nothing yet
 * @callback: called when it is known what earlier processes have left
 * @user_data: for @callback
 */
void
apm2_executor_recover_async (Apm2Executor *self,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_EXECUTOR (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_executor_recover_async);
  if (APM2_EXECUTOR_GET_IFACE (self)->recover != NULL)
    {
      APM2_EXECUTOR_GET_IFACE (self)->recover (self, task);
      return;
    }
  g_task_return_pointer (
      task,
      g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_adoption_free),
      (GDestroyNotify) g_ptr_array_unref);
  g_object_unref (task);
}

/**
 * apm2_executor_recover_finish:
 * @self: an executor
 * @result: of apm2_executor_recover_async()
 *
 * Returns: (transfer full) (element-type Apm2Adoption): the jobs that were
 * found running
 */
GPtrArray *
apm2_executor_recover_finish (Apm2Executor *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}

/**
 * apm2_executor_get_trouble:
 * @self: an executor
 *
 * Returns: (transfer none) (nullable): a reason code, for ever, if it cannot
 *   start jobs now
 */
const char *
apm2_executor_get_trouble (Apm2Executor *self)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), NULL);

  if (APM2_EXECUTOR_GET_IFACE (self)->get_trouble == NULL)
    return NULL;
  return APM2_EXECUTOR_GET_IFACE (self)->get_trouble (self);
}

/**
 * apm2_executor_close_async:
 * @self: an executor whose jobs have ended, or are left to the next process
 * @callback: called when nothing is left that was made ready for more
 * @user_data: for @callback
 */
void
apm2_executor_close_async (Apm2Executor *self,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = NULL;

  g_return_if_fail (APM2_IS_EXECUTOR (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, apm2_executor_close_async);
  if (APM2_EXECUTOR_GET_IFACE (self)->close != NULL)
    {
      APM2_EXECUTOR_GET_IFACE (self)->close (self, task);
      return;
    }
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

/**
 * apm2_executor_close_finish:
 * @self: an executor
 * @result: of apm2_executor_close_async()
 *
 * Returns: %FALSE if something may be left, which ends soon after this process
 */
gboolean
apm2_executor_close_finish (Apm2Executor *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), NULL);
}

void
apm2_executor_emit_changed (Apm2Executor *self)
{
  g_signal_emit (self, changed_signal, 0);
}
