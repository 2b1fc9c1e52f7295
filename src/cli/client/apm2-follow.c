/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Staying with one job until it ends.
 *
 * stdout gets the log, stderr everything else: on a terminal one line that is
 * redrawn, else a line for each milestone. An interrupt leaves the job alone:
 * it belongs to the queue, not to us.
 */

#include "apm2-follow.h"

#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-follow-log.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"
#include "apm2-log-out.h"
#include "apm2-monitor.h"
#include "apm2-outcome.h"
#include "apm2-parts.h"
#include "apm2-progress-line.h"
#include "apm2-time.h"
#include "apm2-waiting.h"

typedef struct
{
  const Apm2CommandCall *call;
  const char *job_id;
  Apm2FollowFlags flags;
  gboolean pinned;      /* one attempt was asked for, not the newest */
  GMainLoop *loop;      /* (owned) */
  Apm2Monitor *monitor; /* (owned) */
  Apm2Waiting *waiting; /* (owned) (nullable) nobody wants to know */
  GPtrArray *parts;     /* (owned) (nullable) records, if they are named */
  Apm2FollowLog *log;   /* (owned) (nullable) no log wanted */
  const Apm2JobView
      *job; /* borrowed from the monitor; NULL before it is read */
  Apm2LogOut out;
  Apm2ProgressLine line;
  gboolean has_line; /* else milestones */
  guint tick;
  gboolean over;
  /* What was told last. */
  char *told_state;
  char *told_step;
  guint told_attempt;
  int status;
  GError *error; /* (owned) (nullable) */
} Follow;

static void
finish (Follow *self, int status)
{
  self->over = TRUE;
  self->status = status;
  g_main_loop_quit (self->loop);
}

static void
draw_line (Follow *self)
{
  g_autofree char *text = NULL;

  if (!self->has_line || self->job == NULL || self->over
      || apm2_log_out_is_in_line (&self->out))
    return;
  /* Not the last column: some terminals wrap there at once. */
  text = apm2_progress_line_format (self->job,
                                    apm2_time_realtime_usec (),
                                    apm2_term_get_width (STDERR_FILENO) - 1,
                                    self->call->term->utf8);
  apm2_progress_line_show (&self->line, text);
}

