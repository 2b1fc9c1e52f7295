/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The record of what housekeeping has removed: gc.log, one JSON object a line.
 *
 * A line for each thing is written before the thing goes, one for each run when
 * it is over. A file that has grown large becomes gc.log.1.
 */

#include "apm2-gc-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-names.h"

#define FILE_NAME "gc.log"
#define OLD_NAME  "gc.log.1"
#define BYTES_MAX (G_GUINT64_CONSTANT (8) * 1024 * 1024)
/* More than a file ever has: it grows by one append beyond its bound. */
#define READ_MAX (BYTES_MAX * 2)

typedef struct
{
  Apm2Paths *paths;
  char *lines; /* (nullable) */
  guint limit;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  apm2_paths_free (call->paths);
  g_free (call->lines);
  g_free (call);
}

static void
make_room (int dirfd)
{
  struct stat info;

  if (fstatat (dirfd, FILE_NAME, &info, AT_SYMLINK_NOFOLLOW) == 0
      && (guint64) info.st_size >= BYTES_MAX)
    (void) renameat (dirfd, FILE_NAME, dirfd, OLD_NAME);
}

static gboolean
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      ssize_t n = write (fd, text, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      text += n;
      left -= (gsize) n;
    }
  return fdatasync (fd) == 0;
}

/**
 * apm2_gc_log_append:
 * @paths: the paths
 * @lines: JSON objects, each with a line break behind it
 * @error: return location
 *
 * Blocks: for a thread.
 *
 * Returns: %TRUE if they are on the disk
 */
gboolean
apm2_gc_log_append (const Apm2Paths *paths, const char *lines, GError **error)
{
  apm2_autofd int dirfd = apm2_fs_open_dir (paths->fac_dir, error);
  apm2_autofd int fd = -1;

  if (dirfd < 0)
    return FALSE;
  make_room (dirfd);
  fd = openat (dirfd,
               FILE_NAME,
               O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC
                   | O_NONBLOCK | O_NOCTTY,
               0600);
  if (fd >= 0 && write_all (fd, lines))
    return TRUE;
  apm2_error_set_errno (error,
                        errno,
                        "Cannot record in %s/%s what is removed",
                        paths->fac_dir,
                        FILE_NAME);
  return FALSE;
}

/* Takes the runs of one file, newest first. */
static void
take_runs (GPtrArray *runs, char *text, guint limit)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = g_strv_length (lines); i > 0 && runs->len < limit; i--)
    if (strstr (lines[i - 1], "\"" APM2_SCHEMA_GC_RUN "\"") != NULL)
      g_ptr_array_add (runs, g_strdup (lines[i - 1]));
}

/**
 * apm2_gc_log_read_runs:
 * @paths: the paths
 * @limit: how many
 * @error: return location
 *
 * Blocks: for a thread.
 *
 * Returns: (transfer full) (element-type utf8): the last runs, newest first, as
 *   apm2_gc_run_to_json() wrote them
 */
GPtrArray *
apm2_gc_log_read_runs (const Apm2Paths *paths, guint limit, GError **error)
{
  static const char *const names[] = { FILE_NAME, OLD_NAME };
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_free);
  apm2_autofd int dirfd = apm2_fs_open_dir (paths->fac_dir, error);

  if (dirfd < 0)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (names) && runs->len < limit; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *text
          = apm2_fs_read_file (dirfd, names[i], READ_MAX, NULL, &local);

      if (text != NULL)
        take_runs (runs, text, limit);
      else if (!g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
    }
  return g_steal_pointer (&runs);
}

static void
append_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  const Call *call = data;
  g_autoptr (GError) error = NULL;

  if (apm2_gc_log_append (call->paths, call->lines, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
read_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  const Call *call = data;
  g_autoptr (GError) error = NULL;
  GPtrArray *runs = apm2_gc_log_read_runs (call->paths, call->limit, &error);

  if (runs != NULL)
    g_task_return_pointer (task, runs, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
run (const Apm2Paths *paths,
     const char *lines,
     guint limit,
     GTaskThreadFunc func,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->paths = apm2_paths_copy (paths);
  call->lines = g_strdup (lines);
  call->limit = limit;
  g_task_set_task_data (task, call, call_free);
  g_task_run_in_thread (task, func);
}

/**
 * apm2_gc_log_append_async:
 * @paths: the paths
 * @lines: as of apm2_gc_log_append(); copied
 * @callback: called when it is done
 * @user_data: for @callback
 */
void
apm2_gc_log_append_async (const Apm2Paths *paths,
                          const char *lines,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  run (paths, lines, 0, append_in_thread, callback, user_data);
}

gboolean
apm2_gc_log_append_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * apm2_gc_log_read_runs_async:
 * @paths: the paths
 * @limit: how many
 * @callback: called when it is done
 * @user_data: for @callback
 */
void
apm2_gc_log_read_runs_async (const Apm2Paths *paths,
                             guint limit,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  run (paths, NULL, limit, read_in_thread, callback, user_data);
}

GPtrArray *
apm2_gc_log_read_runs_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
