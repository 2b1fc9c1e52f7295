/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-disk.h"
#include "apm2-job-reporter.h"
#include "apm2-job-steps.h"

G_BEGIN_DECLS

/* A step that has been started. */
typedef struct
{
  Apm2JobSteps *owner; /* borrowed */
  guint index;
  Apm2StepRun *run;     /* (nullable) it could not be tried */
  gboolean job_timeout; /* its deadline is the job's */
  gboolean beside;      /* another one ran at the same time */
  double progress;
} Apm2RunningStep;

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
  GPtrArray *running; /* (element-type Apm2RunningStep) */
  gboolean *skipped;  /* by index: that it is was told */
  gboolean alone;     /* two at once were too much */
  gboolean held;      /* a step that is started waits for the word */
  gboolean begun;
  gboolean resumed;
  gint64 deadline; /* of the job, boottime; 0: none */
  Apm2JobDisk disk;
  gint64 fence;    /* boottime; 0: none */
  gboolean fenced; /* a step ran into it */
  gboolean stopping;
  gboolean interrupted; /* a step was ended from outside */
  gboolean over;        /* by their own rule: what has not begun will not */
  gboolean done;        /* that was told */
};

/* apm2-job-steps-begin.c */
guint apm2_job_steps_begin_ready (Apm2JobSteps *self);
void apm2_job_steps_follow (Apm2RunningStep *running);
Apm2RunningStep *apm2_job_steps_add_running (Apm2JobSteps *self,
                                             guint index,
                                             gboolean job_timeout);
void apm2_job_steps_mark_beside (Apm2JobSteps *self);

/* apm2-job-steps-judge.c */
void apm2_job_steps_judge (const Apm2RunningStep *running,
                           const Apm2StepEnd *ended);

/* apm2-job-steps.c */
void apm2_job_steps_take_end (Apm2RunningStep *running,
                              const Apm2StepEnd *ended);

/* apm2-job-steps-news.c */

void apm2_job_steps_report (Apm2JobSteps *self, guint index);
void apm2_job_steps_report_skipped (Apm2JobSteps *self);
void apm2_job_steps_update_progress (Apm2JobSteps *self);
void
apm2_job_steps_set_log_bytes (Apm2JobSteps *self, guint index, guint64 bytes);
void apm2_job_steps_listen (Apm2RunningStep *running);

G_END_DECLS