static void tell (Follow *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A line of our own on stderr. */
static void
tell (Follow *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = apm2_display_escape_line (text, self->call->term->utf8);
  apm2_progress_line_hide (&self->line);
  if (apm2_log_out_is_in_line (&self->out))
    apm2_log_out_end (&self->out);
  fprintf (stderr, "apm2: %s\n", line);
}

static void
tell_state (Follow *self)
{
  const Apm2JobView *job = self->job;

  if (g_strcmp0 (self->told_state, job->state) == 0)
    return;
  if (g_str_equal (job->state, "pending") && self->told_state != NULL)
    tell (self, _ ("queued again, attempt %u did not end well"), job->attempt);
  g_free (self->told_state);
  self->told_state = g_strdup (job->state);
}

static void
tell_milestones (Follow *self)
{
  const Apm2JobView *job = self->job;
  g_autofree char *step = NULL;

  tell_state (self);
  if (job->attempt != self->told_attempt)
    {
      if (job->attempt > 1)
        tell (self, _ ("attempt %u"), job->attempt);
      self->told_attempt = job->attempt;
      g_clear_pointer (&self->told_step, g_free);
    }
  if (!g_str_equal (job->state, "running") || job->step[0] == '\0')
    return;
  step = g_strdup_printf ("%u %s", job->step_index, job->step);
  if (g_strcmp0 (step, self->told_step) == 0)
    return;
  if (job->step_count > 1)
    tell (self,
          _ ("started step %u/%u %s"),
          job->step_index + 1,
          job->step_count,
          job->step);
  else
    tell (self, _ ("started %s"), job->step);
  g_free (self->told_step);
  self->told_step = g_steal_pointer (&step);
}

static void
end_well_or_not (Follow *self)
{
  const Apm2JobView *job = self->job;
  const gboolean progress = (self->flags & APM2_FOLLOW_PROGRESS) != 0;

  apm2_progress_line_hide (&self->line);
  apm2_log_out_end (&self->out);
  if (progress && self->call->globals->json == APM2_JSON_STYLE_OFF)
    {
      g_autofree char *text = apm2_outcome_format (job,
                                                   self->call->globals,
                                                   self->call->term->utf8,
                                                   self->call->term->err_color);

      fprintf (stderr, "apm2: %s\n", text);
    }
  finish (self,
          progress ? apm2_exit_from_outcome (job->state, job->verdict)
                   : APM2_EXIT_OK);
}

static void
check_end (Follow *self)
{
  if (self->over || self->job == NULL || !apm2_job_view_is_final (self->job))
    return;
  if (self->log == NULL || apm2_follow_log_has_ended (self->log))
    end_well_or_not (self);
}

/* Of a part only its log is of interest. */
static gboolean
is_part (const Follow *self, const Apm2JobView *job)
{
  return !g_str_equal (job->id, self->job_id);
}

static void
take_change (Follow *self, const Apm2JobView *job)
{
  if (self->job == NULL && self->log != NULL && apm2_job_view_is_final (job))
    apm2_follow_log_read_in_order (self->log);
  self->job = job;
  if ((self->flags & APM2_FOLLOW_PROGRESS) && !self->has_line)
    tell_milestones (self);
  if (self->waiting != NULL)
    apm2_waiting_update (self->waiting, job);
  draw_line (self);
}

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Follow *self = user_data;

  if (self->over)
    return;
  if (!is_part (self, job))
    take_change (self, job);
  if (self->log != NULL)
    apm2_follow_log_update (self->log, job);
  check_end (self);
}

static void
on_lost (gpointer user_data)
{
  tell (user_data,
        _ ("lost the broker; the job goes on; looking for it for up to a "
           "minute"));
}

static void
on_back (gpointer user_data)
{
  tell (user_data, _ ("the broker is back"));
}

static void
on_failed (const GError *error, gpointer user_data)
{
  Follow *self = user_data;

  if (self->over)
    return;
  self->error = g_error_copy (error);
  finish (self, -1);
}

static const Apm2MonitorFuncs monitor_funcs = {
  .changed = on_changed,
  .lost = on_lost,
  .back = on_back,
  .failed = on_failed,
};

static void
before_log (gpointer user_data)
{
  Follow *self = user_data;

  apm2_progress_line_hide (&self->line);
}

static void
after_log (gpointer user_data)
{
  draw_line (user_data);
}

static void
on_log_ended (gpointer user_data)
{
  Follow *self = user_data;

  if (self->over)
    return;
  if (self->pinned)
    end_well_or_not (self);
  else
    check_end (self);
}

static const Apm2FollowLogFuncs log_funcs = {
  .before = before_log,
  .after = after_log,
  .ended = on_log_ended,
  .failed = on_failed,
};

static gboolean
on_interrupt (gpointer user_data)
{
  Follow *self = user_data;
  const char *program = apm2_options_get_program (self->call->globals);

  if (self->over)
    return G_SOURCE_CONTINUE;
  tell (self,
        _ ("detached; job goes on; follow with: %s fac job logs -f %s; cancel "
           "with: %s fac job cancel %s"),
        program,
        self->job_id,
        program,
        self->job_id);
  finish (self, APM2_EXIT_DETACHED);
  return G_SOURCE_CONTINUE;
}

static void
on_why_waiting (const char *why, gpointer user_data)
{
  Follow *self = user_data;

  tell (self, "%s", why);
  draw_line (self);
}

static gboolean
on_tick (gpointer user_data)
{
  draw_line (user_data);
  return G_SOURCE_CONTINUE;
}

