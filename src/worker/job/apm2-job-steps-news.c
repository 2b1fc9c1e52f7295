/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is told of the steps of an attempt while one of them runs.
 */

#include "apm2-job-steps-private.h"

void
apm2_job_steps_set_progress (Apm2JobSteps *self, double fraction)
{
  apm2_job_reporter_set_progress (self->reporter,
                                  (self->index + fraction) / self->steps->len);
}

void
apm2_job_steps_set_log_bytes (Apm2JobSteps *self, guint64 bytes)
{
  apm2_job_record_get_step (self->record, self->index)->log_bytes = bytes;
  apm2_job_reporter_set_log_bytes (
      self->reporter, apm2_job_record_get_log_bytes (self->record));
}

static void
on_step_started (Apm2JobSteps *self)
{
  apm2_job_reporter_set_unit (self->reporter,
                              apm2_job_place_get_unit (self->place));
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_progress (Apm2JobSteps *self, double fraction)
{
  apm2_job_steps_set_progress (self, fraction);
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_status (Apm2JobSteps *self, const char *text)
{
  apm2_job_reporter_set_status (self->reporter, text);
  apm2_job_reporter_send_changes (self->reporter);
}

static void
on_step_log_bytes (Apm2JobSteps *self, guint64 bytes)
{
  apm2_job_steps_set_log_bytes (self, bytes);
  apm2_job_reporter_send_changes (self->reporter);
}

void
apm2_job_steps_report (Apm2JobSteps *self, guint index)
{
  apm2_job_reporter_send_step (
      self->reporter,
      self->steps->len,
      apm2_job_record_describe_step (self->record, index));
}

static void
listen (Apm2JobSteps *self, const char *name, GCallback func)
{
  g_signal_connect_object (self->step_run, name, func, self, G_CONNECT_SWAPPED);
}

/* All but its end. */
void
apm2_job_steps_follow (Apm2JobSteps *self)
{
  listen (self, "started", G_CALLBACK (on_step_started));
  listen (self, "progress", G_CALLBACK (on_step_progress));
  listen (self, "status", G_CALLBACK (on_step_status));
  listen (self, "log-bytes", G_CALLBACK (on_step_log_bytes));
}
