/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-env-name.h"

G_BEGIN_DECLS

#define APM2_LANE_DEFAULT     "bulk"
#define APM2_LANE_GATES       "gates" /* the default of kind gates */
#define APM2_PRIORITY_MAX     100
#define APM2_PRIORITY_DEFAULT 50
#define APM2_STEPS_MAX        64
/* With the two that may bring a source. */
#define APM2_STEPS_RUN_MAX   (APM2_STEPS_MAX + 2)
#define APM2_ARGV_MAX        1024
#define APM2_AFTER_MAX       64
#define APM2_LABELS_MAX      32
#define APM2_KEY_MAX         128 /* bytes of an idempotency key or a slot key */
#define APM2_ATTEMPTS_MAX    10
#define APM2_TIMEOUT_SEC_MAX (7 * 24 * 3600)
#define APM2_ENV_MAX         64
#define APM2_RETRY_ON_MAX    16
#define APM2_STEP_NAME_MAX   64
#define APM2_REASON_MAX      32
#define APM2_PATH_MAX        1024 /* bytes of a working directory */
#define APM2_CACHES_MAX      16   /* of a gate */
#define APM2_COMMAND_BYTES_MAX                                                 \
  (64 * 1024) /* all argv and env of a job together */
#define APM2_MEMORY_BYTES_MIN      ((guint64) 1 << 20)
#define APM2_MEMORY_BYTES_MAX      ((guint64) 1 << 50)
#define APM2_TASKS_MAX             ((guint64) 1 << 22) /* the kernel's pid_max */
#define APM2_CPU_QUOTA_PERCENT_MAX 100000              /* 1000 processors */
#define APM2_NOT_BEFORE_UNIX_MAX                                               \
  ((gint64) 253402300799) /* the end of the year 9999 */
#define APM2_LABEL_NAME                                                        \
  "name" /* the label that people read as the job's name */

/* Of an attached job. */
#define APM2_SLOTS_MAX          1024
#define APM2_EXCLUSIVE_MAX      16
#define APM2_EXCLUSIVE_NAME_MAX 64
#define APM2_STEP_NAME_ATTACHED "run"

/**
 * Apm2JobKind:
 * @APM2_JOB_KIND_COMMAND: a worker runs its steps
 * @APM2_JOB_KIND_GATES: the gates of a commit
 * @APM2_JOB_KIND_ATTACHED: its caller runs it, in a slot that the broker gives
 *
 * The values are stored: append only, never renumber.
 */
typedef enum
{
  APM2_JOB_KIND_COMMAND,
  APM2_JOB_KIND_GATES,
  APM2_JOB_KIND_ATTACHED,
} Apm2JobKind;
#define APM2_N_JOB_KINDS (APM2_JOB_KIND_ATTACHED + 1)

const char *apm2_job_kind_to_string (Apm2JobKind kind);
const char *apm2_job_kind_get_lane (Apm2JobKind kind);
gboolean apm2_job_kind_from_string (const char *text, Apm2JobKind *ret_kind);

/* A limit of 0 means: not set, the lane's limit holds. */
typedef struct
{
  guint64 timeout_sec;
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_percent;
} Apm2Limits;

typedef struct
{
  char *name;
  GStrv argv; /* at least one element */
  GStrv env;  /* (nullable) "NAME=value", sorted by NAME */
  char *
      working_directory; /* (nullable) absolute, or below the job's workspace */
  guint64 timeout_sec;   /* 0: only the job's */
  gboolean allow_failure;
  gboolean network;
  GStrv needs;  /* (nullable) of a gate: names of gates before it */
  GStrv caches; /* (nullable) of a gate: directories of the checkout that
                   outlive the job */
} Apm2Step;

/**
 * Apm2JobSpec:
 *
 * What somebody wants done: a job spec that has passed every rule that needs no
 * broker. Reference counted; immutable once built.
 */
typedef struct
{
  gatomicrefcount ref_count;
  char *job_id; /* (nullable) the caller's own id */
  char
      *runner; /* (nullable) who runs it, of an attached job; not in the text */
  Apm2JobKind kind;
  char *lane;
  guint priority;          /* 0 most urgent .. 100 */
  char *source_repository; /* (nullable) with source_commit */
  char *source_commit;     /* (nullable) 40 or 64 hex digits */
  char *source_ref;        /* (nullable) */
  char *source_tree;       /* (nullable) of the commit; never NULL for GATES */
  char *source_project;    /* (nullable) what counts as one repository; never
                              NULL for GATES */
  char *source_bundle; /* (nullable) name of commits that were handed over */
  GPtrArray *steps;    /* (element-type Apm2Step); not empty */
  Apm2Limits limits;
  guint max_attempts;     /* 1..APM2_ATTEMPTS_MAX */
  GStrv retry_on;         /* (nullable) reason codes, sorted */
  GStrv after;            /* (nullable) job ids */
  gint64 not_before_unix; /* 0: at once */
  GStrv labels;           /* (nullable) "key=value", sorted by key */
  char *idempotency_key;  /* (nullable) */
  /* Only of ATTACHED: what its slot is. */
  guint slots;     /* 1..APM2_SLOTS_MAX; 1 */
  GStrv exclusive; /* (nullable) names, sorted */
  char *key;       /* (nullable) names the work, so that it is done once */
} Apm2JobSpec;

Apm2JobSpec *
apm2_job_spec_new (void); /* command, lane "bulk", priority 50, one attempt */
Apm2JobSpec *apm2_job_spec_ref (Apm2JobSpec *self);
void apm2_job_spec_unref (Apm2JobSpec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2JobSpec, apm2_job_spec_unref)

Apm2Step *apm2_step_new (const char *name);
Apm2Step *apm2_step_copy (const Apm2Step *self);
void apm2_step_free (Apm2Step *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Step, apm2_step_free)

gboolean apm2_job_spec_validate (const Apm2JobSpec *self,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *apm2_job_spec_get_label (const Apm2JobSpec *self, const char *key);
char *apm2_job_spec_describe (
    const Apm2JobSpec
        *self); /* label "name", else the first command line, shortened */

G_END_DECLS
