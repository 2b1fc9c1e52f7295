/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job.h"

G_BEGIN_DECLS

/* The job record of org.apm2.Services.Queue. @job may be NULL: then it is taken
 * from @stored alone. */
void apm2_job_record_add (GVariantDict *dict,
                          const Apm2StoredJob *stored,
                          const Apm2Job *job);
GVariant *apm2_job_record_new (const Apm2StoredJob *stored, const Apm2Job *job);
GVariant *apm2_job_parts_to_variant (const Apm2StoredJob *stored);
GVariant *apm2_job_steps_to_variant (const Apm2Job *job);
GVariant *apm2_job_running_steps_to_variant (const Apm2Job *job);

G_END_DECLS
