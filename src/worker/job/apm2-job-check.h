/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-record.h"
#include "apm2-job-spec.h"
#include "apm2-lease.h"

G_BEGIN_DECLS

Apm2JobSpec *apm2_job_check_spec (const Apm2Lease *lease,
                                  Apm2JobRecord *record);

G_END_DECLS
