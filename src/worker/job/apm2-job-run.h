/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-executor.h"

G_BEGIN_DECLS

/**
 * Apm2JobRunEnd:
 * @APM2_JOB_RUN_FINISHED: there is a result for the broker
 * @APM2_JOB_RUN_GIVEN_BACK: it was stopped; somebody may begin anew
 * @APM2_JOB_RUN_ABANDONED: the lease is somebody else's; the broker hears
 *   nothing
 */
typedef enum
{
  APM2_JOB_RUN_FINISHED,
  APM2_JOB_RUN_GIVEN_BACK,
  APM2_JOB_RUN_ABANDONED,
} Apm2JobRunEnd;

/*
 * One attempt of one job in this worker.
 *
 * Signals:
 *   report (report: GVariant a{sv}), for the broker's Report
 *   ended (), once and last: no process and no workspace of the job is left
 */
#define APM2_TYPE_JOB_RUN (apm2_job_run_get_type ())
G_DECLARE_FINAL_TYPE (Apm2JobRun, apm2_job_run, APM2, JOB_RUN, GObject)

Apm2JobRun *apm2_job_run_new (Apm2Executor *executor, Apm2Lease *lease);
Apm2JobRun *apm2_job_run_new_adopted (Apm2Adoption *adoption);
void apm2_job_run_start (Apm2JobRun *self);
gboolean apm2_job_run_start_held (Apm2JobRun *self) G_GNUC_WARN_UNUSED_RESULT;
void apm2_job_run_release (Apm2JobRun *self);

void apm2_job_run_cancel (Apm2JobRun *self, const char *reason);
void apm2_job_run_give_back (Apm2JobRun *self, guint64 grace_usec);
void apm2_job_run_abandon (Apm2JobRun *self);
gboolean apm2_job_run_leave (Apm2JobRun *self);
void apm2_job_run_repeat_reports (Apm2JobRun *self);
void apm2_job_run_set_fence (Apm2JobRun *self, gint64 boottime);

const Apm2Lease *apm2_job_run_get_lease (Apm2JobRun *self);
const char *apm2_job_run_get_job_id (Apm2JobRun *self);
guint64 apm2_job_run_get_token (Apm2JobRun *self);
/* Of one that has ended. */
Apm2JobRunEnd apm2_job_run_get_end (Apm2JobRun *self);
GVariant *apm2_job_run_get_result (Apm2JobRun *self);
const Apm2JobRecord *apm2_job_run_get_record (Apm2JobRun *self);

G_END_DECLS
