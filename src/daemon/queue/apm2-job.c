/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One job in the broker's memory.
 *
 * The stored half is replaced as a whole by each answer of the store, so memory
 * never runs ahead of the disk. The live half belongs to one attempt: it is
 * cleared when the job goes back to the queue and kept when it has ended, so
 * that a client which reads late still sees the steps.
 */

#include "apm2-job.h"

static void
job_step_free (gpointer data)
{
  Apm2JobStep *step = data;

  g_free (step->name);
  g_free (step->state);
  g_free (step);
}

/* A whole job is never leased: it runs with the first of its parts. */
static Apm2JobState
state_of (const Apm2StoredJob *stored)
{
  return stored->n_parts > 0 && stored->state == APM2_JOB_STATE_LEASED
             ? APM2_JOB_STATE_RUNNING
             : stored->state;
}

static void
clear_attempt (Apm2Job *self)
{
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->status_text, g_free);
  g_clear_pointer (&self->units, g_strfreev);
  self->step_index = 0;
  self->step_count = self->stored->step_count;
  self->progress = -1;
  self->log_bytes = 0;
}

/**
 * apm2_job_new:
 * @stored: (transfer full): what the store knows
 *
 * Returns: (transfer full): a job without an attempt
 */
Apm2Job *
apm2_job_new (Apm2StoredJob *stored)
{
  Apm2Job *self = g_new0 (Apm2Job, 1);

  g_ref_count_init (&self->ref_count);
  self->stored = stored;
  self->state = state_of (stored);
  clear_attempt (self);
  return self;
}

Apm2Job *
apm2_job_ref (Apm2Job *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

void
apm2_job_unref (Apm2Job *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;

  clear_attempt (self);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  apm2_stored_job_free (self->stored);
  g_free (self);
}

/**
 * apm2_job_update:
 * @self: a job
 * @stored: (transfer full): what the store says now
 *
 * Takes over the store's answer. A running job stays running as long as the
 * store still calls the same attempt leased.
 */
void
apm2_job_update (Apm2Job *self, Apm2StoredJob *stored)
{
  gboolean same_attempt = stored->state == APM2_JOB_STATE_LEASED
                          && self->stored->state == APM2_JOB_STATE_LEASED
                          && stored->token == self->stored->token;
  gint64 started_at = self->stored->started_at;

  apm2_stored_job_free (self->stored);
  self->stored = stored;
  if (same_attempt)
    {
      if (stored->started_at == 0)
        stored->started_at = started_at;
      return;
    }

  self->state = state_of (stored);
  if (!apm2_job_state_is_final (stored->state))
    clear_attempt (self);
  g_clear_pointer (&self->status_text, g_free);
  g_clear_pointer (&self->units, g_strfreev);
  if (stored->state != APM2_JOB_STATE_LEASED)
    g_clear_pointer (&self->spec, apm2_job_spec_unref);
}

/**
 * apm2_job_get_step:
 * @self: a job
 * @index: less than %APM2_STEPS_RUN_MAX
 *
 * Returns: (transfer none): the step, made if it was not there
 */
Apm2JobStep *
apm2_job_get_step (Apm2Job *self, guint index)
{
  g_return_val_if_fail (index < APM2_STEPS_RUN_MAX, NULL);

  if (self->steps == NULL)
    self->steps = g_ptr_array_new_with_free_func (job_step_free);
  while (self->steps->len <= index)
    {
      Apm2JobStep *step = g_new0 (Apm2JobStep, 1);

      step->exit_status = -1;
      step->name = g_strdup ("");
      step->state = g_strdup (APM2_JOB_STEP_WAITING);
      g_ptr_array_add (self->steps, step);
    }
  return g_ptr_array_index (self->steps, index);
}

/**
 * apm2_job_get_step_name:
 * @self: a job
 *
 * Returns: (transfer none): the name of the current or last step, empty before
 *   the first
 */
const char *
apm2_job_get_step_name (const Apm2Job *self)
{
  const Apm2JobStep *step = NULL;

  if (self->steps == NULL || self->step_index >= self->steps->len)
    return "";
  step = g_ptr_array_index (self->steps, self->step_index);
  return step->name;
}

/**
 * apm2_job_step_is_running:
 * @self: a step
 *
 * Returns: %TRUE if it runs
 */
gboolean
apm2_job_step_is_running (const Apm2JobStep *self)
{
  return g_str_equal (self->state, "running");
}

/**
 * apm2_job_has_step_ended:
 * @self: a job
 * @index: of a step
 *
 * Returns: %TRUE if it has, or was skipped: its log grows no more
 */
gboolean
apm2_job_has_step_ended (const Apm2Job *self, guint index)
{
  const Apm2JobStep *step = NULL;

  if (self->steps == NULL || index >= self->steps->len)
    return FALSE;
  step = g_ptr_array_index (self->steps, index);
  return !apm2_job_step_is_running (step)
         && !g_str_equal (step->state, APM2_JOB_STEP_WAITING);
}

/**
 * apm2_job_count_ended_steps:
 * @self: a job
 *
 * Returns: how many steps from the first on have ended without a gap
 */
guint
apm2_job_count_ended_steps (const Apm2Job *self)
{
  guint n = 0;

  while (apm2_job_has_step_ended (self, n))
    n++;
  return n;
}
