/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor.h"
#include "apm2-job-run.h"

G_BEGIN_DECLS

/* The job whose lease may come next. */
typedef struct _Apm2HintedJob Apm2HintedJob;

Apm2HintedJob *apm2_hinted_job_new (Apm2Executor *executor);
void apm2_hinted_job_free (Apm2HintedJob *self);
void apm2_hinted_job_set (Apm2HintedJob *self, Apm2Lease *lease);
Apm2JobRun *apm2_hinted_job_take (Apm2HintedJob *self, const Apm2Lease *lease);
void apm2_hinted_job_drop (Apm2HintedJob *self);

G_END_DECLS
