/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"
#include "apm2-job-view.h"
#include "apm2-table.h"

G_BEGIN_DECLS

/* The list of jobs, one a row. */

#define APM2_JOBS_TEXT_N_COLUMNS 8
extern const Apm2Column apm2_jobs_text_columns[APM2_JOBS_TEXT_N_COLUMNS];

Apm2Table *apm2_jobs_text_new (void);
void apm2_jobs_text_add (const Apm2CommandCall *call,
                         Apm2Table *table,
                         const Apm2JobView *job,
                         gint64 now_usec);

G_END_DECLS
