/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The logs of steps that run at once in one slot.
 *
 * The manager of units opens one file for them, in which each has a part of its
 * own; see apm2-step-prepare.h. What is in such a part is copied behind what
 * the log of its step has already, so that it can be read along and a worker
 * that is started anew goes on where the last one stood. It is done in a
 * thread.
 */

#include "apm2-lane-log-part.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-step-prepare.h"

#define CHUNK (64 * 1024)

typedef struct
{
  Apm2LaneFiles *files;
  Apm2LaneLogPart part;
  char *log_file;
  guint64 bytes; /* of the log when it is done */
} Copy;

static void
copy_free (gpointer data)
{
  Copy *self = data;

  apm2_lane_files_unref (self->files);
  g_free (self->log_file);
  g_free (self);
}

static int
open_log (const Copy *self)
{
  return open (self->log_file,
               O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
                   | (self->part.anew ? O_TRUNC : 0),
               apm2_lane_files_get_log_mode (self->files));
}

static gboolean
copy_chunk (int from, int to, guint64 at, gsize length, gsize *ret_length)
{
  g_autofree char *data = g_malloc (length);
  gssize n = pread (from, data, length, (off_t) at);
  gssize done = 0;

  if (n < 0)
    return FALSE;
  while (done < n)
    {
      gssize written = write (to, data + done, (gsize) (n - done));

      if (written < 0 && errno != EINTR)
        return FALSE;
      done += MAX (written, 0);
    }
  *ret_length = (gsize) n;
  return TRUE;
}

/* Where it was cut off nobody has told: up to the first hole, and what is in
 * that block is zeros. */
static guint64
find_end (int from, guint64 base, const Apm2LaneLogPart *part)
{
  guint64 end = part->bytes;
  off_t hole = 0;
  g_autofree char *data = NULL;
  gssize n = 0;

  if (part->more == 0)
    return end;
  hole = lseek (from, (off_t) (base + end), SEEK_HOLE);
  if (hole < (off_t) (base + end))
    return end;
  data = g_malloc (part->more);
  n = pread (from,
             data,
             MIN (part->more, (guint64) hole - base - end),
             (off_t) (base + end));
  while (n > 0 && data[n - 1] == '\0')
    n--;
  return end + (guint64) MAX (n, 0);
}

static gboolean
copy_all (Copy *self, int from, int to)
{
  guint64 base = self->part.seat * APM2_STEP_WAVE_LOG_STRIDE;
  guint64 end = find_end (from, base, &self->part);
  struct stat st = { 0 };

  if (fstat (to, &st) < 0
      || fchmod (to, apm2_lane_files_get_log_mode (self->files)) < 0)
    return FALSE;
  self->bytes = (guint64) st.st_size;
  while (self->bytes < end)
    {
      gsize length = (gsize) MIN (end - self->bytes, CHUNK);

      if (!copy_chunk (from, to, base + self->bytes, length, &length))
        return FALSE;
      if (length == 0)
        return TRUE;
      self->bytes += length;
    }
  return TRUE;
}

static void
copy_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  Copy *self = data;
  apm2_autofd int from
      = open (self->files->log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  apm2_autofd int to = from < 0 ? -1 : open_log (self);
  g_autoptr (GError) error = NULL;

  if (from >= 0 && to < 0 && errno == ENOENT
      && apm2_lane_files_make_log_dirs (self->files, self->log_file, &error))
    to = open_log (self);
  if (error == NULL && (from < 0 || to < 0 || !copy_all (self, from, to)))
    apm2_error_set_errno (
        &error, errno, "Cannot write the log %s", self->log_file);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * apm2_lane_log_part_copy_async:
 * @self: (transfer none): which of several steps, and how much it has
 * @files: of their slot
 * @log_file: the log of the step; its directory is made
 * @callback: called when all that is there
 * @user_data: for @callback
 *
 * One at a time for each log.
 */
void
apm2_lane_log_part_copy_async (const Apm2LaneLogPart *self,
                               Apm2LaneFiles *files,
                               const char *log_file,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Copy *copy = g_new0 (Copy, 1);

  copy->files = apm2_lane_files_ref (files);
  copy->part = *self;
  copy->log_file = g_strdup (log_file);
  g_task_set_source_tag (task, apm2_lane_log_part_copy_async);
  g_task_set_task_data (task, copy, copy_free);
  g_task_run_in_thread (task, copy_in_thread);
}

/**
 * apm2_lane_log_part_copy_finish:
 * @result: of apm2_lane_log_part_copy_async()
 * @ret_bytes: (out): bytes of the log of the step
 * @error: return location
 *
 * Returns: %TRUE if it has all
 */
gboolean
apm2_lane_log_part_copy_finish (GAsyncResult *result,
                                guint64 *ret_bytes,
                                GError **error)
{
  const Copy *copy = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *ret_bytes = copy->bytes;
  return TRUE;
}
