/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The disk work of the incoming directory: list, read, remove, set aside.
 */

#include "apm2-incoming-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "apm2-json-gate.h"

#define SUFFIX APM2_INCOMING_SUFFIX
/* Names that are tried for a file in quarantine. */
#define ASIDE_TRIES_MAX 1000

typedef struct
{
  const Apm2Paths *paths;
  char *name;
  char *reason; /* (nullable) why it is set aside */
} FileWork;

static void
file_work_free (gpointer data)
{
  FileWork *work = data;

  g_free (work->name);
  g_free (work->reason);
  g_free (work);
}

static GTask *
file_task_new (gpointer source,
               const Apm2Paths *paths,
               const char *name,
               const char *reason,
               GAsyncReadyCallback callback)
{
  GTask *task = g_task_new (source, NULL, callback, NULL);
  FileWork *work = g_new0 (FileWork, 1);

  work->paths = paths;
  work->name = g_strdup (name);
  work->reason = g_strdup (reason);
  g_task_set_task_data (task, work, file_work_free);
  return task;
}

/**
 * apm2_incoming_file_get_name:
 * @result: the result of an act on one file
 *
 * Returns: (transfer none): its name
 */
const char *
apm2_incoming_file_get_name (GAsyncResult *result)
{
  const FileWork *work = g_task_get_task_data (G_TASK (result));

  return work->name;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) b, *(const char *const *) a);
}

static void
list_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (work->paths->incoming_dir, 0, &error);
  const char *name;

  if (dir == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  while (names->len < APM2_INCOMING_ROUND_MAX
         && (name = g_dir_read_name (dir)) != NULL)
    if (*name != '.' && g_str_has_suffix (name, SUFFIX))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_task_return_pointer (
      task, g_steal_pointer (&names), (GDestroyNotify) g_ptr_array_unref);
}

/**
 * apm2_incoming_file_list_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @callback: called with the result
 */
void
apm2_incoming_file_list_async (gpointer source,
                               const Apm2Paths *paths,
                               GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = file_task_new (source, paths, "", NULL, callback);

  g_task_run_in_thread (task, list_in_thread);
}

/**
 * apm2_incoming_file_list_finish:
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (element-type utf8) (nullable): names, last first
 */
GPtrArray *
apm2_incoming_file_list_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * apm2_incoming_file_read_spec:
 * @dir_path: the directory that holds the file
 * @name: its name there
 * @error: INVALID_ARGUMENT if it holds no valid spec
 *
 * Reads a spec from a file, and gives it a key of its own if it has none. The
 * key follows the file from directory to directory. Blocks on the disk.
 *
 * Returns: (transfer full) (nullable): a job spec, canonical JSON
 */
char *
apm2_incoming_file_read_spec (const char *dir_path,
                              const char *name,
                              GError **error)
{
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autofree char *text = NULL;
  apm2_autofd int dir = -1;
  struct stat info = { 0 };
  gsize length = 0;

  dir = apm2_fs_open_dir (dir_path, error);
  if (dir >= 0)
    text = apm2_fs_read_file (dir, name, APM2_JSON_BYTES_MAX, &length, error);
  if (text != NULL)
    spec = apm2_job_spec_from_json (text, length, error);
  if (spec == NULL)
    return NULL;

  if (spec->job_id == NULL && spec->idempotency_key == NULL)
    {
      g_autofree char *identity = NULL;
      g_autofree char *digest = NULL;

      (void) fstatat (dir, name, &info, AT_SYMLINK_NOFOLLOW);
      identity = g_strdup_printf ("%s/%" G_GUINT64_FORMAT "/%" G_GINT64_FORMAT
                                  ".%09ld",
                                  name,
                                  (guint64) info.st_ino,
                                  (gint64) info.st_mtim.tv_sec,
                                  info.st_mtim.tv_nsec);
      digest = apm2_json_digest (identity, strlen (identity));
      spec->idempotency_key = g_strconcat ("incoming:", digest, NULL);
    }
  return apm2_job_spec_to_json (spec, NULL);
}

