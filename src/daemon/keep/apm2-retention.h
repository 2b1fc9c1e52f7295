/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"
#include "apm2-remnant.h"

G_BEGIN_DECLS

/* Why something goes. */
#define APM2_RETENTION_AGE      "age"
#define APM2_RETENTION_COUNT    "count"
#define APM2_RETENTION_SIZE     "size"
#define APM2_RETENTION_ORPHAN   "orphan"
#define APM2_RETENTION_LEFTOVER "leftover"
#define APM2_RETENTION_ASKED    "asked_for"

/* A moment at which it is judged what goes; all usec UTC. */
typedef struct
{
  gint64 now;
  gint64 busy_since; /* when the first of the running jobs was submitted;
                        G_MAXINT64: none runs */
  gint64 open_since; /* the same of all that have not ended */
} Apm2RetentionTime;

const char *apm2_retention_judge_job (const Apm2Config *config,
                                      guint64 n_kept,
                                      gint64 finished_at,
                                      gint64 now);
void apm2_retention_judge (const Apm2Config *config,
                           const Apm2RetentionTime *time,
                           GPtrArray *remnants);

G_END_DECLS
