/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files of one slot of a lane.
 *
 * They lie where the slot's unit expects them. Events and log are made anew
 * before each start of the unit, as new files: what an earlier process may
 * still write goes where nobody looks. What touches a disk is done in a thread.
 */

#include "apm2-lane-files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-lane-cache.h"

#define SYSTEM_WORKSPACES "/var/lib/apm2-lanes"

/* The broker shows the logs, and in system mode it is another user. */
static mode_t
get_log_mode (Apm2Mode mode)
{
  return mode == APM2_MODE_SYSTEM ? 0640 : 0600;
}

static mode_t
get_dir_mode (Apm2Mode mode)
{
  return mode == APM2_MODE_SYSTEM ? 0750 : 0700;
}

/**
 * apm2_lane_files_get_directory:
 * @paths: the paths
 *
 * Returns: (transfer full): the directory with what the worker keeps of its
 *   slots while they run
 */
char *
apm2_lane_files_get_directory (const Apm2Paths *paths)
{
  return g_build_filename (paths->runtime_dir, "lanes", NULL);
}

/**
 * apm2_lane_files_get_mirrors:
 * @paths: the paths
 *
 * Returns: (transfer full): the directory with the mirrors of repositories
 */
char *
apm2_lane_files_get_mirrors (const Apm2Paths *paths)
{
  return g_build_filename (paths->fac_dir, "mirrors", NULL);
}

static char *
get_file (const char *dir, const char *slot, const char *suffix)
{
  return g_strconcat (dir, "/", slot, suffix, NULL);
}

/**
 * apm2_lane_files_new:
 * @paths: the paths
 * @slot: a slot
 *
 * Touches no file.
 *
 * Returns: (transfer full): its files
 */
Apm2LaneFiles *
apm2_lane_files_new (const Apm2Paths *paths, const char *slot)
{
  Apm2LaneFiles *self = g_new0 (Apm2LaneFiles, 1);
  g_autofree char *dir = apm2_lane_files_get_directory (paths);
  g_autofree char *logs = g_build_filename (paths->fac_dir, "lanes", NULL);

  g_atomic_ref_count_init (&self->ref_count);
  self->mode = paths->mode;
  self->step = get_file (dir, slot, ".step");
  self->events = get_file (dir, slot, ".events");
  self->record = get_file (dir, slot, ".json");
  self->log = get_file (logs, slot, ".log");
  self->cache = get_file (logs, slot, ".cache");
  self->workspace = g_build_filename (
      paths->mode == APM2_MODE_SYSTEM ? SYSTEM_WORKSPACES : paths->work_dir,
      slot,
      NULL);
  return self;
}

/**
 * apm2_lane_files_ref:
 * @self: files
 *
 * Returns: (transfer full): @self
 */
Apm2LaneFiles *
apm2_lane_files_ref (Apm2LaneFiles *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * apm2_lane_files_unref:
 * @self: (transfer full): files, which stay
 */
void
apm2_lane_files_unref (Apm2LaneFiles *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->step);
  g_free (self->events);
  g_free (self->log);
  g_free (self->record);
  g_free (self->cache);
  g_free (self->workspace);
  g_free (self);
}

/**
 * apm2_lane_files_ensure_dirs:
 * @paths: the paths
 * @error: return location
 *
 * Makes the directories that the files of all slots need.
 *
 * Returns: %TRUE if they are there
 */
gboolean
apm2_lane_files_ensure_dirs (const Apm2Paths *paths, GError **error)
{
  g_autofree char *dir = apm2_lane_files_get_directory (paths);
  g_autofree char *logs = g_build_filename (paths->fac_dir, "lanes", NULL);
  g_autofree char *mirrors = apm2_lane_files_get_mirrors (paths);
  mode_t mode = get_dir_mode (paths->mode);

  /* In system mode they are made when the system starts, and are not ours. */
  if (paths->mode == APM2_MODE_SYSTEM && g_file_test (dir, G_FILE_TEST_IS_DIR)
      && g_file_test (logs, G_FILE_TEST_IS_DIR)
      && g_file_test (mirrors, G_FILE_TEST_IS_DIR))
    return TRUE;
  return apm2_fs_ensure_dir (dir, mode, error)
         && apm2_fs_ensure_dir (logs, mode, error)
         && apm2_fs_ensure_dir (mirrors, mode, error);
}

static gboolean
make_file (const char *path, mode_t mode, GError **error)
{
  apm2_autofd int fd = -1;

  if (unlink (path) < 0 && errno != ENOENT)
    {
      apm2_error_set_errno (error, errno, "Cannot remove %s", path);
      return FALSE;
    }
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || (mode != 0600 && fchmod (fd, mode) < 0))
    {
      apm2_error_set_errno (error, errno, "Cannot make %s", path);
      return FALSE;
    }
  return TRUE;
}

static gboolean
make_dir (const char *path, mode_t mode, GError **error)
{
  if (mkdir (path, mode) == 0 || errno == EEXIST)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot make directory %s", path);
  return FALSE;
}

static void
make_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  const Apm2LaneFiles *self = data;
  g_autoptr (GError) error = NULL;

  if (!make_file (self->events, 0600, &error)
      || !make_file (self->log, get_log_mode (self->mode), &error)
      || (self->mode != APM2_MODE_SYSTEM
          && !make_dir (self->workspace, 0700, &error)))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    {
      char *cache = apm2_lane_cache_read (self);

      g_task_return_pointer (
          task, cache != NULL ? cache : g_strdup (""), g_free);
    }
}

