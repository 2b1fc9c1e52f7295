/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The begin of the steps of an attempt: all that can now, as far as the place
 * has room.
 *
 * A place whose steps share a unit takes several of them together, and no more
 * before these have ended; elsewhere each begins as soon as it can.
 */

#include "apm2-job-steps-private.h"

#include "apm2-job-step.h"
#include "apm2-job-wave.h"
#include "apm2-time.h"

static void
running_free (gpointer data)
{
  Apm2RunningStep *self = data;

  if (self->run != NULL)
    (void) g_signal_handlers_disconnect_by_data (self->run, self);
  g_clear_object (&self->run);
  g_free (self);
}

Apm2RunningStep *
apm2_job_steps_add_running (Apm2JobSteps *self,
                            guint index,
                            gboolean job_timeout)
{
  Apm2RunningStep *running = g_new0 (Apm2RunningStep, 1);

  g_ptr_array_set_free_func (self->running, running_free);
  running->owner = self;
  running->index = index;
  running->job_timeout = job_timeout;
  g_ptr_array_add (self->running, running);
  return running;
}

void
apm2_job_steps_mark_beside (Apm2JobSteps *self)
{
  for (guint i = 0; self->running->len > 1 && i < self->running->len; i++)
    {
      Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      running->beside = TRUE;
    }
}

void
apm2_job_steps_follow (Apm2RunningStep *running)
{
  apm2_job_steps_listen (running);
  g_signal_connect_swapped (
      running->run, "ended", G_CALLBACK (apm2_job_steps_take_end), running);
}

static guint
get_room (Apm2JobSteps *self)
{
  guint width = 1;

  if (self->spec->kind == APM2_JOB_KIND_GATES && !self->alone)
    width = CLAMP (apm2_job_place_get_width (self->place, self->lease),
                   1,
                   APM2_JOB_WAVE_MAX);
  if (self->running->len > 0 && apm2_job_place_takes_waves (self->place))
    return 0;
  return width > self->running->len ? width - self->running->len : 0;
}

/* Returns: what a step may take, 0: any time; -1 if the job has none left. */
static gint64
get_step_time (Apm2JobSteps *self,
               const Apm2Step *step,
               gboolean *ret_job_timeout)
{
  gint64 left = self->deadline - apm2_time_boottime_usec ();
  gint64 own = (gint64) (step->timeout_sec * G_USEC_PER_SEC);

  *ret_job_timeout = self->deadline != 0 && (own == 0 || left < own);
  if (!*ret_job_timeout)
    return own;
  return left > 0 ? left : -1;
}

static void
end_for_time (Apm2JobSteps *self, const Apm2Step *step)
{
  apm2_job_record_decide (self->record,
                          APM2_JOB_STATE_COMPLETED,
                          APM2_REASON_TIMEOUT,
                          "Step '%s' was not begun: the job's %" //
                          G_GUINT64_FORMAT " s were over",
                          step->name,
                          self->lease->timeout_sec);
  self->over = TRUE;
}

static void
note_begin (Apm2JobSteps *self, guint index)
{
  Apm2StepResult *entry = apm2_job_record_get_step (self->record, index);

  apm2_job_record_set_result (entry, APM2_STEP_RESULT_RUNNING);
  entry->started_at = apm2_time_realtime_usec ();
}

static void
tell_begin (Apm2JobSteps *self, guint index)
{
  apm2_job_reporter_begin_step (
      self->reporter,
      self->steps->len,
      apm2_job_record_describe_step (self->record, index));
}

static void
end_untried (Apm2JobSteps *self, guint index, const GError *error)
{
  g_autoptr (Apm2StepEnd) ended
      = apm2_step_end_new (APM2_STEP_END_SPAWN_FAILED);

  ended->message = g_strdup (error->message);
  for (guint i = 0; i < self->running->len; i++)
    {
      Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      if (running->index != index)
        continue;
      apm2_job_steps_take_end (running, ended);
      return;
    }
}

static void
start (Apm2JobSteps *self, const Apm2JobStepTerms *terms, guint n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) runs = apm2_job_step_start (
      self->steps, self->place, self->lease, terms, n, &error);

  for (guint i = 0; i < n; i++)
    {
      guint index = terms[i].progress.index;

      tell_begin (self, index);
      if (runs == NULL)
        continue;
      for (guint k = 0; k < self->running->len; k++)
        {
          Apm2RunningStep *running = g_ptr_array_index (self->running, k);

          if (running->index != index)
            continue;
          running->run = g_object_ref (g_ptr_array_index (runs, i));
          apm2_job_steps_follow (running);
        }
    }
  for (guint i = 0; runs == NULL && i < n; i++)
    end_untried (self, terms[i].progress.index, error);
}

static void
begin (Apm2JobSteps *self, const guint *indexes, guint n)
{
  Apm2JobStepTerms terms[APM2_JOB_WAVE_MAX] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      const Apm2Step *step = g_ptr_array_index (self->steps, indexes[i]);
      gboolean job_timeout = FALSE;
      gint64 timeout = get_step_time (self, step, &job_timeout);

      if (timeout < 0)
        {
          end_for_time (self, step);
          return;
        }
      terms[i] = (Apm2JobStepTerms){
        .progress = { .record = self->record,
                      .index = indexes[i],
                      .deadline = self->deadline,
                      .job_timeout = job_timeout },
        .timeout_usec = (guint64) timeout,
        .outside = indexes[i] + 1 < self->sources->len,
        .held = self->held,
        .gate = self->spec->kind == APM2_JOB_KIND_GATES
                && indexes[i] >= self->sources->len,
        .fence = self->fence,
        .disk = self->disk,
      };
    }
  for (guint i = 0; i < n; i++)
    {
      note_begin (self, indexes[i]);
      (void) apm2_job_steps_add_running (
          self, indexes[i], terms[i].progress.job_timeout);
    }
  apm2_job_steps_mark_beside (self);
  apm2_job_reporter_set_status (self->reporter, "");
  apm2_job_reporter_set_unit (self->reporter,
                              apm2_job_place_get_unit (self->place));
  if (apm2_job_place_takes_waves (self->place))
    start (self, terms, n);
  else
    {
      for (guint i = 0; i < n; i++)
        start (self, &terms[i], 1);
    }
}

/**
 * apm2_job_steps_begin_ready:
 * @self: steps that may go on
 *
 * Begins what can begin now. The end of a step that could not even be tried has
 * been taken when this returns.
 *
 * Returns: how many run, of these and of earlier ones
 */
guint
apm2_job_steps_begin_ready (Apm2JobSteps *self)
{
  guint indexes[APM2_JOB_WAVE_MAX];
  guint n = 0;

  apm2_job_steps_report_skipped (self);
  n = apm2_job_wave_find_ready (
      self->spec, self->record, indexes, get_room (self));
  if (n > 0)
    begin (self, indexes, n);
  return self->running->len;
}
