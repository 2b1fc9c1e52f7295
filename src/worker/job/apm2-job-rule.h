/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-record.h"
#include "apm2-job-spec.h"

G_BEGIN_DECLS

gboolean apm2_job_rule_goes_on (const Apm2JobSpec *spec,
                                const Apm2JobRecord *record,
                                guint index,
                                Apm2StepEndKind kind);

G_END_DECLS
