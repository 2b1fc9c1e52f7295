/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-record.h"
#include "apm2-job-spec.h"

G_BEGIN_DECLS

/* How many steps of a job may run at once, whatever anybody says. */
#define APM2_JOB_WAVE_MAX 8

guint apm2_job_wave_find_ready (const Apm2JobSpec *spec,
                                const Apm2JobRecord *record,
                                guint *ret_indexes,
                                guint room);
gboolean apm2_job_wave_is_skipped (const Apm2JobSpec *spec,
                                   const Apm2JobRecord *record,
                                   guint index);

G_END_DECLS
