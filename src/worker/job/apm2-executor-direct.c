/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The direct executor: steps as processes of this machine and this user, each
 * under a supervisor, contained by nothing.
 *
 * For containers, CI and machines without a service manager. What it promises:
 * a step ends when it should, and with it every process that it made.
 */

#include "apm2-executor-direct.h"

#include <signal.h>

#include "apm2-direct-place.h"
#include "apm2-orphans.h"
#include "apm2-step-process.h"

/* The worker and the supervisors themselves. */
#define TASKS_OWN 64

struct _Apm2ExecutorDirect
{
  GObject parent_instance;

  const Apm2Paths *paths;   /* borrowed: of main, which outlives us */
  Apm2ActiveConfig *config; /* (nullable) */
  Apm2Orphans *orphans;
  char *program; /* apm2-step */
  guint tasks_factor;
};

static void apm2_executor_direct_iface_init (Apm2ExecutorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    Apm2ExecutorDirect,
    apm2_executor_direct,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (APM2_TYPE_EXECUTOR, apm2_executor_direct_iface_init))

static void
apm2_executor_direct_finalize (GObject *object)
{
  Apm2ExecutorDirect *self = APM2_EXECUTOR_DIRECT (object);

  g_clear_object (&self->orphans);
  g_clear_object (&self->config);
  g_free (self->program);
  G_OBJECT_CLASS (apm2_executor_direct_parent_class)->finalize (object);
}

static void
apm2_executor_direct_class_init (Apm2ExecutorDirectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_executor_direct_finalize;
}

static void
apm2_executor_direct_init (Apm2ExecutorDirect *self)
{
}

/* RLIMIT_NPROC counts the user, not the job. Where other programs share the
 * user, or the user is root, it would fail jobs at random or do nothing. Where
 * the user is the worker's own it stops a fork bomb before the machine does. */
static guint64
get_tasks_max (Apm2ExecutorDirect *self, guint64 tasks_max)
{
  guint64 all = 0;

  if (self->tasks_factor == 0 || tasks_max == 0
      || !g_uint64_checked_mul (&all, tasks_max, self->tasks_factor)
      || !g_uint64_checked_add (&all, all, TASKS_OWN))
    return 0;
  return all;
}

static Apm2JobPlace *
apm2_executor_direct_open_place (Apm2Executor *executor,
                                 const Apm2Lease *lease,
                                 const Apm2JobSpec *spec)
{
  Apm2ExecutorDirect *self = APM2_EXECUTOR_DIRECT (executor);
  Apm2Workspace *workspace
      = apm2_workspace_new (self->paths, lease->job_id, lease->attempt);

  Apm2JobPlace *place
      = APM2_JOB_PLACE (apm2_direct_place_new (self, workspace));

  apm2_job_place_set_config (place, self->config);
  apm2_job_place_set_paths (place, self->paths);
  apm2_job_place_set_lane (place, spec->lane);
  return place;
}

static void
apm2_executor_direct_iface_init (Apm2ExecutorInterface *iface)
{
  iface->name = "direct";
  iface->open_place = apm2_executor_direct_open_place;
}

/**
 * apm2_executor_direct_new:
 * @paths: (transfer none): where jobs work; must outlive the executor
 * @config: (nullable): of the worker
 * @tasks_factor: jobs at once, if this user runs nothing but this worker and is
 *   not root; then tasks_max bounds the user's processes. 0: it bounds nothing
 * @error: NOT_FOUND if apm2-step is missing
 *
 * Makes this process a subreaper, and deaf to SIGPIPE.
 *
 * Returns: (transfer full): the executor
 */
Apm2ExecutorDirect *
apm2_executor_direct_new (const Apm2Paths *paths,
                          Apm2ActiveConfig *config,
                          guint tasks_factor,
                          GError **error)
{
  g_autofree char *program = apm2_paths_find_program ("apm2-step", error);
  Apm2ExecutorDirect *self = NULL;

  if (program == NULL)
    return NULL;
  (void) signal (SIGPIPE, SIG_IGN);
  self = g_object_new (APM2_TYPE_EXECUTOR_DIRECT, NULL);
  self->paths = paths;
  g_set_object (&self->config, config);
  self->program = g_steal_pointer (&program);
  self->tasks_factor = tasks_factor;
  self->orphans = apm2_orphans_new ();
  return self;
}

/**
 * apm2_executor_direct_start_step:
 * @self: the executor
 * @order: (transfer none): what to run
 * @error: if it cannot even be tried
 *
 * Returns: (transfer full): the step; dropping it before its end kills it
 */
Apm2StepRun *
apm2_executor_direct_start_step (Apm2ExecutorDirect *self,
                                 const Apm2StepOrder *order,
                                 GError **error)
{
  Apm2StepOrder limited = *order;
  Apm2StepProcess *process = NULL;

  g_return_val_if_fail (APM2_IS_EXECUTOR_DIRECT (self), NULL);

  limited.tasks_max = get_tasks_max (self, order->tasks_max);
  process
      = apm2_step_process_new (self->program, self->orphans, &limited, error);
  return process != NULL ? APM2_STEP_RUN (process) : NULL;
}
