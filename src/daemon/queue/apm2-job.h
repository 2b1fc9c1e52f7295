/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-store.h"

G_BEGIN_DECLS

/* State of a step that has not begun although one behind it has. */
#define APM2_JOB_STEP_WAITING "waiting"

/* One step of the current attempt, as the worker reported it. */
typedef struct
{
  char *name;
  char *state; /* running, or a result word of Apm2StepResult */
  int exit_status;
  int term_signal;
  gint64 started_at;
  gint64 finished_at;
  guint64 log_bytes;
} Apm2JobStep;

/**
 * Apm2Job:
 *
 * One job in the broker's memory: what the store knows, and on top of it what
 * only a running attempt knows. Reference counted, main context only.
 */
typedef struct
{
  grefcount ref_count;
  Apm2StoredJob *stored;
  Apm2JobState state; /* like stored->state, or RUNNING */
  gboolean announced; /* InterfacesAdded was sent, or is due */
  gboolean announce_due;
  Apm2JobSpec *spec; /* (nullable) while leased */
  Apm2Limits limits; /* under which the attempt runs, while leased */
  GPtrArray *steps;  /* (nullable) (element-type Apm2JobStep) */
  guint step_index;  /* of the newest that runs, else of the last told */
  guint step_count;  /* 0: unknown */
  double progress;   /* 0..1, or negative: unknown */
  char *status_text; /* (nullable) */
  guint64 log_bytes;
  GStrv units; /* (nullable) */
} Apm2Job;

Apm2Job *apm2_job_new (Apm2StoredJob *stored);
Apm2Job *apm2_job_ref (Apm2Job *self);
void apm2_job_unref (Apm2Job *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Job, apm2_job_unref)

void apm2_job_update (Apm2Job *self, Apm2StoredJob *stored);
Apm2JobStep *apm2_job_get_step (Apm2Job *self, guint index);
const char *apm2_job_get_step_name (const Apm2Job *self);
gboolean apm2_job_step_is_running (const Apm2JobStep *self);
gboolean apm2_job_has_step_ended (const Apm2Job *self, guint index);
guint apm2_job_count_ended_steps (const Apm2Job *self);

G_END_DECLS
