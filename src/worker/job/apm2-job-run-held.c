/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An attempt that is held: it gets ready for a lease that may come, and stops
 * short of running anything. What would be told of it waits, too.
 */

#include "apm2-job-run-private.h"

#include "apm2-job-check.h"

static gboolean
on_useless (gpointer user_data)
{
  apm2_job_run_end (user_data);
  return G_SOURCE_REMOVE;
}

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
 * come it is to be abandoned. It ends by itself where nothing can be made
 * ready, and the lease is then one for another attempt. Nothing is told before
 * the main loop turns.
 */
void
apm2_job_run_start_held (Apm2JobRun *self)
{
  g_return_if_fail (APM2_IS_JOB_RUN (self));
  g_return_if_fail (self->steps == NULL);

  self->held = TRUE;
  if (can_hold (self))
    apm2_job_run_prepare (self);
  else
    g_idle_add_full (
        G_PRIORITY_DEFAULT, on_useless, g_object_ref (self), g_object_unref);
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
