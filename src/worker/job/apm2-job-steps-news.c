/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is told of the steps of an attempt while some of them run.
 */

#include "apm2-job-steps-private.h"

#include "apm2-job-wave.h"

static guint
count_over (Apm2JobSteps *self)
{
  guint count = 0;

  for (guint i = 0; i < self->steps->len; i++)
    {
      const Apm2StepResult *entry = apm2_job_record_get_step (self->record, i);

      if (self->skipped[i]
          || (entry->started_at != 0
              && !g_str_equal (entry->result, APM2_STEP_RESULT_RUNNING)))
        count++;
    }
  return count;
}

void
apm2_job_steps_update_progress (Apm2JobSteps *self)
{
  double done = count_over (self);

  for (guint i = 0; i < self->running->len; i++)
    {
      const Apm2RunningStep *running = g_ptr_array_index (self->running, i);

      done += running->progress;
    }
  apm2_job_reporter_set_progress (self->reporter, done / self->steps->len);
}

void
apm2_job_steps_set_log_bytes (Apm2JobSteps *self, guint index, guint64 bytes)
{
  apm2_job_record_get_step (self->record, index)->log_bytes = bytes;
  apm2_job_reporter_set_log_bytes (
      self->reporter, apm2_job_record_get_log_bytes (self->record));
}

static void
on_step_started (Apm2RunningStep *running)
{
  Apm2JobSteps *self = running->owner;

  apm2_job_reporter_set_unit (self->reporter,
                              apm2_job_place_get_unit (self->place));
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_progress (Apm2RunningStep *running, double fraction)
{
  running->progress = fraction;
  apm2_job_steps_update_progress (running->owner);
  apm2_job_reporter_send_changes (running->owner->reporter);
}

static void
on_step_status (Apm2RunningStep *running, const char *text)
{
  apm2_job_reporter_set_status (running->owner->reporter, text);
  apm2_job_reporter_send_changes (running->owner->reporter);
}

static void
on_step_log_bytes (Apm2RunningStep *running, guint64 bytes)
{
  apm2_job_steps_set_log_bytes (running->owner, running->index, bytes);
  apm2_job_reporter_send_changes (running->owner->reporter);
}

void
apm2_job_steps_report (Apm2JobSteps *self, guint index)
{
  apm2_job_reporter_send_step (
      self->reporter,
      self->steps->len,
      apm2_job_record_describe_step (self->record, index));
}

/* They are skipped in the record from the beginning. */
void
apm2_job_steps_report_skipped (Apm2JobSteps *self)
{
  for (guint i = 0; i < self->steps->len; i++)
    {
      if (self->skipped[i]
          || !apm2_job_wave_is_skipped (self->spec, self->record, i))
        continue;
      self->skipped[i] = TRUE;
      apm2_job_steps_report (self, i);
    }
}

/* All but its end. */
void
apm2_job_steps_listen (Apm2RunningStep *running)
{
  Apm2StepRun *run = running->run;

  g_signal_connect_swapped (
      run, "started", G_CALLBACK (on_step_started), running);
  g_signal_connect_swapped (
      run, "progress", G_CALLBACK (on_step_progress), running);
  g_signal_connect_swapped (
      run, "status", G_CALLBACK (on_step_status), running);
  g_signal_connect_swapped (
      run, "log-bytes", G_CALLBACK (on_step_log_bytes), running);
}

/**
 * apm2_job_steps_repeat_reports:
 * @self: the steps
 *
 * Tells of every step that has begun, for a broker that remembers nothing.
 */
void
apm2_job_steps_repeat_reports (Apm2JobSteps *self)
{
  g_return_if_fail (APM2_IS_JOB_STEPS (self));

  apm2_job_reporter_repeat (self->reporter);
  for (guint i = 0; i < self->steps->len; i++)
    {
      if (self->skipped[i]
          || apm2_job_record_get_step (self->record, i)->started_at != 0)
        apm2_job_steps_report (self, i);
    }
}
