/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Staying with one job until it ends: what all who do so have in common.
 *
 * What is to be said goes to stderr. A broker that goes away is looked for. An
 * interrupt leaves the job alone: it belongs to the queue, and maybe to
 * somebody else too.
 */

#include "apm2-stay.h"

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"
#include "apm2-parts.h"
#include "apm2-waiting.h"

struct _Apm2Stay
{
  const Apm2CommandCall *call;
  const char *job_id;
  const Apm2StayFuncs *funcs;
  gpointer user_data;
  GMainLoop *loop;      /* (owned) */
  Apm2Monitor *monitor; /* (owned) */
  Apm2Waiting *waiting; /* (owned) (nullable) nobody wants to know */
  guint tick;
  gboolean over;
  int status;
  GError *error; /* (owned) (nullable) */
  /* What was told last. */
  char *told_state; /* (owned) (nullable) */
  guint told_attempt;
};

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Apm2Stay *self = user_data;

  if (self->over)
    return;
  self->funcs->changed (job, self->user_data);
  if (self->waiting != NULL && !self->over
      && g_str_equal (job->id, self->job_id))
    apm2_waiting_update (self->waiting, job);
}

static void
on_lost (gpointer user_data)
{
  apm2_stay_tell (user_data,
                  _ ("lost the broker; the job goes on; looking for it for up "
                     "to a minute"));
}

static void
on_back (gpointer user_data)
{
  apm2_stay_tell (user_data, _ ("the broker is back"));
}

static void
on_failed (const GError *error, gpointer user_data)
{
  apm2_stay_fail (user_data, error);
}

static const Apm2MonitorFuncs monitor_funcs = {
  .changed = on_changed,
  .lost = on_lost,
  .back = on_back,
  .failed = on_failed,
};

/**
 * apm2_stay_new:
 * @call: (transfer none): the verb; must outlive the stay
 * @client: (transfer full): the broker
 * @job_id: (transfer none): id of a job; must outlive the stay
 * @parts: (transfer none) (nullable): of apm2_parts_read(), if they are of
 * interest too
 * @funcs: (transfer none): what is shown of it
 * @user_data: for @funcs
 *
 * Returns: (transfer full): a stay, of which nothing is told before
 *   apm2_stay_run()
 */
Apm2Stay *
apm2_stay_new (const Apm2CommandCall *call,
               Apm2Client *client,
               const char *job_id,
               GPtrArray *parts,
               const Apm2StayFuncs *funcs,
               gpointer user_data)
{
  Apm2Stay *self = g_new0 (Apm2Stay, 1);
  g_auto (GStrv) ids = apm2_parts_list_ids (job_id, parts);

  self->call = call;
  self->job_id = job_id;
  self->funcs = funcs;
  self->user_data = user_data;
  self->loop = g_main_loop_new (NULL, FALSE);
  self->monitor = apm2_monitor_new (
      call->globals, client, (const char *const *) ids, &monitor_funcs, self);
  return self;
}

/**
 * apm2_stay_free:
 * @self: (transfer full): a stay
 */
