/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log of a job that is followed: its own, or those of its parts, which run
 * side by side.
 *
 * Parts are written line by line as they say something, each time under a
 * header if another spoke before. What is no line yet is held back for a
 * moment, so that others do not cut it into two; not longer, it may be all that
 * comes.
 */

#include "apm2-follow-log.h"

#include <string.h>

#include "apm2-parts.h"

#define PATIENCE_MSEC  1000
#define LINE_MAX_BYTES 65536

typedef struct
{
  Apm2FollowLog *log;    /* borrowed: owns us */
  char *job_id;          /* (owned) */
  Apm2LogReader *reader; /* (owned) */
  const Apm2JobView
      *job;        /* borrowed from the monitor; NULL before it is read */
  char **gates;    /* (owned) (nullable) of a part */
  gboolean pinned; /* one attempt was asked for, not the newest */
  guint step;      /* of the bytes that come */
  GString *rest;   /* (owned) of a line */
  guint timer;     /* until it is said all the same */
  guint attempt;
  gboolean ended;
} Stream;

struct _Apm2FollowLog
{
  Apm2LogOut *out; /* borrowed: outlives us */
  gboolean headers;
  const Apm2FollowLogFuncs *funcs;
  gpointer user_data;
  GPtrArray *streams; /* (owned) (element-type Stream) */
  gboolean in_order;  /* one after the other, as nothing is said any more */
  const Stream *speaker;
  guint speaker_step;
};

static void
stream_free (gpointer data)
{
  Stream *self = data;

  g_clear_handle_id (&self->timer, g_source_remove);
  apm2_log_reader_free (self->reader);
  g_string_free (self->rest, TRUE);
  g_strfreev (self->gates);
  g_free (self->job_id);
  g_free (self);
}

/**
 * apm2_follow_log_new:
 * @out: where the log goes; must outlive us
 * @headers: whether steps are named, and parts
 * @funcs: what to call; must outlive us
 * @user_data: for @funcs
 *
 * Returns: (transfer full): no log yet
 */
Apm2FollowLog *
apm2_follow_log_new (Apm2LogOut *out,
                     gboolean headers,
                     const Apm2FollowLogFuncs *funcs,
                     gpointer user_data)
{
  Apm2FollowLog *self = g_new0 (Apm2FollowLog, 1);

  self->out = out;
  self->headers = headers;
  self->funcs = funcs;
  self->user_data = user_data;
  self->streams = g_ptr_array_new_with_free_func (stream_free);
  return self;
}

/**
 * apm2_follow_log_free:
 * @self: a log
 *
 * Nothing is called any more.
 */
void
apm2_follow_log_free (Apm2FollowLog *self)
{
  g_ptr_array_unref (self->streams);
  g_free (self);
}

static void
name_speaker (Stream *stream)
{
  Apm2FollowLog *self = stream->log;
  g_autofree char *title = NULL;

  if (!self->headers
      || (self->speaker == stream && self->speaker_step == stream->step))
    return;
  self->speaker = stream;
  self->speaker_step = stream->step;
  if (stream->gates == NULL && apm2_job_view_count_steps (stream->job) < 2)
    return;
  title = apm2_parts_name_step (
      stream->job, stream->step, (const char *const *) stream->gates);
  apm2_log_out_begin_step (self->out, title);
}

static void
say (Stream *stream, const char *data, gsize length)
{
  Apm2FollowLog *self = stream->log;
  g_autoptr (GBytes) bytes = NULL;

  if (length == 0)
    return;
  bytes = g_bytes_new (data, length);
  self->funcs->before (self->user_data);
  name_speaker (stream);
  apm2_log_out_write (self->out, bytes);
  self->funcs->after (self->user_data);
}

static void
say_rest (Stream *stream)
{
  g_clear_handle_id (&stream->timer, g_source_remove);
  say (stream, stream->rest->str, stream->rest->len);
  g_string_truncate (stream->rest, 0);
}

static gboolean
on_impatient (gpointer user_data)
{
  Stream *stream = user_data;

  stream->timer = 0;
  say_rest (stream);
  return G_SOURCE_REMOVE;
}

static void
say_lines (Stream *stream)
{
  const char *text = stream->rest->str;
  const char *end = g_strrstr_len (text, (gssize) stream->rest->len, "\n");
  const gsize length = end != NULL ? (gsize) (end + 1 - text) : 0;

  if (length > 0)
    g_clear_handle_id (&stream->timer, g_source_remove);
  say (stream, text, length);
  g_string_erase (stream->rest, 0, (gssize) length);
  if (stream->rest->len >= LINE_MAX_BYTES)
    say_rest (stream);
  else if (stream->rest->len > 0 && stream->timer == 0)
    stream->timer = g_timeout_add (PATIENCE_MSEC, on_impatient, stream);
}

static void
on_step (guint index, gpointer user_data)
{
  Stream *stream = user_data;

  say_rest (stream);
  stream->step = index;
  /* It may be the same one, of another attempt. */
  if (stream->log->speaker == stream)
    stream->log->speaker = NULL;
}

