/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whose caches are in a slot.
 *
 * Jobs of one project may find what those before them left, and nobody else:
 * a cache that a stranger wrote would decide about the gates of a commit. What
 * is in a workspace could be written by any job; so whose it is stands in a
 * file that no job sees. Without that file nothing is kept, and it is forgotten
 * for good before another job comes in.
 */

#include "apm2-lane-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-log.h"

#define KEY_SIZE 64 /* of a SHA-256 in hexadecimal */

/**
 * apm2_lane_cache_get_key:
 * @spec: a job
 *
 * Returns: (transfer full) (nullable): whose caches it may see; %NULL: nobody's
 */
char *
apm2_lane_cache_get_key (const Apm2JobSpec *spec)
{
  if (spec->kind != APM2_JOB_KIND_GATES || spec->source_project == NULL)
    return NULL;
  return g_compute_checksum_for_string (
      G_CHECKSUM_SHA256, spec->source_project, -1);
}

/**
 * apm2_lane_cache_is_wanted:
 * @spec: a job
 *
 * Returns: whether it leaves caches to others
 */
gboolean
apm2_lane_cache_is_wanted (const Apm2JobSpec *spec)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (step->caches != NULL && step->caches[0] != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_key (const char *text, gsize length)
{
  return length == KEY_SIZE && strspn (text, "0123456789abcdef") == KEY_SIZE;
}

/**
 * apm2_lane_cache_read:
 * @files: of a slot
 *
 * Returns: (transfer full) (nullable): whose caches are in it
 */
char *
apm2_lane_cache_read (const Apm2LaneFiles *files)
{
  gsize length = 0;
  g_autofree char *text
      = apm2_fs_read_file (AT_FDCWD, files->cache, KEY_SIZE, &length, NULL);

  return text != NULL && is_key (text, length) ? g_steal_pointer (&text) : NULL;
}

/**
 * apm2_lane_cache_write:
 * @files: of a slot in which only caches of @key are, or none
 * @key: whose they will be
 * @error: return location
 *
 * Returns: %TRUE if that is written down; not for good, and need not be
 */
gboolean
apm2_lane_cache_write (const Apm2LaneFiles *files,
                       const char *key,
                       GError **error)
{
  apm2_autofd int fd
      = open (files->cache,
              O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
              0600);

  if (fd >= 0 && write (fd, key, KEY_SIZE) == KEY_SIZE)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot write %s", files->cache);
  return FALSE;
}

/**
 * apm2_lane_cache_forget:
 * @files: of a slot
 * @error: return location
 *
 * Returns: %TRUE if nobody's caches are in it, for good
 */
gboolean
apm2_lane_cache_forget (const Apm2LaneFiles *files, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (files->cache);
  apm2_autofd int fd = -1;

  if (unlink (files->cache) < 0)
    {
      if (errno == ENOENT)
        return TRUE;
      apm2_error_set_errno (error, errno, "Cannot remove %s", files->cache);
      return FALSE;
    }
  fd = apm2_fs_open_dir (dir, error);
  if (fd < 0)
    return FALSE;
  if (fsync (fd) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot write %s", dir);
  return FALSE;
}

typedef struct
{
  Apm2LaneFiles *files;
  char *key; /* (nullable) */
} Settle;

static void
settle_free (gpointer data)
{
  Settle *self = data;

  apm2_lane_files_unref (self->files);
  g_free (self->key);
  g_free (self);
}

static void
settle_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  const Settle *self = data;
  GError *error = NULL;

  if (self->key != NULL ? apm2_lane_cache_write (self->files, self->key, &error)
                        : apm2_lane_cache_forget (self->files, &error))
    g_task_return_boolean (task, TRUE);
  else
    {
      apm2_log (G_LOG_LEVEL_WARNING,
                NULL,
                "Whose caches a slot has cannot be kept: %s",
                error->message);
      g_task_return_error (task, error);
    }
}

/**
 * apm2_lane_cache_settle_async:
 * @files: of a slot
 * @key: (nullable): whose caches it has; %NULL: those in it are to go
 * @callback: called when that is written down
 * @user_data: for @callback
 *
 * They go when the slot is armed the next time for a clean workspace.
 */
void
apm2_lane_cache_settle_async (Apm2LaneFiles *files,
                              const char *key,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Settle *settle = g_new0 (Settle, 1);

  settle->files = apm2_lane_files_ref (files);
  settle->key = g_strdup (key);
  g_task_set_source_tag (task, apm2_lane_cache_settle_async);
  g_task_set_task_data (task, settle, settle_free);
  g_task_run_in_thread (task, settle_in_thread);
}

gboolean
apm2_lane_cache_settle_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