static void
read_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GError) error = NULL;
  char *text = apm2_incoming_file_read_spec (
      work->paths->incoming_dir, work->name, &error);

  if (text == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, text, g_free);
}

/**
 * apm2_incoming_file_read_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @name: name of a file in it
 * @callback: called with the result
 */
void
apm2_incoming_file_read_async (gpointer source,
                               const Apm2Paths *paths,
                               const char *name,
                               GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = file_task_new (source, paths, name, NULL, callback);

  g_task_run_in_thread (task, read_in_thread);
}

/**
 * apm2_incoming_file_read_finish:
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a job spec, canonical JSON
 */
char *
apm2_incoming_file_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A name that is free in @dir: NAME.json, else NAME~2.json and so on, so that
 * what was set aside before is not lost. */
static char *
find_free_name (int dir, const char *name)
{
  struct stat info;
  const gsize stem = strlen (name) - strlen (SUFFIX);

  if (fstatat (dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return g_strdup (name);
  for (guint n = 2; n < ASIDE_TRIES_MAX; n++)
    {
      g_autofree char *other
          = g_strdup_printf ("%.*s~%u" SUFFIX, (int) stem, name, n);

      if (fstatat (dir, other, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return g_steal_pointer (&other);
    }
  return NULL;
}

/* The note comes first: a file without a reason would puzzle, a reason without
 * a file is overwritten by the next try. */
static gboolean
set_aside (const FileWork *work, int from, GError **error)
{
  apm2_autofd int to = apm2_fs_open_dir (work->paths->quarantine_dir, error);
  g_autofree char *name = NULL;
  g_autofree char *note = NULL;

  if (to < 0)
    return FALSE;
  name = find_free_name (to, work->name);
  if (name == NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_LIMIT_EXCEEDED,
                   "Cannot set aside %s: %d files of that name are there "
                   "already; see \"apm2 fac quarantine prune\"",
                   work->name,
                   ASIDE_TRIES_MAX);
      return FALSE;
    }
  note = g_strconcat (name, APM2_QUARANTINE_NOTE_SUFFIX, NULL);
  if (!apm2_fs_write_file (to,
                           note,
                           work->reason,
                           strlen (work->reason),
                           0600,
                           APM2_FS_WRITE_NONE,
                           error))
    return FALSE;
  if (renameat (from, work->name, to, name) == 0 || errno == ENOENT)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot set aside %s", work->name);
  return FALSE;
}

/* Removes an accepted file, or moves a refused one to quarantine. */
static void
dispose_in_thread (GTask *task,
                   gpointer source,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GError) error = NULL;
  apm2_autofd int from = -1;

  from = apm2_fs_open_dir (work->paths->incoming_dir, &error);
  if (from >= 0 && work->reason != NULL)
    (void) set_aside (work, from, &error);
  else if (from >= 0 && unlinkat (from, work->name, 0) != 0 && errno != ENOENT)
    apm2_error_set_errno (&error, errno, "Cannot remove %s", work->name);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * apm2_incoming_file_dispose_async:
 * @source: source object of the result
 * @paths: where the directories are
 * @name: name of a file
 * @reason: (nullable): why it is set aside; %NULL removes it
 * @callback: called with the result
 */
void
apm2_incoming_file_dispose_async (gpointer source,
                                  const Apm2Paths *paths,
                                  const char *name,
                                  const char *reason,
                                  GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task
      = file_task_new (source, paths, name, reason, callback);

  g_task_run_in_thread (task, dispose_in_thread);
}

/**
 * apm2_incoming_file_dispose_finish:
 * @result: the result
 * @error: return location
 *
 * Returns: whether the file is gone from the directory
 */
gboolean
apm2_incoming_file_dispose_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