static void
on_data (GBytes *bytes, gpointer user_data)
{
  Stream *stream = user_data;
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);

  if (stream->gates == NULL)
    {
      say (stream, data, length);
      return;
    }
  g_string_append_len (stream->rest, data, (gssize) length);
  say_lines (stream);
}

static void kick (Apm2FollowLog *self);

static void
end_stream (Stream *stream)
{
  if (stream->ended)
    return;
  say_rest (stream);
  stream->ended = TRUE;
  if (stream->log->in_order)
    kick (stream->log);
}

static void
on_ended (gpointer user_data)
{
  Stream *stream = user_data;
  Apm2FollowLog *self = stream->log;

  end_stream (stream);
  if (apm2_follow_log_has_ended (self))
    self->funcs->ended (self->user_data);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  const Stream *stream = user_data;

  stream->log->funcs->failed (error, stream->log->user_data);
}

static const Apm2LogReaderFuncs reader_funcs = {
  .step = on_step,
  .data = on_data,
  .ended = on_ended,
  .failed = on_failed,
};

static void
add (Apm2FollowLog *self,
     Apm2Monitor *monitor,
     const char *job_id,
     const Apm2LogPlace *place,
     char **gates)
{
  Stream *stream = g_new0 (Stream, 1);

  stream->log = self;
  stream->job_id = g_strdup (job_id);
  stream->gates = gates;
  stream->pinned = place->attempt > 0;
  stream->rest = g_string_new (NULL);
  stream->reader
      = apm2_log_reader_new (monitor, job_id, place, &reader_funcs, stream);
  g_ptr_array_add (self->streams, stream);
}

/**
 * apm2_follow_log_add_all:
 * @self: a log that has none yet
 * @monitor: lends the broker, and tells of the job and its parts; must outlive
 * us
 * @job_id: id of a job
 * @parts: (nullable) (element-type GVariant): what apm2_parts_read() returned
 * for it, to have the logs of several parts side by side
 * @place: (nullable): where to begin; with an attempt: that one only
 *
 * Reads nothing before apm2_follow_log_update().
 */
void
apm2_follow_log_add_all (Apm2FollowLog *self,
                         Apm2Monitor *monitor,
                         const char *job_id,
                         GPtrArray *parts,
                         const Apm2LogPlace *place)
{
  const Apm2LogPlace beginning = { 0, -1, 0 };

  if (parts == NULL || parts->len < 2)
    {
      add (self, monitor, job_id, place != NULL ? place : &beginning, NULL);
      return;
    }
  for (guint i = 0; i < parts->len; i++)
    {
      GVariant *part = g_ptr_array_index (parts, i);

      add (self,
           monitor,
           apm2_parts_get_id (part),
           &beginning,
           apm2_parts_get_gates (part));
    }
}

/**
 * apm2_follow_log_read_in_order:
 * @self: a log of which nothing was read yet
 *
 * The job has ended: its parts are written one after the other.
 */
void
apm2_follow_log_read_in_order (Apm2FollowLog *self)
{
  self->in_order = TRUE;
}

/* What is known by now of where the log is. */
static void
prepare (Stream *stream)
{
  const Apm2JobView *job = stream->job;

  if (job->attempt == 0)
    return;
  if (stream->log->headers && (stream->gates != NULL || !job->in_parts)
      && apm2_log_reader_set_steps (stream->reader,
                                    MAX (apm2_job_view_count_steps (job), 1)))
    stream->ended = FALSE;
  /* Attempts are those of the parts, of which the log is made. */
  if (stream->pinned || job->in_parts || job->attempt == stream->attempt)
    return;
  say_rest (stream);
  stream->attempt = job->attempt;
  stream->ended = FALSE;
  apm2_log_reader_set_attempt (stream->reader, job->attempt);
}

static void
kick_stream (Stream *stream)
{
  const gboolean final
      = stream->job != NULL && apm2_job_view_is_final (stream->job);

  if (stream->job == NULL)
    return;
  if (stream->job->attempt > 0)
    apm2_log_reader_kick (stream->reader, final);
  else if (final)
    end_stream (stream); /* never leased: there is no log to wait for */
}

static void
kick (Apm2FollowLog *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = g_ptr_array_index (self->streams, i);

      if (stream->ended)
        continue;
      kick_stream (stream);
      if (self->in_order)
        return;
    }
}

/**
 * apm2_follow_log_update:
 * @self: a log
 * @job: (transfer none): a job of which something became known; the monitor's
 *
 * There may be more to read. Jobs that were not added are passed over.
 */
void
apm2_follow_log_update (Apm2FollowLog *self, const Apm2JobView *job)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = g_ptr_array_index (self->streams, i);

      if (!g_str_equal (stream->job_id, job->id))
        continue;
      stream->job = job;
      prepare (stream);
      kick (self);
      return;
    }
}

/**
 * apm2_follow_log_has_ended:
 * @self: a log
 *
 * Returns: whether all that there was to read was written
 */
gboolean
apm2_follow_log_has_ended (const Apm2FollowLog *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    if (!((const Stream *) g_ptr_array_index (self->streams, i))->ended)
      return FALSE;
  return TRUE;
}
