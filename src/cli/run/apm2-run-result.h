/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2RunResult:
 *
 * How a run ended, for the receipt, for --json-result and for the caller.
 */
typedef struct
{
  char *job_id;
  const char *outcome;     /* completed or cancelled */
  const char *verdict;     /* passed, failed or "" */
  const char *reason;      /* a reason code of receipts; "" if it passed */
  const char *step_result; /* (nullable) if the command never ran */
  char *message;           /* (nullable) for people */
  const char *containment; /* none, or what was enforced */
  char *receipt_digest;    /* (nullable) */
  gboolean is_joined;      /* somebody else's run, whose end this is */
  int exit_status;         /* of the command; -1: none */
  int signal;              /* of which the command died; 0: none */
  int status;              /* what apm2 run exits with */
  gint64 started_at;       /* usec UTC; 0: never */
  gint64 finished_at;
  guint64 waited_usec;
  guint64 ran_usec;
  guint64 cpu_usec;
  guint64 memory_peak_bytes;
  guint64 tasks_peak;
  guint64 oom_kills;
} Apm2RunResult;

void apm2_run_result_clear (Apm2RunResult *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2RunResult, apm2_run_result_clear)

/**
 * Apm2RunReport:
 *
 * The file of --json-result. Its directory is opened before the command runs:
 * what is wrong with it is said then, and nobody can put another in its place.
 */
typedef struct
{
  int dirfd; /* -1: nobody wants a report */
  char *name;
} Apm2RunReport;

#define APM2_RUN_REPORT_NONE                                                   \
  {                                                                            \
    .dirfd = -1                                                                \
  }

gboolean apm2_run_report_open (Apm2RunReport *self,
                               const char *file,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_run_report_write (const Apm2RunReport *self,
                                const Apm2RunResult *result,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_run_report_clear (Apm2RunReport *self);

char *apm2_run_result_to_json (const Apm2RunResult *self);

G_END_DECLS
