/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What every executor can do.
 *
 * An executor runs one step at a time for each job and knows nothing of jobs
 * beyond that: order, deadlines of the whole and outcome are the job run's.
 */

#include "apm2-executor.h"

G_DEFINE_INTERFACE (Apm2Executor, apm2_executor, G_TYPE_OBJECT)

static void
apm2_executor_default_init (Apm2ExecutorInterface *iface)
{
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
 * apm2_executor_get_containment:
 * @self: an executor
 *
 * Returns: (transfer none): what holds the processes of a step, as receipts say
 *   it; "none" if they are only watched
 */
const char *
apm2_executor_get_containment (Apm2Executor *self)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), NULL);

  return APM2_EXECUTOR_GET_IFACE (self)->containment;
}

/**
 * apm2_executor_start_step:
 * @self: an executor
 * @order: (transfer none): what to run
 * @error: if it cannot even be tried
 *
 * Does not block. A command that does not exist is no error here: it is how the
 * step ends.
 *
 * Returns: (transfer full): the step, which tells nothing before the main loop
 *   turns; dropping it before its end kills it
 */
Apm2StepRun *
apm2_executor_start_step (Apm2Executor *self,
                          const Apm2StepOrder *order,
                          GError **error)
{
  g_return_val_if_fail (APM2_IS_EXECUTOR (self), NULL);
  g_return_val_if_fail (order != NULL, NULL);

  return APM2_EXECUTOR_GET_IFACE (self)->start_step (self, order, error);
}
