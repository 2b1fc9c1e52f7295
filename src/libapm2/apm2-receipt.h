/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-job-state.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *result; /* passed, failed, skipped, timeout, oom, log_limit, cancelled,
                   spawn_failed */
  int exit_status;   /* -1: did not exit by itself */
  int term_signal;   /* 0: none */
  gint64 started_at; /* usec UTC; 0: never */
  gint64 finished_at;
  guint64 log_bytes;
  guint64 cpu_usec;
  guint64 memory_peak_bytes;
  guint64 tasks_peak; /* processes and threads at once; 0: not known */
} Apm2StepResult;

/**
 * Apm2Receipt:
 *
 * How a job ended. Exactly one exists per job; once issued it never changes.
 * @sequence and @previous_digest are set by the store in the transaction that
 * ends the job; everything else by the broker before it.
 */
typedef struct
{
  guint64 sequence;      /* 1 for the first of a store */
  char *previous_digest; /* (nullable) of receipt sequence - 1 */
  char *job_id;
  char *spec_digest;
  Apm2JobKind kind;
  char *lane;
  guint priority;
  char *source_repository; /* (nullable) */
  char *source_commit;     /* (nullable) */
  char *source_tree;       /* (nullable) */
  char *source_project;    /* (nullable) */
  char *gate_set_digest;   /* (nullable) only of GATES */
  char *part_of;           /* (nullable) only of GATES: the job that it is a
                              part of */
  GStrv labels;            /* (nullable) */
  Apm2JobState outcome;    /* a final state */
  Apm2Verdict verdict;
  char *reason;        /* (nullable) code; NULL when passed */
  char *message;       /* (nullable) for people */
  guint attempt;       /* 0: never leased */
  GPtrArray *steps;    /* (element-type Apm2StepResult) */
  char *worker;        /* (nullable) instance */
  char *executor;      /* (nullable) direct or systemd */
  char *containment;   /* (nullable) what was enforced: "none", ... */
  Apm2Limits limits;   /* in force */
  gint64 submitted_at; /* usec UTC */
  gint64 started_at;   /* 0: never */
  gint64 finished_at;
} Apm2Receipt;

Apm2Receipt *apm2_receipt_new (void);
void apm2_receipt_free (Apm2Receipt *self);
void apm2_receipt_take_spec (Apm2Receipt *self, const Apm2JobSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Receipt, apm2_receipt_free)

Apm2StepResult *apm2_step_result_new (const char *name);
void apm2_step_result_free (Apm2StepResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StepResult, apm2_step_result_free)

G_END_DECLS
