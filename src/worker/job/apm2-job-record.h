/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt.h"
#include "apm2-step-run.h"
#include "apm2-step-verdict.h"

G_BEGIN_DECLS

#define APM2_JOB_MESSAGE_MAX 512

/* Results of a step that has not ended, or never began. */
#define APM2_STEP_RESULT_RUNNING "running"
#define APM2_STEP_RESULT_SKIPPED "skipped"

/**
 * Apm2JobRecord:
 *
 * What there is to say about an attempt: its steps and how it ended.
 */
typedef struct
{
  GPtrArray *steps; /* (element-type Apm2StepResult) */
  Apm2JobState outcome;
  Apm2Verdict verdict;
  char *reason;      /* (nullable) */
  char *message;     /* (nullable) */
  gint64 started_at; /* usec UTC; 0: never */
} Apm2JobRecord;

Apm2JobRecord *apm2_job_record_new (void);
Apm2JobRecord *apm2_job_record_copy (const Apm2JobRecord *self);
void apm2_job_record_free (Apm2JobRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2JobRecord, apm2_job_record_free)

Apm2StepResult *apm2_job_record_add_step (Apm2JobRecord *self,
                                          const char *name);
Apm2StepResult *apm2_job_record_get_step (const Apm2JobRecord *self,
                                          guint index);
void apm2_job_record_set_result (Apm2StepResult *step, const char *result);
void apm2_job_record_end_step (Apm2JobRecord *self,
                               guint index,
                               const Apm2StepEnd *ended,
                               const Apm2StepVerdict *verdict);
void apm2_job_record_reset_step (Apm2JobRecord *self, guint index);
gboolean apm2_job_record_is_decided (const Apm2JobRecord *self);
void apm2_job_record_decide (Apm2JobRecord *self,
                             Apm2JobState outcome,
                             const char *reason,
                             const char *format,
                             ...) G_GNUC_PRINTF (4, 5);
void apm2_job_record_undecide (Apm2JobRecord *self);
guint64 apm2_job_record_get_log_bytes (const Apm2JobRecord *self);

GVariant *apm2_job_record_describe_step (const Apm2JobRecord *self,
                                         guint index);
GVariant *apm2_job_record_to_result (const Apm2JobRecord *self,
                                     const char *containment);

G_END_DECLS