void
apm2_stay_free (Apm2Stay *self)
{
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_pointer (&self->waiting, apm2_waiting_free);
  g_clear_pointer (&self->monitor, apm2_monitor_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
  g_free (self->told_state);
  g_free (self);
}

static void
on_why_waiting (const char *why, gpointer user_data)
{
  Apm2Stay *self = user_data;

  apm2_stay_tell (self, "%s", why);
  self->funcs->draw (self->user_data);
}

/**
 * apm2_stay_explain_waiting:
 * @self: a stay
 *
 * Tells why the job waits, if it does so for long.
 */
void
apm2_stay_explain_waiting (Apm2Stay *self)
{
  self->waiting = apm2_waiting_new (
      self->call->globals, self->monitor, on_why_waiting, self);
}

static gboolean
on_tick (gpointer user_data)
{
  Apm2Stay *self = user_data;

  self->funcs->draw (self->user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_stay_redraw:
 * @self: a stay
 *
 * Draws once a second, since what is shown has times in it.
 */
void
apm2_stay_redraw (Apm2Stay *self)
{
  self->tick = g_timeout_add_seconds (1, on_tick, self);
}

/**
 * apm2_stay_tell:
 * @self: a stay
 * @format: for printf
 * @...: its arguments
 *
 * Writes a line of our own to stderr.
 */
void
apm2_stay_tell (Apm2Stay *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = apm2_display_escape_line (text, self->call->term->utf8);
  self->funcs->hide (self->user_data);
  fprintf (stderr, "apm2: %s\n", line);
}

/**
 * apm2_stay_tell_state:
 * @self: a stay
 * @job: its job, as it is now
 *
 * Tells of an attempt that did not end well, and of the next.
 *
 * Returns: %TRUE if another attempt has begun since the last call: all that was
 *   told of steps holds no more
 */
gboolean
apm2_stay_tell_state (Apm2Stay *self, const Apm2JobView *job)
{
  if (g_strcmp0 (self->told_state, job->state) != 0)
    {
      if (g_str_equal (job->state, "pending") && self->told_state != NULL)
        apm2_stay_tell (self,
                        _ ("queued again, attempt %u did not end well"),
                        job->attempt);
      g_free (self->told_state);
      self->told_state = g_strdup (job->state);
    }
  if (job->attempt == self->told_attempt)
    return FALSE;
  self->told_attempt = job->attempt;
  if (job->attempt <= 1)
    return FALSE;
  apm2_stay_tell (self, _ ("attempt %u"), job->attempt);
  return TRUE;
}

/**
 * apm2_stay_fail:
 * @self: a stay
 * @error: what apm2_stay_run() is to return
 */
void
apm2_stay_fail (Apm2Stay *self, const GError *error)
{
  if (self->over)
    return;
  self->error = g_error_copy (error);
  apm2_stay_end (self, -1);
}

/**
 * apm2_stay_end:
 * @self: a stay
 * @status: an Apm2Exit, what apm2_stay_run() is to return
 */
void
apm2_stay_end (Apm2Stay *self, int status)
{
  self->over = TRUE;
  self->status = status;
  g_main_loop_quit (self->loop);
}

gboolean
apm2_stay_is_over (Apm2Stay *self)
{
  return self->over;
}

/**
 * apm2_stay_get_monitor:
 * @self: a stay
 *
 * Returns: (transfer none): what watches the job
 */
Apm2Monitor *
apm2_stay_get_monitor (Apm2Stay *self)
{
  return self->monitor;
}

static gboolean
on_interrupt (gpointer user_data)
{
  Apm2Stay *self = user_data;

  if (self->over)
    return G_SOURCE_CONTINUE;
  self->funcs->interrupted (self->user_data);
  apm2_stay_end (self, APM2_EXIT_DETACHED);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_stay_run:
 * @self: a stay
 * @error: what apm2_stay_fail() was told, UNAVAILABLE if the broker stayed
 * away, NOT_FOUND
 *
 * Runs the main loop until apm2_stay_end() is called or an interrupt comes.
 *
 * Returns: an Apm2Exit, or -1 with @error set
 */
int
apm2_stay_run (Apm2Stay *self, GError **error)
{
  const guint int_source = g_unix_signal_add (SIGINT, on_interrupt, self);
  const guint term_source = g_unix_signal_add (SIGTERM, on_interrupt, self);

  g_main_loop_run (self->loop);
  g_source_remove (int_source);
  g_source_remove (term_source);
  if (self->error == NULL)
    return self->status;
  apm2_hint_add_jobs (self->call->globals, &self->error);
  g_propagate_error (error, g_steal_pointer (&self->error));
  return -1;
}

static gboolean
print_record (Apm2Stay *self, GError **error)
{
  Apm2Client *client = apm2_monitor_get_client (self->monitor);
  g_autoptr (GVariant) record = NULL;

  if (client == NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   _ ("job %s ended, but the broker went away before it could "
                      "be read"),
                   self->job_id);
      return FALSE;
    }
  record = apm2_client_get_job (client, self->job_id, error);
  if (record == NULL)
    return FALSE;
  apm2_format_json_print (self->call, apm2_format_json_new_job (record));
  return TRUE;
}

/**
 * apm2_stay_print_record:
 * @self: a stay that is over
 * @status: what apm2_stay_run() returned, an Apm2Exit
 * @error: UNAVAILABLE if the broker went away meanwhile
 *
 * With --json the result is the record, once, at the end; prints that, unless
 * the end was not waited for.
 *
 * Returns: @status, or -1 with @error set
 */
int
apm2_stay_print_record (Apm2Stay *self, int status, GError **error)
{
  if (self->call->globals->json != APM2_JSON_STYLE_OFF
      && status != APM2_EXIT_DETACHED && !print_record (self, error))
    return -1;
  return status;
}
