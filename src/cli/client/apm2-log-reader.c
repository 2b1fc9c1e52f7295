/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log of a job, read as it grows.
 *
 * Asks only when it was told that there may be more, and never two things at
 * once, so that the bytes come in order and an offset is enough to go on after
 * the broker was away.
 */

#include "apm2-log-reader.h"

#include "apm2-error.h"

/* After a call that got no answer though the broker seems to be there. */
#define AGAIN_MSEC 500

struct _Apm2LogReader
{
  Apm2Monitor *monitor; /* borrowed: outlives us */
  char *job_id;
  Apm2LogPlace place;
  guint n_steps; /* 0: the log of all steps is read as one */
  const Apm2LogReaderFuncs *funcs;
  gpointer user_data;
  GCancellable *cancellable; /* (owned) */
  gboolean busy;             /* a call is under way */
  gboolean again;            /* something came in the meantime */
  gboolean final;            /* the job writes no more */
  gboolean call_was_final;   /* and that was so before the call was sent */
  gboolean ended;
  guint timer;
};

static void read_more (Apm2LogReader *self);

/**
 * apm2_log_reader_new:
 * @monitor: lends the broker; must outlive the reader
 * @job_id: id of a job
 * @place: where to begin
 * @funcs: what to call; must outlive the reader
 * @user_data: for @funcs
 *
 * Waits for the first apm2_log_reader_kick().
 *
 * Returns: (transfer full): a reader
 */
Apm2LogReader *
apm2_log_reader_new (Apm2Monitor *monitor,
                     const char *job_id,
                     const Apm2LogPlace *place,
                     const Apm2LogReaderFuncs *funcs,
                     gpointer user_data)
{
  Apm2LogReader *self = g_new0 (Apm2LogReader, 1);

  self->monitor = monitor;
  self->job_id = g_strdup (job_id);
  self->place = *place;
  self->funcs = funcs;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  return self;
}

/**
 * apm2_log_reader_free:
 * @self: a reader
 *
 * Nothing is called any more.
 */
void
apm2_log_reader_free (Apm2LogReader *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self->job_id);
  g_free (self);
}

/* Returns whether there is a step behind this one. */
static gboolean
go_to_next_step (Apm2LogReader *self)
{
  if (self->n_steps == 0 || self->place.step + 1 >= (int) self->n_steps)
    return FALSE;
  self->place.step++;
  self->place.offset = 0;
  return TRUE;
}

static void
end (Apm2LogReader *self)
{
  if (go_to_next_step (self))
    {
      read_more (self);
      return;
    }
  self->ended = TRUE;
  self->funcs->ended (self->user_data);
}

static gboolean
on_timer (gpointer user_data)
{
  Apm2LogReader *self = user_data;

  self->timer = 0;
  read_more (self);
  return G_SOURCE_REMOVE;
}

static void
take_error (Apm2LogReader *self, const GError *error)
{
  if (g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE))
    {
      if (self->timer == 0)
        self->timer = g_timeout_add (AGAIN_MSEC, on_timer, self);
    }
  else if (self->final
           && g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    end (self);
  else
    {
      self->ended = TRUE;
      self->funcs->failed (error, self->user_data);
    }
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  guint64 next = 0;
  gboolean eof = FALSE;
  Apm2LogReader *self = user_data;

  bytes = apm2_client_read_log_finish (result, &next, &eof, &error);
  if (bytes == NULL
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* self is gone, or reads another attempt */
  self->busy = FALSE;
  if (bytes == NULL)
    {
      take_error (self, error);
      return;
    }
  if (g_bytes_get_size (bytes) > 0 && self->n_steps > 0
      && self->place.offset == 0)
    self->funcs->step ((guint) self->place.step, self->user_data);
  self->place.offset = next;
  if (g_bytes_get_size (bytes) > 0)
    self->funcs->data (bytes, self->user_data);
  if (eof || (self->call_was_final && g_bytes_get_size (bytes) == 0))
    end (self);
  else if (g_bytes_get_size (bytes) > 0 || self->again)
    read_more (self);
}

static void
read_more (Apm2LogReader *self)
{
  Apm2Client *client = apm2_monitor_get_client (self->monitor);

  if (self->ended)
    return;
  self->again = self->busy;
  /* Without a broker: the monitor finds it again and then there is a kick. */
  if (self->busy || client == NULL)
    return;
  self->busy = TRUE;
  self->call_was_final = self->final;
  apm2_client_read_log_async (
      client, self->job_id, &self->place, self->cancellable, on_read, self);
}

/**
 * apm2_log_reader_set_attempt:
 * @self: a reader
 * @attempt: the attempt that is current now
 *
 * A new attempt has a new log, which is read from its beginning.
 */
void
apm2_log_reader_set_attempt (Apm2LogReader *self, guint attempt)
{
  if (attempt == self->place.attempt)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->busy = FALSE;
  self->ended = FALSE;
  self->final = FALSE;
  self->place.attempt = attempt;
  self->place.offset = 0;
  if (self->n_steps > 0)
    self->place.step = 0;
}

/**
 * apm2_log_reader_set_steps:
 * @self: a reader
 * @n_steps: how many steps the job has, as far as is known
 *
 * Reads the log step by step, and says where each begins. To be called before
 * anything is read, and again when there are more steps.
 *
 * Returns: whether the log goes on though it had ended
 */
gboolean
apm2_log_reader_set_steps (Apm2LogReader *self, guint n_steps)
{
  const gboolean goes_on = self->ended && n_steps > self->n_steps;

  g_return_val_if_fail (
      self->n_steps > 0 || (self->place.step < 0 && self->place.offset == 0),
      FALSE);

  self->place.step = MAX (self->place.step, 0);
  self->n_steps = MAX (self->n_steps, n_steps);
  if (goes_on)
    self->ended = !go_to_next_step (self);
  return goes_on;
}

/**
 * apm2_log_reader_kick:
 * @self: a reader
 * @final: the job has ended, it writes no more
 *
 * There may be more to read.
 */
void
apm2_log_reader_kick (Apm2LogReader *self, gboolean final)
{
  self->final = self->final || final;
  read_more (self);
}
