/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-receipt.h"

G_BEGIN_DECLS

/* A step as an executor runs it; borrowed for the call that starts it. */
typedef struct
{
  const char *job_id;
  const char *name;
  const char *const *argv;
  const char *const *env; /* all of it */
  const char *directory;
  const char *log_file;
  const char *progress_fifo;
  const char *workspace; /* all that the job has */
  guint64 timeout_usec;  /* limits: 0 is none */
  guint64 kill_grace_usec;
  guint64 log_bytes_max;
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 workspace_bytes_max;
  guint64 disk_bytes_left; /* that the disk must have */
  guint64 cpu_quota_percent;
  gboolean network;      /* may use it */
  gboolean outside;      /* the worker's own work: not in the job's place */
  gboolean held;         /* it waits for apm2_step_run_release() */
  gint64 fence_boottime; /* the lease may be lost then; 0: never */
} Apm2StepOrder;

/* Why a step ended other than by itself. */
typedef enum
{
  APM2_STEP_END_SELF,
  APM2_STEP_END_TIMEOUT,
  APM2_STEP_END_LOG_LIMIT,
  APM2_STEP_END_SPAWN_FAILED,
  APM2_STEP_END_OOM,
  APM2_STEP_END_TERMINATED, /* apm2_step_run_terminate() */
  APM2_STEP_END_FENCED,
  APM2_STEP_END_WORKSPACE_LIMIT,
  APM2_STEP_END_BROKEN, /* whoever watched it is gone; nothing is known */
} Apm2StepEndKind;

typedef struct
{
  Apm2StepEndKind kind;
  int exit_status; /* -1: none */
  int term_signal; /* 0: none */
  guint64 log_bytes;
  guint64 cpu_usec;
  guint64 memory_peak_bytes;
  guint64 tasks_peak; /* 0: not known */
  gint64 finished_at; /* realtime; 0: just now */
  char *message;      /* (nullable) why, if the numbers do not tell */
} Apm2StepEnd;

Apm2StepEnd *apm2_step_end_new (Apm2StepEndKind kind);
void apm2_step_end_free (Apm2StepEnd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StepEnd, apm2_step_end_free)

/*
 * One step that an executor has started.
 *
 * Signals, always from the main loop and never before it turns once more:
 *   started (pid: gint64)
 *   progress (fraction: gdouble)
 *   status (text: utf8), one clean line of at most 256 bytes
 *   log-bytes (bytes: guint64)
 *   ended (end: Apm2StepEnd), once and last: no process of the step lives
 */
#define APM2_TYPE_STEP_RUN (apm2_step_run_get_type ())
G_DECLARE_DERIVABLE_TYPE (Apm2StepRun, apm2_step_run, APM2, STEP_RUN, GObject)

struct _Apm2StepRunClass
{
  GObjectClass parent_class;

  void (*terminate) (Apm2StepRun *self, guint64 grace_usec);
  void (*set_fence) (Apm2StepRun *self, gint64 boottime);
  void (*release) (Apm2StepRun *self); /* (nullable) */
};

void apm2_step_run_terminate (Apm2StepRun *self, guint64 grace_usec);
void apm2_step_run_set_fence (Apm2StepRun *self, gint64 boottime);
void apm2_step_run_release (Apm2StepRun *self);

/* For implementations. */
void apm2_step_run_emit_started (Apm2StepRun *self, gint64 pid);
void apm2_step_run_emit_progress (Apm2StepRun *self, double fraction);
void apm2_step_run_emit_status (Apm2StepRun *self, const char *text);
void apm2_step_run_emit_log_bytes (Apm2StepRun *self, guint64 bytes);
void apm2_step_run_emit_ended (Apm2StepRun *self, const Apm2StepEnd *end);

G_END_DECLS
