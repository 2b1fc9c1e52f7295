/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2JobState:
 * @APM2_JOB_STATE_PENDING: accepted, waits for its turn
 * @APM2_JOB_STATE_LEASED: given to a worker, nothing started yet
 * @APM2_JOB_STATE_RUNNING: a step runs
 * @APM2_JOB_STATE_COMPLETED: ran to its end; the verdict says how
 * @APM2_JOB_STATE_DENIED: refused by a rule; never started
 * @APM2_JOB_STATE_QUARANTINED: cannot be trusted or cannot be ended
 * @APM2_JOB_STATE_CANCELLED: called off by an operator
 *
 * The values are stored: append only, never renumber.
 */
typedef enum
{
  APM2_JOB_STATE_PENDING,
  APM2_JOB_STATE_LEASED,
  APM2_JOB_STATE_RUNNING,
  APM2_JOB_STATE_COMPLETED,
  APM2_JOB_STATE_DENIED,
  APM2_JOB_STATE_QUARANTINED,
  APM2_JOB_STATE_CANCELLED,
} Apm2JobState;
#define APM2_N_JOB_STATES (APM2_JOB_STATE_CANCELLED + 1)

/**
 * Apm2Verdict:
 * @APM2_VERDICT_NONE: no verdict (not completed)
 * @APM2_VERDICT_PASSED: every step that counts ended well
 * @APM2_VERDICT_FAILED: see the reason
 */
typedef enum
{
  APM2_VERDICT_NONE,
  APM2_VERDICT_PASSED,
  APM2_VERDICT_FAILED,
} Apm2Verdict;
#define APM2_N_VERDICTS (APM2_VERDICT_FAILED + 1)

/* Reason codes: stable words, an open set. */
#define APM2_REASON_STEP_FAILED     "step_failed" /* non-zero exit */
#define APM2_REASON_SIGNAL          "signal"      /* a step died of a signal */
#define APM2_REASON_TIMEOUT         "timeout"
#define APM2_REASON_OOM             "oom"
#define APM2_REASON_LOG_LIMIT       "log_limit"
#define APM2_REASON_WORKSPACE_LIMIT "workspace_limit" /* on the disk */
#define APM2_REASON_DISK_SPACE      "insufficient_disk_space"
#define APM2_REASON_SPAWN_FAILED                                               \
  "spawn_failed"                /* command not found or not executable */
#define APM2_REASON_LOST "lost" /* reboot in the middle, or the caller */
#define APM2_REASON_WORKER_LOST                                                \
  "worker_lost" /* its workers vanished lost_max times */
#define APM2_REASON_CANCELLED          "cancelled"
#define APM2_REASON_BUSY               "busy" /* no slot within --max-wait */
#define APM2_REASON_SUPERSEDED         "superseded" /* by newer work of its key */
#define APM2_REASON_DEPENDENCY_FAILED  "dependency_failed"
#define APM2_REASON_DIGEST_MISMATCH    "digest_mismatch"
#define APM2_REASON_MALFORMED          "malformed"
#define APM2_REASON_UNKNOWN_LANE       "unknown_lane"
#define APM2_REASON_KIND_UNSUPPORTED   "kind_unsupported"
#define APM2_REASON_LIMIT_EXCEEDS_LANE "limit_exceeds_lane"
#define APM2_REASON_EXCLUSIVE_NESTED   "exclusive_nested"
#define APM2_REASON_QUEUE_QUOTA        "queue_quota_exceeded"
#define APM2_REASON_SOURCE_MISMATCH    "source_mismatch"

gboolean apm2_job_state_may_become (Apm2JobState self, Apm2JobState next);
gboolean apm2_job_state_is_final (Apm2JobState self);

const char *apm2_job_state_to_string (Apm2JobState self);
gboolean apm2_job_state_from_string (const char *text, Apm2JobState *ret_state);
const char *apm2_verdict_to_string (Apm2Verdict self); /* "" for NONE */
gboolean apm2_verdict_from_string (const char *text, Apm2Verdict *ret_verdict);

G_END_DECLS
