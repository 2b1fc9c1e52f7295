/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-place.h"
#include "apm2-job-spec.h"
#include "apm2-lease.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* A step that an earlier process of this worker has begun and left running. */
typedef struct
{
  guint index;
  gboolean job_timeout; /* as of #Apm2JobProgress */
  Apm2StepRun *run;
} Apm2AdoptedRun;

/* The job of such steps, or of none. */
typedef struct
{
  Apm2Lease *lease;
  Apm2JobPlace *place;
  Apm2JobRecord *record;
  GPtrArray *runs; /* (element-type Apm2AdoptedRun) */
  gint64 deadline; /* as of #Apm2JobProgress */
} Apm2Adoption;

Apm2Adoption *apm2_adoption_new (void);
void apm2_adoption_add_run (Apm2Adoption *self,
                            guint index,
                            gboolean job_timeout,
                            Apm2StepRun *run);
void apm2_adoption_free (Apm2Adoption *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Adoption, apm2_adoption_free)

/*
 * Something that can run the steps of jobs: on its own, or in the units of a
 * lane.
 *
 * Signal: changed (): there is trouble, other trouble, or none any more
 */
#define APM2_TYPE_EXECUTOR (apm2_executor_get_type ())
G_DECLARE_INTERFACE (Apm2Executor, apm2_executor, APM2, EXECUTOR, GObject)

struct _Apm2ExecutorInterface
{
  GTypeInterface parent_iface;

  const char *name;  /* direct, systemd */
  gboolean outlives; /* what it runs goes on without this process */
  Apm2JobPlace *(*open_place) (Apm2Executor *self,
                               const Apm2Lease *lease,
                               const Apm2JobSpec *spec);
  /* Both nullable. Returns an array of #Apm2Adoption on @task, which it owns.
   */
  void (*recover) (Apm2Executor *self, GTask *task);
  const char *(*get_trouble) (Apm2Executor *self);
  /* Nullable. Returns a boolean on @task, which it owns. */
  void (*close) (Apm2Executor *self, GTask *task);
};

const char *apm2_executor_get_name (Apm2Executor *self);
gboolean apm2_executor_outlives (Apm2Executor *self);
Apm2JobPlace *apm2_executor_open_place (Apm2Executor *self,
                                        const Apm2Lease *lease,
                                        const Apm2JobSpec *spec);
void apm2_executor_recover_async (Apm2Executor *self,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GPtrArray *apm2_executor_recover_finish (Apm2Executor *self,
                                         GAsyncResult *result);
const char *apm2_executor_get_trouble (Apm2Executor *self);
void apm2_executor_close_async (Apm2Executor *self,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean apm2_executor_close_finish (Apm2Executor *self, GAsyncResult *result);

/* For implementations. */
void apm2_executor_emit_changed (Apm2Executor *self);

G_END_DECLS
