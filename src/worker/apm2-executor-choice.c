/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which executor a worker has: what it was told, or the best that there is.
 *
 * "systemd" is never replaced by something else. "auto" is not either in a
 * worker that the service manager itself runs: a manager that is slow for once
 * must not mean that jobs run without containment until the next start.
 */

#include "apm2-executor-choice.h"

#include "apm2-error.h"
#include "apm2-executor-direct.h"
#include "apm2-log.h"
#include "apm2-notify.h"

typedef struct
{
  gboolean automatic;
  Apm2ExecutorSettings settings;
} Choice;

static void
return_direct (GTask *task)
{
  const Choice *choice = g_task_get_task_data (task);
  const Apm2ExecutorSettings *settings = &choice->settings;
  GError *error = NULL;
  Apm2ExecutorDirect *direct = apm2_executor_direct_new (
      settings->paths, settings->config, settings->tasks_factor, &error);

  if (direct != NULL)
    g_task_return_pointer (task, direct, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
on_lane_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Choice *choice = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  Apm2ExecutorLane *lane = apm2_executor_lane_new_finish (result, &error);

  if (lane != NULL)
    {
      g_task_return_pointer (task, lane, g_object_unref);
      return;
    }
  if (!choice->automatic)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               "Cannot run jobs in units of systemd: %s; "
                               "--executor direct runs them without",
                               error->message);
      return;
    }
  apm2_log (G_LOG_LEVEL_MESSAGE,
            NULL,
            "Running jobs with the direct executor, without containment: %s",
            error->message);
  return_direct (task);
}

/**
 * apm2_executor_choose_async:
 * @name: auto, systemd or direct
 * @settings: (transfer none): for which worker
 * @callback: called when there is one, or cannot be
 * @user_data: for @callback
 */
void
apm2_executor_choose_async (const char *name,
                            const Apm2ExecutorSettings *settings,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Choice *choice = g_new0 (Choice, 1);

  choice->settings = *settings;
  choice->automatic = g_str_equal (name, "auto") && !apm2_notify_is_heard ();
  g_task_set_source_tag (task, apm2_executor_choose_async);
  g_task_set_task_data (task, choice, g_free);
  if (g_str_equal (name, "direct"))
    return_direct (task);
  else if (g_str_equal (name, "auto") || g_str_equal (name, "systemd"))
    apm2_executor_lane_new_async (
        settings, on_lane_made, g_steal_pointer (&task));
  else
    g_task_return_new_error (task,
                             APM2_ERROR,
                             APM2_ERROR_INVALID_ARGUMENT,
                             "'%s' is no executor; use 'auto', 'systemd' or "
                             "'direct'",
                             name);
}

/**
 * apm2_executor_choose_finish:
 * @result: of apm2_executor_choose_async()
 * @error: INVALID_ARGUMENT, UNAVAILABLE or NOT_FOUND, with what helps
 *
 * Returns: (transfer full): the executor
 */
Apm2Executor *
apm2_executor_choose_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
