/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-run.h"
#include "apm2-job-steps.h"

G_BEGIN_DECLS

/* What somebody wants of the attempt; a later wish may only be a harder one. */
typedef enum
{
  WISH_NONE,
  WISH_GIVE_BACK,
  WISH_CANCEL,
  WISH_ABANDON,
} Apm2JobRunWish;

struct _Apm2JobRun
{
  GObject parent_instance;

  Apm2Executor *executor; /* (nullable) of one that is not adopted */
  Apm2Lease *lease;
  Apm2JobPlace *place; /* (nullable) until the spec has been checked */
  Apm2JobRecord *record;
  Apm2Adoption *adoption; /* (nullable) until it is started */
  Apm2JobSteps *steps;    /* (nullable) until the spec has been checked */
  gboolean held;          /* for a lease that may come */
  gboolean unheard;       /* a report would have been made meanwhile */
  gboolean preparing;     /* the place is being made ready */
  gboolean stepping;      /* steps have begun and are not done */
  gint64 fence;           /* boottime; 0: none */
  Apm2JobRunWish wish;
  char *cancel_reason;
  Apm2JobRunEnd end;
  gboolean ended;
};

void apm2_job_run_make_steps (Apm2JobRun *self, Apm2JobSpec *spec);
void apm2_job_run_prepare (Apm2JobRun *self);
void apm2_job_run_end (Apm2JobRun *self);

G_END_DECLS
