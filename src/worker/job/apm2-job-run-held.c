/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An attempt that is held: it gets ready for a lease that may come, and stops
 * short of running anything. What would be told of it waits, too.
 */

#include "apm2-job-run-private.h"

#include "apm2-job-check.h"

static gboolean
can_hold (Apm2JobRun *self)
{
  g_autoptr (Apm2JobSpec) spec
      = apm2_job_check_spec (self->lease, self->record);

  if (spec == NULL)
    return FALSE;
  apm2_job_run_make_steps (self, spec);
  return apm2_job_place_can_hold (self->place);
}

/**
 * apm2_job_run_start_held:
 * @self: an attempt that has not begun, whose lease may come
 *
 * Makes ready what can be without anybody seeing it. If the lease does not
 * come it is to be abandoned. Nothing is told before the main loop turns.
 *
 * Returns: %FALSE if nothing can be made ready; it is of no use then, and the
 *   lease is one for another attempt
 */
gboolean
apm2_job_run_start_held (Apm2JobRun *self)
{
  g_return_val_if_fail (APM2_IS_JOB_RUN (self), FALSE);
  g_return_val_if_fail (self->steps == NULL, FALSE);

  self->held = TRUE;
  if (!can_hold (self))
    return FALSE;
  apm2_job_run_prepare (self);
  return TRUE;
}

/**
 * apm2_job_run_release:
 * @self: an attempt that is held and has not ended
 *
 * Its lease has come.
 */
void
apm2_job_run_release (Apm2JobRun *self)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));

  self->held = FALSE;
  if (self->stepping)
    apm2_job_steps_set_held (self->steps, FALSE);
  if (self->unheard)
    apm2_job_steps_repeat_reports (self->steps);
}
