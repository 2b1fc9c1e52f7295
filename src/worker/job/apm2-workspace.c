/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where a job works: made before its first step, removed after its last.
 *
 * All of it is the disk's work and done in a thread; the disk may hang and the
 * main loop may not. Nothing here is made durable: after a crash a workspace is
 * of no use to anybody, and what a crash left is removed when the job comes
 * back.
 */

#include "apm2-workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "apm2-error.h"
#include "apm2-fs-remove.h"
#include "apm2-step-prepare.h"

/**
 * apm2_workspace_new_at:
 * @top: the directory with all but the logs
 * @paths: where the logs are
 * @job_id: a valid job id
 * @attempt: which attempt
 *
 * Touches no file.
 *
 * Returns: (transfer full): the workspace
 */
Apm2Workspace *
apm2_workspace_new_at (const char *top,
                       const Apm2Paths *paths,
                       const char *job_id,
                       guint attempt)
{
  Apm2Workspace *self = g_new0 (Apm2Workspace, 1);
  g_autofree char *log = apm2_paths_get_log_file (paths, job_id, attempt, 0);

  g_atomic_ref_count_init (&self->ref_count);
  self->top = g_strdup (top);
  self->home = g_build_filename (self->top, "home", NULL);
  self->tmp = g_build_filename (self->top, "tmp", NULL);
  self->work = g_build_filename (self->top, "work", NULL);
  self->progress_fifo
      = g_build_filename (self->top, APM2_STEP_LANE_PROGRESS_FIFO, NULL);
  self->logs = g_path_get_dirname (log);
  return self;
}

/**
 * apm2_workspace_new:
 * @paths: where jobs work
 * @job_id: a valid job id
 * @attempt: which attempt
 *
 * Returns: (transfer full): a workspace of its own for a job
 */
Apm2Workspace *
apm2_workspace_new (const Apm2Paths *paths, const char *job_id, guint attempt)
{
  g_autofree char *top = g_build_filename (paths->work_dir, job_id, NULL);

  return apm2_workspace_new_at (top, paths, job_id, attempt);
}

/**
 * apm2_workspace_ref:
 * @self: a workspace
 *
 * Returns: (transfer full): @self
 */
Apm2Workspace *
apm2_workspace_ref (Apm2Workspace *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * apm2_workspace_unref:
 * @self: (transfer full): a workspace; its directories stay
 */
void
apm2_workspace_unref (Apm2Workspace *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->top);
  g_free (self->home);
  g_free (self->tmp);
  g_free (self->work);
  g_free (self->progress_fifo);
  g_free (self->logs);
  g_free (self);
}

static gboolean
make_dir (const char *path, GError **error)
{
  if (mkdir (path, 0700) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot make directory %s", path);
  return FALSE;
}

/* The umask says whether the group, which is the broker's in system mode, may
 * look into it. There may be logs of an earlier attempt. */
static gboolean
make_log_dir (const char *path, GError **error)
{
  if (mkdir (path, 0750) == 0 || errno == EEXIST)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot make directory %s", path);
  return FALSE;
}

static void
prepare_in_thread (GTask *task,
                   gpointer source,
                   gpointer data,
                   GCancellable *cancellable)
{
  const Apm2Workspace *self = data;
  g_autofree char *job_logs = g_path_get_dirname (self->logs);
  g_autoptr (GError) error = NULL;

  if (!apm2_fs_remove_tree (AT_FDCWD, self->top, &error)
      || !make_dir (self->top, &error) || !make_dir (self->home, &error)
      || !make_dir (self->tmp, &error) || !make_dir (self->work, &error)
      || !make_log_dir (job_logs, &error) || !make_log_dir (self->logs, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
remove_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  const Apm2Workspace *self = data;
  GError *error = NULL;

  if (!apm2_fs_remove_tree (AT_FDCWD, self->top, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
run (Apm2Workspace *self,
     gpointer source_tag,
     GTaskThreadFunc func,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (
      task, apm2_workspace_ref (self), (GDestroyNotify) apm2_workspace_unref);
  g_task_run_in_thread (task, func);
}

/**
 * apm2_workspace_prepare_async:
 * @self: a workspace
 * @callback: called when its directories are there, and empty but for old logs
 * @user_data: for @callback
 */
void
apm2_workspace_prepare_async (Apm2Workspace *self,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  run (self,
       apm2_workspace_prepare_async,
       prepare_in_thread,
       callback,
       user_data);
}

gboolean
apm2_workspace_prepare_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_workspace_remove_async:
 * @self: a workspace in which nobody works any more
 * @callback: called when all but the logs is gone
 * @user_data: for @callback
 */
void
apm2_workspace_remove_async (Apm2Workspace *self,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  run (
      self, apm2_workspace_remove_async, remove_in_thread, callback, user_data);
}

gboolean
apm2_workspace_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
