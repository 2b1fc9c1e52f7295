/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The logs of a job's steps, read as one stream; those of a job in parts are
 * the streams of its parts in their order.
 *
 * Each step writes a file of its own. Bytes of a step are given out only when
 * the steps before it have ended: their size is final then, so that an offset
 * into the stream keeps its meaning. Files are read in a thread, because the
 * main loop waits for no disk.
 */

#include "apm2-job-log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-job-spec.h"

/* The checkout comes before the steps of the spec. */
#define FILES_MAX APM2_STEPS_RUN_MAX

typedef struct
{
  Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  Apm2LogRange range;
  gboolean eof;
} ReadCall;

static void
read_call_free (gpointer data)
{
  ReadCall *call = data;

  g_ptr_array_unref (call->range.pieces);
  g_free (call);
}

/**
 * apm2_log_piece_new:
 * @job_id: a valid job id
 * @attempt: number of the attempt
 *
 * Returns: (transfer full): an attempt of which no step has ended
 */
Apm2LogPiece *
apm2_log_piece_new (const char *job_id, guint attempt)
{
  Apm2LogPiece *self = g_new0 (Apm2LogPiece, 1);

  self->job_id = g_strdup (job_id);
  self->attempt = attempt;
  return self;
}

/**
 * apm2_log_piece_free:
 * @self: (transfer full): an attempt
 */
void
apm2_log_piece_free (Apm2LogPiece *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->job_id);
  g_free (self);
}

/**
 * apm2_job_log_open:
 * @paths: where logs live
 * @job_id: a valid job id
 * @attempt: number of the attempt
 * @step: index of the step
 * @error: return location
 *
 * Returns: a file descriptor, or -1 with %APM2_ERROR_NOT_FOUND if the step
 * wrote no log
 */
int
apm2_job_log_open (const Apm2Paths *paths,
                   const char *job_id,
                   guint attempt,
                   guint step,
                   GError **error)
{
  g_autofree char *file
      = apm2_paths_get_log_file (paths, job_id, attempt, step);
  apm2_autofd int fd
      = open (file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat info;

  if (fd < 0 && errno != ENOENT)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "Cannot open the log %s: %s",
                   file,
                   g_strerror (errno));
      return -1;
    }
  if (fd < 0 || fstat (fd, &info) < 0 || !S_ISREG (info.st_mode))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_NOT_FOUND,
                   "Step %u of attempt %u of job %s has no log",
                   step,
                   attempt,
                   job_id);
      return -1;
    }
  return g_steal_fd (&fd);
}

/* Reads from @fd at @offset up to @max bytes into @data. */
static gboolean
read_at (int fd, GByteArray *data, guint64 offset, gsize max, GError **error)
{
  guint at = data->len;
  gssize n;

  g_byte_array_set_size (data, at + (guint) max);
  do
    n = pread (fd, data->data + at, max, (off_t) offset);
  while (n < 0 && errno == EINTR);
  g_byte_array_set_size (data, at + (guint) MAX (n, 0));
  if (n >= 0)
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               "Cannot read a log: %s",
               g_strerror (errno));
  return FALSE;
}

/* Appends the bytes of one file that lie in the range; moves @ret_start on by
 * its size. */
static gboolean
read_step (ReadCall *call,
           const Apm2LogPiece *piece,
           guint step,
           GByteArray *data,
           guint64 *ret_start,
           GError **error)
{
  const Apm2LogRange *range = &call->range;
  g_autoptr (GError) local = NULL;
  apm2_autofd int fd = -1;
  guint64 begin = *ret_start;
  guint64 end;
  guint64 want;
  struct stat info;

  fd = apm2_job_log_open (
      call->paths, piece->job_id, piece->attempt, step, &local);
  if (fd < 0 && g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    return TRUE;
  if (fd < 0 || fstat (fd, &info) < 0)
    {
      if (local != NULL)
        g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }

  end = begin + (guint64) info.st_size;
  *ret_start = end;
  want = range->offset + data->len;
  if (want >= end || want < begin || data->len >= range->max)
    return TRUE;
  return read_at (fd,
                  data,
                  want - begin,
                  (gsize) MIN (end - want, range->max - data->len),
                  error);
}

/* Reads of one attempt what lies in the range; @ret_complete tells whether all
 * that it will ever say was there to be read. */
static gboolean
read_piece (ReadCall *call,
            const Apm2LogPiece *piece,
            GByteArray *data,
            guint64 *ret_start,
            gboolean *ret_complete,
            GError **error)
{
  gboolean one_step = call->range.step != APM2_JOB_LOG_ALL_STEPS;
  guint first = one_step ? call->range.step : 0;
  guint last = one_step ? call->range.step + 1 : FILES_MAX;

  *ret_complete = TRUE;
  for (guint step = first; step < last && *ret_complete; step++)
    {
      if (!read_step (call, piece, step, data, ret_start, error))
        return FALSE;
      *ret_complete = piece->is_over || step < piece->n_ended;
    }
  return TRUE;
}

static void
read_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  ReadCall *call = task_data;
  const Apm2LogRange *range = &call->range;
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean complete = TRUE;
  guint64 start = 0;

  for (guint i = 0; i < range->pieces->len && complete; i++)
    if (!read_piece (call,
                     g_ptr_array_index (range->pieces, i),
                     data,
                     &start,
                     &complete,
                     &error))
      {
        g_task_return_error (task, g_steal_pointer (&error));
        return;
      }
  call->eof = complete && range->offset + data->len >= start;
  g_task_return_pointer (task,
                         g_byte_array_free_to_bytes (g_steal_pointer (&data)),
                         (GDestroyNotify) g_bytes_unref);
}

/**
 * apm2_job_log_read_async:
 * @paths: (transfer none): must outlive the call
 * @range: what to read; its pieces are the call's from now on
 * @callback: called with the result
 * @user_data: for @callback
 */
void
apm2_job_log_read_async (const Apm2Paths *paths,
                         const Apm2LogRange *range,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  ReadCall *call = g_new0 (ReadCall, 1);

  call->paths = (Apm2Paths *) paths;
  call->range = *range;
  call->range.pieces = g_ptr_array_ref (range->pieces);
  g_task_set_task_data (task, call, read_call_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * apm2_job_log_read_finish:
 * @result: the result
 * @ret_eof: (out): whether nothing will ever follow
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the bytes, perhaps none
 */
GBytes *
apm2_job_log_read_finish (GAsyncResult *result,
                          gboolean *ret_eof,
                          GError **error)
{
  const ReadCall *call = g_task_get_task_data (G_TASK (result));

  *ret_eof = call->eof;
  return g_task_propagate_pointer (G_TASK (result), error);
}
