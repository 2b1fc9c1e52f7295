/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor.h"
#include "apm2-job-disk.h"
#include "apm2-job-spec.h"

G_BEGIN_DECLS

/* What a step is started with, beside what spec and lease say; borrowed. */
typedef struct
{
  Apm2JobProgress progress;
  guint64 timeout_usec;
  gboolean outside; /* as of #Apm2StepOrder */
  gboolean held;    /* as of #Apm2StepOrder */
  gboolean gate;    /* others may run beside it */
  gint64 fence;     /* boottime; 0: none */
  Apm2JobDisk disk;
} Apm2JobStepTerms;

GPtrArray *apm2_job_step_start (GPtrArray *steps,
                                Apm2JobPlace *place,
                                const Apm2Lease *lease,
                                const Apm2JobStepTerms *terms,
                                guint n,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
