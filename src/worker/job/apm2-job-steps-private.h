/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-disk.h"
#include "apm2-job-reporter.h"
#include "apm2-job-steps.h"

G_BEGIN_DECLS

struct _Apm2JobSteps
{
  GObject parent_instance;

  Apm2JobPlace *place;
  Apm2JobSpec *spec;
  const Apm2Lease *lease; /* borrowed: of whoever runs us */
  Apm2JobRecord *record;  /* borrowed: the same */
  GPtrArray *sources;     /* (element-type Apm2Step) they come first */
  GPtrArray *steps;       /* (element-type Apm2Step) of these and of spec */
  Apm2JobReporter *reporter;
  Apm2StepRun *step_run; /* (nullable) */
  guint index;           /* of the step that runs or comes next */
  gboolean begun;
  gboolean resumed;
  gint64 deadline;      /* of the job, boottime; 0: none */
  gboolean job_timeout; /* the running step's deadline is the job's */
  Apm2JobDisk disk;
  gint64 fence;    /* boottime; 0: none */
  gboolean fenced; /* a step ran into it */
  gboolean stopping;
  gboolean over; /* by their own rule: what has not begun will not */
};

void apm2_job_steps_report (Apm2JobSteps *self, guint index);
void apm2_job_steps_set_progress (Apm2JobSteps *self, double fraction);
void apm2_job_steps_set_log_bytes (Apm2JobSteps *self, guint64 bytes);
void apm2_job_steps_follow (Apm2JobSteps *self);

G_END_DECLS
