/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-health.h"
#include "apm2-job-table.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/* Writes to the journal what becomes of jobs, workers and the health. */
#define APM2_TYPE_JOURNAL (apm2_journal_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Journal, apm2_journal, APM2, JOURNAL, GObject)

Apm2Journal *apm2_journal_new (Apm2JobTable *table,
                               Apm2WorkerRegistry *registry,
                               Apm2Health *health);

G_END_DECLS
