/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The place of a job whose steps nothing contains: a workspace that is made for
 * it and removed after it.
 */

#include "apm2-direct-place.h"

struct _Apm2DirectPlace
{
  Apm2JobPlace parent_instance;

  Apm2ExecutorDirect *executor;
  Apm2Workspace *workspace;
};

G_DEFINE_FINAL_TYPE (Apm2DirectPlace, apm2_direct_place, APM2_TYPE_JOB_PLACE)

static void
apm2_direct_place_finalize (GObject *object)
{
  Apm2DirectPlace *self = APM2_DIRECT_PLACE (object);

  g_clear_object (&self->executor);
  g_clear_pointer (&self->workspace, apm2_workspace_unref);
  G_OBJECT_CLASS (apm2_direct_place_parent_class)->finalize (object);
}

static void
pass_on (GAsyncResult *result,
         GTask *task,
         gboolean (*finish) (GAsyncResult *, GError **))
{
  GError *error = NULL;

  if (!finish (result, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  pass_on (result, user_data, apm2_workspace_prepare_finish);
}

static void
apm2_direct_place_prepare (Apm2JobPlace *place, GTask *task)
{
  Apm2DirectPlace *self = APM2_DIRECT_PLACE (place);

  apm2_workspace_prepare_async (self->workspace, on_prepared, task);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  pass_on (result, user_data, apm2_workspace_remove_finish);
}

static void
apm2_direct_place_clear (Apm2JobPlace *place, GTask *task)
{
  Apm2DirectPlace *self = APM2_DIRECT_PLACE (place);

  apm2_workspace_remove_async (self->workspace, on_removed, task);
}

static Apm2StepRun *
apm2_direct_place_start_step (Apm2JobPlace *place,
                              const Apm2StepOrder *order,
                              const Apm2JobProgress *progress,
                              GError **error)
{
  Apm2DirectPlace *self = APM2_DIRECT_PLACE (place);

  return apm2_executor_direct_start_step (self->executor, order, error);
}

static const char *
apm2_direct_place_get_containment (Apm2JobPlace *place)
{
  return "none";
}

static void
apm2_direct_place_class_init (Apm2DirectPlaceClass *klass)
{
  Apm2JobPlaceClass *place_class = APM2_JOB_PLACE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = apm2_direct_place_finalize;
  place_class->prepare = apm2_direct_place_prepare;
  place_class->clear = apm2_direct_place_clear;
  place_class->start_step = apm2_direct_place_start_step;
  place_class->get_containment = apm2_direct_place_get_containment;
}

static void
apm2_direct_place_init (Apm2DirectPlace *self)
{
}

/**
 * apm2_direct_place_new:
 * @executor: runs the steps
 * @workspace: (transfer full): where they work
 *
 * Returns: (transfer full): a place that is not prepared
 */
Apm2DirectPlace *
apm2_direct_place_new (Apm2ExecutorDirect *executor, Apm2Workspace *workspace)
{
  Apm2DirectPlace *self = g_object_new (APM2_TYPE_DIRECT_PLACE, NULL);

  self->executor = g_object_ref (executor);
  self->workspace = apm2_workspace_ref (workspace);
  apm2_job_place_set_workspace (APM2_JOB_PLACE (self), workspace);
  return self;
}
