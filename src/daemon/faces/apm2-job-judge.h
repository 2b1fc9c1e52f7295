/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-table.h"
#include "apm2-permit.h"
#include "apm2-store.h"

G_BEGIN_DECLS

/* What leave a call about one job needs. Constant. */
typedef struct
{
  const char *action;     /* for the job of somebody else */
  const char *own_action; /* (nullable) for one's own; %NULL: none */
} Apm2JobRight;

extern const Apm2JobRight apm2_job_right_cancel;
extern const Apm2JobRight apm2_job_right_retry;
extern const Apm2JobRight apm2_job_right_read_log;

void apm2_job_judge (const Apm2StoredJob *job,
                     const Apm2JobRight *right,
                     Apm2Permit *permit);
void apm2_job_judge_named (Apm2JobTable *table,
                           Apm2Store *store,
                           const char *job_id,
                           const Apm2JobRight *right,
                           Apm2Permit *permit);
/* The judge of the method Cancel of a job. */
void apm2_job_judge_cancel (gpointer data,
                            gpointer object,
                            GVariant *parameters,
                            Apm2Permit *permit);

G_END_DECLS