static void
follow_clear (Follow *self)
{
  apm2_progress_line_hide (&self->line);
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_pointer (&self->waiting, apm2_waiting_free);
  g_clear_pointer (&self->log, apm2_follow_log_free);
  g_clear_pointer (&self->monitor, apm2_monitor_free);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
  g_free (self->told_state);
  g_free (self->told_step);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Follow, follow_clear)

static void
start (Follow *self, Apm2Client *client, const Apm2LogPlace *place)
{
  g_auto (GStrv) ids = apm2_parts_list_ids (self->job_id, self->parts);

  self->loop = g_main_loop_new (NULL, FALSE);
  self->out.term = self->call->term;
  self->has_line = (self->flags & APM2_FOLLOW_PROGRESS)
                   && apm2_progress_line_is_possible (self->call->term);
  self->monitor = apm2_monitor_new (self->call->globals,
                                    client,
                                    (const char *const *) ids,
                                    &monitor_funcs,
                                    self);
  if (self->flags & APM2_FOLLOW_LOG)
    {
      self->log = apm2_follow_log_new (
          &self->out, self->parts != NULL, &log_funcs, self);
      apm2_follow_log_add_all (
          self->log, self->monitor, self->job_id, self->parts, place);
    }
  self->pinned = place != NULL && place->attempt > 0;
  if (self->has_line)
    self->tick = g_timeout_add_seconds (1, on_tick, self);
  if ((self->flags & APM2_FOLLOW_PROGRESS) != 0)
    {
      tell (self, _ ("queued as %s"), self->job_id);
      self->waiting = apm2_waiting_new (
          self->call->globals, self->monitor, on_why_waiting, self);
    }
}

/* With --json the result is the record, once, at the end. */
static gboolean
print_record (Follow *self, GError **error)
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
 * apm2_follow_flags_for_log:
 * @term: what the streams can do
 *
 * Returns: what shows the log as a person or a program wants it
 */
Apm2FollowFlags
apm2_follow_flags_for_log (const Apm2Term *term)
{
  return APM2_FOLLOW_LOG | (term->out_tty ? APM2_FOLLOW_HEADERS : 0);
}

/**
 * apm2_follow_run:
 * @call: the verb
 * @client: (transfer full): the broker
 * @job_id: id of a job
 * @flags: what to show
 * @place: (nullable): where in the log to begin; with an attempt: that one only
 * @error: UNAVAILABLE if the broker stayed away, NOT_FOUND
 *
 * Runs the main loop until the job has ended or an interrupt comes.
 *
 * Returns: an Apm2Exit, or -1 with @error set
 */
int
apm2_follow_run (const Apm2CommandCall *call,
                 Apm2Client *client,
                 const char *job_id,
                 Apm2FollowFlags flags,
                 const Apm2LogPlace *place,
                 GError **error)
{
  g_auto (Follow) self = { .call = call, .job_id = job_id, .flags = flags };
  guint int_source, term_source;

  if (flags & APM2_FOLLOW_HEADERS)
    {
      self.parts = apm2_parts_read (client, job_id, error);
      if (self.parts == NULL)
        {
          apm2_client_close (client);
          apm2_hint_add_jobs (call->globals, error);
          return -1;
        }
    }
  start (&self, client, place);
  int_source = g_unix_signal_add (SIGINT, on_interrupt, &self);
  term_source = g_unix_signal_add (SIGTERM, on_interrupt, &self);
  g_main_loop_run (self.loop);
  g_source_remove (int_source);
  g_source_remove (term_source);
  if (self.error != NULL)
    {
      apm2_hint_add_jobs (call->globals, &self.error);
      g_propagate_error (error, g_steal_pointer (&self.error));
      return -1;
    }
  if (call->globals->json != APM2_JSON_STYLE_OFF
      && self.status != APM2_EXIT_DETACHED && !print_record (&self, error))
    return -1;
  return self.status;
}