/**
 * apm2_lane_files_make_async:
 * @self: files of a slot whose unit does not run
 * @callback: called when all that the unit needs but its input is there, and
 *   empty but for the workspace
 * @user_data: for @callback
 */
void
apm2_lane_files_make_async (Apm2LaneFiles *self,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_lane_files_make_async);
  g_task_set_task_data (
      task, apm2_lane_files_ref (self), (GDestroyNotify) apm2_lane_files_unref);
  g_task_run_in_thread (task, make_in_thread);
}

/**
 * apm2_lane_files_make_finish:
 * @result: of apm2_lane_files_make_async()
 * @ret_cache: (out) (optional) (nullable): whose caches the workspace has
 * @error: return location
 *
 * Returns: %TRUE if all is there
 */
gboolean
apm2_lane_files_make_finish (GAsyncResult *result,
                             char **ret_cache,
                             GError **error)
{
  g_autofree char *cache = g_task_propagate_pointer (G_TASK (result), error);

  if (cache == NULL)
    return FALSE;
  if (ret_cache != NULL)
    *ret_cache = *cache != '\0' ? g_steal_pointer (&cache) : NULL;
  return TRUE;
}

typedef struct
{
  Apm2LaneFiles *files;
  char *path;
} PathCall;

static void
path_call_free (gpointer data)
{
  PathCall *self = data;

  apm2_lane_files_unref (self->files);
  g_free (self->path);
  g_free (self);
}

static void
run_with_path (Apm2LaneFiles *self,
               const char *path,
               gpointer source_tag,
               GTaskThreadFunc func,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  PathCall *call = g_new0 (PathCall, 1);

  call->files = apm2_lane_files_ref (self);
  call->path = g_strdup (path);
  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, call, path_call_free);
  g_task_run_in_thread (task, func);
}

static gboolean
make_logs (const Apm2LaneFiles *self, const char *logs, GError **error)
{
  g_autofree char *job = g_path_get_dirname (logs);
  mode_t mode = get_dir_mode (self->mode);

  return make_dir (job, mode, error) && make_dir (logs, mode, error);
}

static void
make_logs_in_thread (GTask *task,
                     gpointer source,
                     gpointer data,
                     GCancellable *cancellable)
{
  const PathCall *call = data;
  GError *error = NULL;

  if (!make_logs (call->files, call->path, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * apm2_lane_files_make_logs_async:
 * @self: files of a slot
 * @logs: directory of the logs of an attempt
 * @callback: called when it is there
 * @user_data: for @callback
 */
void
apm2_lane_files_make_logs_async (Apm2LaneFiles *self,
                                 const char *logs,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  run_with_path (self,
                 logs,
                 apm2_lane_files_make_logs_async,
                 make_logs_in_thread,
                 callback,
                 user_data);
}

gboolean
apm2_lane_files_make_logs_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Returns: 0 if it has the name, else an errno */
static int
link_log (const Apm2LaneFiles *self, const char *log_file)
{
  if (link (self->log, log_file) == 0)
    return 0;
  /* Of a step that was about to begin when an earlier process died. */
  if (errno != EEXIST)
    return errno;
  (void) unlink (log_file);
  return link (self->log, log_file) == 0 ? 0 : errno;
}

static void
take_log_in_thread (GTask *task,
                    gpointer source,
                    gpointer data,
                    GCancellable *cancellable)
{
  const PathCall *call = data;
  g_autofree char *logs = g_path_get_dirname (call->path);
  g_autoptr (GError) error = NULL;
  int error_number = link_log (call->files, call->path);

  /* The log has been taken before, or it is the first of an attempt. */
  if (error_number == ENOENT && access (call->path, F_OK) == 0)
    error_number = 0;
  else if (error_number == ENOENT && make_logs (call->files, logs, &error))
    error_number = link_log (call->files, call->path);
  if (error_number != 0 && error == NULL)
    apm2_error_set_errno (
        &error, error_number, "Cannot make the log %s", call->path);
  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  (void) unlink (call->files->log);
  g_task_return_boolean (task, TRUE);
}

/**
 * apm2_lane_files_take_log_async:
 * @self: files of a slot with a step
 * @log_file: the log of the step; its directory is made
 * @callback: called when what the step writes is found there
 * @user_data: for @callback
 *
 * Doing it again does nothing.
 */
void
apm2_lane_files_take_log_async (Apm2LaneFiles *self,
                                const char *log_file,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  run_with_path (self,
                 log_file,
                 apm2_lane_files_take_log_async,
                 take_log_in_thread,
                 callback,
                 user_data);
}

gboolean
apm2_lane_files_take_log_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_lane_files_make_log_dirs:
 * @self: files of a slot
 * @log_file: the log of a step
 * @error: return location
 *
 * Blocks.
 *
 * Returns: %TRUE if its directory is there
 */
gboolean
apm2_lane_files_make_log_dirs (const Apm2LaneFiles *self,
                               const char *log_file,
                               GError **error)
{
  g_autofree char *logs = g_path_get_dirname (log_file);

  return make_logs (self, logs, error);
}

/**
 * apm2_lane_files_get_log_mode:
 * @self: files of a slot
 *
 * Returns: the mode of a log
 */
guint
apm2_lane_files_get_log_mode (const Apm2LaneFiles *self)
{
  return get_log_mode (self->mode);
}
