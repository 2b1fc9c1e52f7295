/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-run.h"
#include "scene.h"

G_BEGIN_DECLS

/* An attempt of a job, and what it has told. */
typedef struct
{
  Scene *scene;     /* borrowed */
  Apm2Lease *lease; /* until it is started */
  Apm2JobRun *run;
  GPtrArray *reports; /* (element-type GVariant) */
  gboolean ended;
  guint n_ended;
  Apm2JobRunEnd end;
  GVariant *result; /* (nullable) */
} Attempt;

/* Of job "j1". @members is JSON with ' for ", the inside of a spec that has
 * schema and kind. Before attempt_start() the lease may be changed. */
Attempt *attempt_new (Scene *scene, const char *members);
Attempt *attempt_new_of (Scene *scene, const char *kind, const char *members);
void attempt_start (Attempt *self);
void attempt_wait_ended (Attempt *self);
void attempt_wait_report (Attempt *self, const char *key);
void attempt_run (Attempt *self); /* start, and wait for the end */
void attempt_free (Attempt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attempt, attempt_free)

void attempt_assert_passed (Attempt *self);
void
attempt_assert_failed (Attempt *self, const char *reason, const char *message);
void
attempt_assert_outcome (Attempt *self, const char *outcome, const char *reason);
void attempt_assert_step (Attempt *self, guint index, const char *result);
char *attempt_read_log (Attempt *self, guint step);

G_END_DECLS
