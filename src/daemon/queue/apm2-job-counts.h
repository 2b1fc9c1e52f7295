/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job.h"
#include "apm2-user-loads.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 pending;
  guint64 active; /* leased or running */
} Apm2LaneLoad;

typedef struct _Apm2JobCounts Apm2JobCounts;

Apm2JobCounts *apm2_job_counts_new (void);
void apm2_job_counts_free (Apm2JobCounts *self);

void apm2_job_counts_load (Apm2JobCounts *self, const Apm2StoreCounts *counts);
void apm2_job_counts_add (Apm2JobCounts *self, const Apm2Job *job, gint64 sign);

void apm2_job_counts_forget (Apm2JobCounts *self, const Apm2StoredEnd *end);
const Apm2StoreCounts *apm2_job_counts_get (const Apm2JobCounts *self);
const Apm2UserLoads *apm2_job_counts_get_waiting (const Apm2JobCounts *self);
guint64 apm2_job_counts_get_running (const Apm2JobCounts *self);
guint64 apm2_job_counts_get_active (const Apm2JobCounts *self);
Apm2LaneLoad apm2_job_counts_get_load (const Apm2JobCounts *self,
                                       const char *lane);

G_END_DECLS
