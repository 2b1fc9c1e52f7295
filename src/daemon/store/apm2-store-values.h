/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-job-spec.h"
#include "apm2-job-state.h"

G_BEGIN_DECLS

/* One job as the store knows it. Plain data, owned by whoever holds it. */
typedef struct
{
  gint64 sequence; /* order of submission, > 0 */
  char *id;
  Apm2JobState state; /* PENDING, LEASED or final: RUNNING is not stored */
  Apm2Verdict verdict;
  char *reason;  /* (nullable) */
  char *message; /* (nullable) */
  Apm2JobKind kind;
  char *lane;
  guint priority;
  guint32 uid; /* who submitted it */
  char *name;  /* apm2_job_spec_describe() */
  guint attempt;
  guint lost;          /* how many attempts lost their worker */
  guint64 token;       /* of the newest lease; 0: never leased */
  char *worker;        /* (nullable) */
  char *boot_id;       /* (nullable) of the newest lease */
  gint64 submitted_at; /* usec UTC */
  gint64 not_before;   /* usec UTC; 0: waits for no time; may be past */
  gint64 started_at;
  gint64 finished_at;
  char *spec_digest;
  gsize spec_bytes;     /* of the canonical text */
  char *receipt_digest; /* (nullable) */
  guint step_count;
  gboolean ready; /* may be claimed now: pending, waits for nothing */
  gboolean cancel_requested;
  char *cancel_reason; /* (nullable) */
  gint64 parent;       /* sequence of the job that it is a part of; 0: none */
  char *parent_id;     /* (nullable) of that job */
  guint n_parts;       /* called apm2_gate_part_id(), from 1; 0: no worker gets
                          more than the job itself */
  char *spec_text;     /* (nullable) only from claim and get */
  char *receipt_text;  /* (nullable) only of ended parts in a snapshot */
  GPtrArray *parts;    /* (nullable) (element-type Apm2StoredJob) only from
                          submit */
} Apm2StoredJob;

void apm2_stored_job_free (Apm2StoredJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoredJob, apm2_stored_job_free)

/* Parts of jobs are not counted. */
typedef struct
{
  guint64 pending;
  guint64 pending_bytes; /* of their specs */
  guint64 leased;
  guint64 passed;
  guint64 failed;
  guint64 denied;
  guint64 quarantined;
  guint64 cancelled;
} Apm2StoreCounts;

/* What a store tells when it opens. */
typedef struct
{
  Apm2StoreCounts counts;
  GPtrArray *open_jobs;  /* (element-type Apm2StoredJob) all that are not final,
                            by sequence */
  GPtrArray *ended_jobs; /* (element-type Apm2StoredJob) the last ended, oldest
                            first, without parts */
  GPtrArray *ended_parts; /* (element-type Apm2StoredJob) of open jobs */
  GStrv paused_lanes;     /* "" stands for the whole queue */
  gint64 next_ready_unix; /* earliest not_before of a job that waits for it; 0:
                             none */
} Apm2StoreSnapshot;

void apm2_store_snapshot_free (Apm2StoreSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreSnapshot, apm2_store_snapshot_free)

/* A job that a call changed besides the one it named: a dependent that became
 * ready to run, or was denied because what it waited for failed; a whole that
 * ended with its last part; a part that was called off with the others. */
typedef struct
{
  Apm2StoredJob *job;
  gboolean became_ready; /* still pending, may now be claimed */
} Apm2StoreEffect;
void apm2_store_effect_free (Apm2StoreEffect *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreEffect, apm2_store_effect_free)

void apm2_store_effects_add (GPtrArray *effects, Apm2StoredJob *job);

/* A lane that may be claimed from, and how many jobs more it may run. */
typedef struct
{
  const char *lane; /* borrowed for the call */
  guint room;
} Apm2LaneRoom;

/* Which quarantined jobs are no longer to be listed. */
typedef struct
{
  const char *job_id;      /* (nullable) one; %NULL: all that match */
  const char *released_as; /* (nullable) id of the job that it became */
  gint64 ended_before;     /* usec UTC; 0: whenever it ended */
  gboolean dry_run;        /* count only */
} Apm2StoreLeaving;

typedef struct
{
  guint64 sequence;
  char *digest;
  char *job_id;
  Apm2JobState outcome;
  Apm2Verdict verdict;
  char *reason; /* (nullable) */
  gint64 finished_at;
  char *text;         /* (nullable) */
  gboolean collected; /* all that is known are the number and the digest */
} Apm2StoredReceipt;
void apm2_stored_receipt_free (Apm2StoredReceipt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoredReceipt, apm2_stored_receipt_free)

/* The end of a job: what is left when the job itself is gone. */
typedef struct
{
  guint64 receipt; /* its sequence: the order in which jobs ended */
  gint64 sequence; /* of the job; 0: the job is gone */
  char *job_id;
  Apm2JobState state;
  Apm2Verdict verdict;
  gint64 finished_at; /* usec UTC */
  gboolean held;      /* the store would not forget the job */
} Apm2StoredEnd;
void apm2_stored_end_free (Apm2StoredEnd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoredEnd, apm2_stored_end_free)

/**
 * Apm2JobFate:
 * @APM2_JOB_FATE_UNKNOWN: the store has never heard of it, or forgot it
 * @APM2_JOB_FATE_OPEN: it has not ended
 * @APM2_JOB_FATE_ENDED: it has ended and is kept
 * @APM2_JOB_FATE_GONE: only its receipt is left
 *
 * What became of the job that has some id.
 */
typedef enum
{
  APM2_JOB_FATE_UNKNOWN,
  APM2_JOB_FATE_OPEN,
  APM2_JOB_FATE_ENDED,
  APM2_JOB_FATE_GONE,
} Apm2JobFate;

G_END_DECLS
