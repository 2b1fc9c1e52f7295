/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-executor.h"
#include "apm2-job-spec.h"

G_BEGIN_DECLS

/*
 * The steps of one attempt.
 *
 * Signals: report (report: GVariant a{sv}); done (), once and last.
 */
#define APM2_TYPE_JOB_STEPS (apm2_job_steps_get_type ())
G_DECLARE_FINAL_TYPE (Apm2JobSteps, apm2_job_steps, APM2, JOB_STEPS, GObject)

Apm2JobSteps *apm2_job_steps_new (Apm2JobPlace *place,
                                  Apm2JobSpec *spec,
                                  const Apm2Lease *lease,
                                  Apm2JobRecord *record);
void apm2_job_steps_resume (Apm2JobSteps *self, Apm2Adoption *adoption);
void apm2_job_steps_start (Apm2JobSteps *self);
void apm2_job_steps_set_held (Apm2JobSteps *self, gboolean held);
void apm2_job_steps_stop (Apm2JobSteps *self, guint64 grace_usec);
void apm2_job_steps_set_fence (Apm2JobSteps *self, gint64 boottime);
void apm2_job_steps_repeat_reports (Apm2JobSteps *self);
gboolean apm2_job_steps_is_fenced (Apm2JobSteps *self);
/* None runs, and none would even if they were not stopped. */
gboolean apm2_job_steps_is_complete (Apm2JobSteps *self);

G_END_DECLS
