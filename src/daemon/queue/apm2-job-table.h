/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-counts.h"

G_BEGIN_DECLS

/* What changed about a job; decides how soon and with which properties the
 * world is told. */
typedef enum
{
  APM2_JOB_CHANGE_STATE = 1 << 0,
  APM2_JOB_CHANGE_STEP = 1 << 1,
  APM2_JOB_CHANGE_PROGRESS = 1 << 2,
} Apm2JobChange;

/*
 * All jobs that are open, and the last ones that ended. Signals:
 *
 * "added" (Apm2Job*), "changed" (Apm2Job*, guint Apm2JobChange),
 * "finished" (Apm2Job*), "removed" (Apm2Job*), and "forgotten" (): one that
 * ended long ago counts no more.
 */
#define APM2_TYPE_JOB_TABLE (apm2_job_table_get_type ())
G_DECLARE_FINAL_TYPE (Apm2JobTable, apm2_job_table, APM2, JOB_TABLE, GObject)

Apm2JobTable *apm2_job_table_new (guint ended_max);

void apm2_job_table_set_ended_max (Apm2JobTable *self, guint ended_max);
void apm2_job_table_load (Apm2JobTable *self, Apm2StoreSnapshot *snapshot);
Apm2Job *apm2_job_table_find (Apm2JobTable *self, const char *id);
Apm2Job *apm2_job_table_apply (Apm2JobTable *self, Apm2StoredJob *stored);
void apm2_job_table_forget (Apm2JobTable *self, const Apm2StoredEnd *end);
void apm2_job_table_set_running (Apm2JobTable *self,
                                 Apm2Job *job,
                                 gint64 started_at);
void
apm2_job_table_touch (Apm2JobTable *self, Apm2Job *job, Apm2JobChange change);
void
apm2_job_table_foreach (Apm2JobTable *self, GFunc func, gpointer user_data);

const Apm2StoreCounts *apm2_job_table_get_counts (Apm2JobTable *self);
guint64 apm2_job_table_get_running (Apm2JobTable *self);
const Apm2UserLoads *apm2_job_table_get_waiting (Apm2JobTable *self);
guint64 apm2_job_table_get_active (Apm2JobTable *self);
Apm2LaneLoad apm2_job_table_get_lane_load (Apm2JobTable *self,
                                           const char *lane);

G_END_DECLS
