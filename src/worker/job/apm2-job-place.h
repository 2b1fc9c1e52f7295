/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-job-record.h"
#include "apm2-lease.h"
#include "apm2-step-run.h"
#include "apm2-workspace.h"

G_BEGIN_DECLS

/* How far an attempt has come when a step is about to run; borrowed. With it
 * somebody else can go on after this process. */
typedef struct
{
  const Apm2JobRecord *record;
  guint index;          /* of that step */
  gint64 deadline;      /* of the job, boottime; 0: none */
  gboolean job_timeout; /* the step's time limit is what the job has left */
} Apm2JobProgress;

/*
 * Where one attempt of a job works and its steps run.
 */
#define APM2_TYPE_JOB_PLACE (apm2_job_place_get_type ())
G_DECLARE_DERIVABLE_TYPE (Apm2JobPlace,
                          apm2_job_place,
                          APM2,
                          JOB_PLACE,
                          GObject)

struct _Apm2JobPlaceClass
{
  GObjectClass parent_class;

  /* Both return a boolean, or an error, on @task, which they own. */
  void (*prepare) (Apm2JobPlace *self, GTask *task);
  void (*clear) (Apm2JobPlace *self, GTask *task);
  void (*give_up) (Apm2JobPlace *self); /* (nullable) */
  Apm2StepRun *(*start_step) (Apm2JobPlace *self,
                              const Apm2StepOrder *order,
                              const Apm2JobProgress *progress,
                              GError **error);
  /* (nullable) Of a place whose steps share a unit: several at once, and no
   * more before these have ended. */
  GPtrArray *(*start_wave) (Apm2JobPlace *self,
                            const Apm2StepOrder *orders,
                            const Apm2JobProgress *progress,
                            guint n,
                            GError **error);
  const char *(*get_containment) (Apm2JobPlace *self);
  /* Both nullable. */
  const char *(*get_unit) (Apm2JobPlace *self);
  const char *(*get_mirrors) (Apm2JobPlace *self);
};

void apm2_job_place_prepare_async (Apm2JobPlace *self,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean
apm2_job_place_prepare_finish (Apm2JobPlace *self,
                               GAsyncResult *result,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_job_place_give_up (Apm2JobPlace *self);
gboolean apm2_job_place_can_hold (Apm2JobPlace *self);
void apm2_job_place_clear_async (Apm2JobPlace *self,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean apm2_job_place_clear_finish (Apm2JobPlace *self,
                                      GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2StepRun *
apm2_job_place_start_step (Apm2JobPlace *self,
                           const Apm2StepOrder *order,
                           const Apm2JobProgress *progress,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *apm2_job_place_start_wave (Apm2JobPlace *self,
                                      const Apm2StepOrder *orders,
                                      const Apm2JobProgress *progress,
                                      guint n,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_job_place_takes_waves (Apm2JobPlace *self);
guint apm2_job_place_get_width (Apm2JobPlace *self, const Apm2Lease *lease);

const Apm2Workspace *apm2_job_place_get_workspace (Apm2JobPlace *self);
const char *apm2_job_place_get_containment (Apm2JobPlace *self);
const char *apm2_job_place_get_unit (Apm2JobPlace *self);
const char *apm2_job_place_get_mirrors (Apm2JobPlace *self);
const Apm2Config *apm2_job_place_get_config (Apm2JobPlace *self);

const Apm2Paths *apm2_job_place_get_paths (Apm2JobPlace *self);
void apm2_job_place_set_paths (Apm2JobPlace *self, const Apm2Paths *paths);

/* For implementations. */
void apm2_job_place_set_workspace (Apm2JobPlace *self,
                                   Apm2Workspace *workspace);
void apm2_job_place_set_can_hold (Apm2JobPlace *self);
void apm2_job_place_set_config (Apm2JobPlace *self, Apm2ActiveConfig *config);
void apm2_job_place_set_lane (Apm2JobPlace *self, const char *lane);

G_END_DECLS
