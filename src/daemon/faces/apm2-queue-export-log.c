/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: OpenLog and ReadLog.
 *
 * An open job is known from memory, history comes from the store; either way
 * the file is opened by the job's id as the store spells it, never by the
 * caller's text.
 */

#include "apm2-queue-export-private.h"

#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-invocation.h"
#include "apm2-job-log.h"

#define READ_MAX (1024 * 1024)

static const char *const log_keys[] = { "step:u", "attempt:u", NULL };

typedef struct
{
  Apm2QueueExport *self;
  GDBusMethodInvocation *invocation; /* (owned) answered once */
  Apm2LogRange range;
  guint attempt;
  gboolean has_step;
  gboolean has_attempt;
  gboolean open;
} LogCall;

static void
log_call_free (LogCall *call)
{
  g_object_unref (call->self);
  g_ptr_array_unref (call->range.pieces);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogCall, log_call_free)

static void
answer_open (LogCall *call)
{
  const Apm2LogPiece *piece = g_ptr_array_index (call->range.pieces, 0);
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  apm2_autofd int fd = -1;
  int handle = -1;

  fd = apm2_job_log_open (call->self->paths,
                          piece->job_id,
                          piece->attempt,
                          call->range.step,
                          &error);
  if (fd >= 0)
    handle = g_unix_fd_list_append (list, fd, &error);
  if (handle < 0)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }
  g_dbus_method_invocation_return_value_with_unix_fd_list (
      call->invocation, g_variant_new ("(h)", handle), list);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LogCall) call = user_data;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gboolean eof = FALSE;

  bytes = apm2_job_log_read_finish (result, &eof, &error);
  if (bytes == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }
  g_dbus_method_invocation_return_value (
      call->invocation,
      g_variant_new (
          "(@aytb)",
          g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE),
          call->range.offset + g_bytes_get_size (bytes),
          eof));
}

/* One step may have ended while one before it runs; what is read as one log
 * goes no further than the first that does. */
static guint
count_ended (const LogCall *call, const Apm2Job *job)
{
  guint step = call->range.step;

  if (!call->has_step)
    return apm2_job_count_ended_steps (job);
  return apm2_job_has_step_ended (job, step) ? step + 1 : 0;
}

static void
add_piece (LogCall *call, const Apm2StoredJob *stored, const Apm2Job *job)
{
  guint attempt = call->has_attempt ? call->attempt : stored->attempt;
  Apm2LogPiece *piece = apm2_log_piece_new (stored->id, attempt);

  /* Only the newest attempt of an open job can still grow. */
  piece->is_over
      = apm2_job_state_is_final (stored->state) || attempt < stored->attempt;
  piece->n_ended = job != NULL ? count_ended (call, job) : 0;
  g_ptr_array_add (call->range.pieces, piece);
}

static void
on_parts (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogCall *call = user_data;
  g_autoptr (LogCall) owned = call;
  g_autoptr (GPtrArray) parts = NULL;
  g_autoptr (GError) error = NULL;

  parts = apm2_store_list_finish (APM2_STORE (source), result, &error);
  if (parts == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }
  /* They come newest first. */
  for (guint i = parts->len; i > 0; i--)
    {
      const Apm2StoredJob *part = g_ptr_array_index (parts, i - 1);

      add_piece (call, part, apm2_job_table_find (call->self->table, part->id));
    }
  apm2_job_log_read_async (
      call->self->paths, &call->range, on_read, g_steal_pointer (&owned));
}

/* A stream can be put together, a file cannot, nor can steps be told apart by
 * numbers that belong to each part. */
static void
answer_in_parts (LogCall *call, const Apm2StoredJob *whole)
{
  const Apm2StoreFilter filter = { .with_parts = TRUE, .parent = whole->id };

  if (call->open || call->has_step || call->has_attempt)
    {
      apm2_invocation_fail (call->invocation,
                            APM2_ERROR_NOT_FOUND,
                            "Job %s runs in parts, which have the logs of its "
                            "steps: ask for those of %s-p1 to %s-p%u",
                            whole->id,
                            whole->id,
                            whole->id,
                            whole->n_parts);
      log_call_free (call);
      return;
    }
  call->range.step = APM2_JOB_LOG_ALL_STEPS;
  apm2_store_list (
      call->self->store, &filter, 0, APM2_STEPS_MAX, on_parts, call);
}

/* Now that the attempt and its state are known. */
static void
answer (LogCall *call, const Apm2StoredJob *stored, const Apm2Job *job)
{
  g_autoptr (LogCall) owned = call;
  Apm2LogRange *range = &call->range;

  if (stored->kind == APM2_JOB_KIND_ATTACHED)
    {
      apm2_invocation_fail (call->invocation,
                            APM2_ERROR_NOT_FOUND,
                            "Job %s has no log: it was run by its caller, to "
                            "whom its output went",
                            stored->id);
      return;
    }
  if (stored->n_parts > 0)
    {
      answer_in_parts (g_steal_pointer (&owned), stored);
      return;
    }
  add_piece (call, stored, job);
  if (!call->has_step)
    range->step = APM2_JOB_LOG_ALL_STEPS;
  if (call->open)
    {
      if (!call->has_step)
        range->step = job != NULL ? job->step_index : 0;
      answer_open (call);
      return;
    }
  apm2_job_log_read_async (
      call->self->paths, range, on_read, g_steal_pointer (&owned));
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogCall *call = user_data;
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (GError) error = NULL;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored != NULL)
    {
      answer (call, stored, NULL);
      return;
    }
  apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
  log_call_free (call);
}

static void
begin (LogCall *call, const char *job_id, GVariant *options)
{
  g_autoptr (GError) error = NULL;
  const Apm2Job *job;

  if (!apm2_options_check (options, log_keys, &error))
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      log_call_free (call);
      return;
    }
  call->has_step = g_variant_lookup (options, "step", "u", &call->range.step);
  call->has_attempt
      = g_variant_lookup (options, "attempt", "u", &call->attempt);

  job = apm2_job_table_find (call->self->table, job_id);
  if (job != NULL)
    answer (call, job->stored, job);
  else
    apm2_store_get (call->self->store, job_id, on_got, call);
}

static LogCall *
log_call_new (Apm2QueueExport *self, GDBusMethodInvocation *invocation)
{
  LogCall *call = g_new0 (LogCall, 1);

  call->self = g_object_ref (self);
  call->invocation = invocation;
  call->range.pieces
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_log_piece_free);
  return call;
}

void
apm2_queue_export_open_log (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) options = NULL;
  LogCall *call = log_call_new (data, invocation);
  const char *job_id;

  g_variant_get (parameters, "(&s@a{sv})", &job_id, &options);
  call->open = TRUE;
  begin (call, job_id, options);
}

void
apm2_queue_export_read_log (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) options = NULL;
  LogCall *call;
  const char *job_id;
  guint64 offset;
  guint32 max;

  g_variant_get (parameters, "(&stu@a{sv})", &job_id, &offset, &max, &options);
  if (max < 1 || max > READ_MAX || offset > G_MAXINT64 - READ_MAX)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_INVALID_ARGUMENT,
                            "ReadLog reads 1 to %d bytes from an offset below "
                            "2^63",
                            READ_MAX);
      return;
    }
  call = log_call_new (data, invocation);
  call->range.offset = offset;
  call->range.max = max;
  begin (call, job_id, options);
}
