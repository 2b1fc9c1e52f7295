/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job.h"

G_BEGIN_DECLS

void apm2_job_parts_gather (Apm2Job *whole, const GPtrArray *parts);
void apm2_job_parts_recall (Apm2Job *part);

G_END_DECLS
