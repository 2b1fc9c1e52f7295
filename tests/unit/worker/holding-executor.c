/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An executor for tests of what is held: it counts what is made ready, what is
 * let run and what is ended.
 */

#include "holding-executor.h"

/* --- steps --- */

#define TYPE_HOLDING_STEP (holding_step_get_type ())
G_DECLARE_FINAL_TYPE (HoldingStep, holding_step, HOLDING, STEP, Apm2StepRun)

struct _HoldingStep
{
  Apm2StepRun parent_instance;

  HoldingExecutor *executor;
  gboolean held;
};

G_DEFINE_FINAL_TYPE (HoldingStep, holding_step, APM2_TYPE_STEP_RUN)

static gboolean
on_end_told (gpointer user_data)
{
  HoldingStep *self = user_data;
  g_autoptr (Apm2StepEnd) end = apm2_step_end_new (
      self->held ? APM2_STEP_END_TERMINATED : APM2_STEP_END_SELF);

  end->exit_status = self->held ? -1 : 0;
  apm2_step_run_emit_ended (APM2_STEP_RUN (self), end);
  return G_SOURCE_REMOVE;
}

static void
end_later (HoldingStep *self)
{
  (void) g_idle_add_full (
      G_PRIORITY_DEFAULT, on_end_told, g_object_ref (self), g_object_unref);
}

static void
holding_step_terminate (Apm2StepRun *run, guint64 grace_usec)
{
  HoldingStep *self = HOLDING_STEP (run);

  if (!self->held)
    return;
  self->executor->n_held--;
  self->executor->n_ended++;
  end_later (self);
}

static void
let_run (HoldingStep *self)
{
  self->held = FALSE;
  self->executor->n_run++;
  end_later (self);
}

static void
holding_step_release (Apm2StepRun *run)
{
  HoldingStep *self = HOLDING_STEP (run);

  if (!self->held)
    return;
  self->executor->n_held--;
  let_run (self);
}

static void
holding_step_set_fence (Apm2StepRun *run, gint64 boottime)
{
}

static void
holding_step_finalize (GObject *object)
{
  g_object_unref (HOLDING_STEP (object)->executor);
  G_OBJECT_CLASS (holding_step_parent_class)->finalize (object);
}

static void
holding_step_class_init (HoldingStepClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = holding_step_finalize;
  APM2_STEP_RUN_CLASS (klass)->terminate = holding_step_terminate;
  APM2_STEP_RUN_CLASS (klass)->release = holding_step_release;
  APM2_STEP_RUN_CLASS (klass)->set_fence = holding_step_set_fence;
}

static void
holding_step_init (HoldingStep *self)
{
}

/* --- places --- */

#define TYPE_HOLDING_PLACE (holding_place_get_type ())
G_DECLARE_FINAL_TYPE (HoldingPlace, holding_place, HOLDING, PLACE, Apm2JobPlace)

struct _HoldingPlace
{
  Apm2JobPlace parent_instance;

  HoldingExecutor *executor;
};

G_DEFINE_FINAL_TYPE (HoldingPlace, holding_place, APM2_TYPE_JOB_PLACE)

static void
holding_place_prepare (Apm2JobPlace *place, GTask *task)
{
  HOLDING_PLACE (place)->executor->n_places++;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
holding_place_clear (Apm2JobPlace *place, GTask *task)
{
  HOLDING_PLACE (place)->executor->n_places--;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static Apm2StepRun *
holding_place_start_step (Apm2JobPlace *place,
                          const Apm2StepOrder *order,
                          const Apm2JobProgress *progress,
                          GError **error)
{
  HoldingStep *step = g_object_new (TYPE_HOLDING_STEP, NULL);

  step->executor = g_object_ref (HOLDING_PLACE (place)->executor);
  step->held = order->held;
  if (step->held)
    step->executor->n_held++;
  else
    let_run (step);
  return APM2_STEP_RUN (step);
}

static const char *
holding_place_get_containment (Apm2JobPlace *place)
{
  return "none";
}

static void
holding_place_finalize (GObject *object)
{
  g_object_unref (HOLDING_PLACE (object)->executor);
  G_OBJECT_CLASS (holding_place_parent_class)->finalize (object);
}

static void
holding_place_class_init (HoldingPlaceClass *klass)
{
  Apm2JobPlaceClass *place_class = APM2_JOB_PLACE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = holding_place_finalize;
  place_class->prepare = holding_place_prepare;
  place_class->clear = holding_place_clear;
  place_class->start_step = holding_place_start_step;
  place_class->get_containment = holding_place_get_containment;
}

static void
holding_place_init (HoldingPlace *self)
{
}

/* --- the executor --- */

static void holding_executor_iface_init (Apm2ExecutorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    HoldingExecutor,
    holding_executor,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (APM2_TYPE_EXECUTOR, holding_executor_iface_init))

static Apm2JobPlace *
holding_executor_open_place (Apm2Executor *executor,
                             const Apm2Lease *lease,
                             const Apm2JobSpec *spec)
{
  HoldingExecutor *self = HOLDING_EXECUTOR (executor);
  HoldingPlace *place = g_object_new (TYPE_HOLDING_PLACE, NULL);
  Apm2JobPlace *base = APM2_JOB_PLACE (place);

  place->executor = g_object_ref (self);
  apm2_job_place_set_workspace (
      base, apm2_workspace_new (self->paths, lease->job_id, lease->attempt));
  if (self->can_hold)
    apm2_job_place_set_can_hold (base);
  return base;
}

static void
holding_executor_iface_init (Apm2ExecutorInterface *iface)
{
  iface->name = "holding";
  iface->outlives = TRUE;
  iface->open_place = holding_executor_open_place;
}

static void
holding_executor_class_init (HoldingExecutorClass *klass)
{
}

static void
holding_executor_init (HoldingExecutor *self)
{
  self->can_hold = TRUE;
}

HoldingExecutor *
holding_executor_new (const Apm2Paths *paths)
{
  HoldingExecutor *self = g_object_new (TYPE_HOLDING_EXECUTOR, NULL);

  self->paths = paths;
  return self;
}
