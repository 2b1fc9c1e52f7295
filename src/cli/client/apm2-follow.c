/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Staying with one job and its log until it ends.
 *
 * stdout gets the log, stderr everything else: on a terminal one line that is
 * redrawn, else a line for each milestone.
 */

#include "apm2-follow.h"

#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-follow-log.h"
#include "apm2-hint.h"
#include "apm2-log-out.h"
#include "apm2-outcome.h"
#include "apm2-parts.h"
#include "apm2-progress-line.h"
#include "apm2-stay.h"
#include "apm2-time.h"

typedef struct
{
  const Apm2CommandCall *call;
  const char *job_id;
  Apm2FollowFlags flags;
  gboolean pinned;    /* one attempt was asked for, not the newest */
  Apm2Stay *stay;     /* (owned) */
  GPtrArray *parts;   /* (owned) (nullable) records, if they are named */
  Apm2FollowLog *log; /* (owned) (nullable) no log wanted */
  const Apm2JobView
      *job; /* borrowed from the monitor; NULL before it is read */
  Apm2LogOut out;
  Apm2ProgressLine line;
  gboolean has_line; /* else milestones */
  char *told_step;   /* (owned) (nullable) */
} Follow;

static void
draw (gpointer user_data)
{
  Follow *self = user_data;
  g_autofree char *text = NULL;

  if (!self->has_line || self->job == NULL || apm2_stay_is_over (self->stay)
      || apm2_log_out_is_in_line (&self->out))
    return;
  /* Not the last column: some terminals wrap there at once. */
  text = apm2_progress_line_format (self->job,
                                    apm2_time_realtime_usec (),
                                    apm2_term_get_width (STDERR_FILENO) - 1,
                                    self->call->term->utf8);
  apm2_progress_line_show (&self->line, text);
}

static void
hide (gpointer user_data)
{
  Follow *self = user_data;

  apm2_progress_line_hide (&self->line);
  if (apm2_log_out_is_in_line (&self->out))
    apm2_log_out_end (&self->out);
}

static void
tell_milestones (Follow *self)
{
  const Apm2JobView *job = self->job;
  g_autofree char *step = NULL;

  if (apm2_stay_tell_state (self->stay, job))
    g_clear_pointer (&self->told_step, g_free);
  if (!g_str_equal (job->state, "running") || job->step[0] == '\0')
    return;
  step = g_strdup_printf ("%u %s", job->step_index, job->step);
  if (g_strcmp0 (step, self->told_step) == 0)
    return;
  if (job->step_count > 1)
    apm2_stay_tell (self->stay,
                    _ ("started step %u/%u %s"),
                    job->step_index + 1,
                    job->step_count,
                    job->step);
  else
    apm2_stay_tell (self->stay, _ ("started %s"), job->step);
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
  apm2_stay_end (self->stay,
                 progress ? apm2_exit_from_outcome (job->state, job->verdict)
                          : APM2_EXIT_OK);
}

static void
check_end (Follow *self)
{
  if (apm2_stay_is_over (self->stay) || self->job == NULL
      || !apm2_job_view_is_final (self->job))
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
  draw (self);
}

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Follow *self = user_data;

  if (!is_part (self, job))
    take_change (self, job);
  if (self->log != NULL)
    apm2_follow_log_update (self->log, job);
  check_end (self);
}

static void
before_log (gpointer user_data)
{
  Follow *self = user_data;

  apm2_progress_line_hide (&self->line);
}

static void
after_log (gpointer user_data)
{
  draw (user_data);
}

static void
on_log_failed (const GError *error, gpointer user_data)
{
  Follow *self = user_data;

  apm2_stay_fail (self->stay, error);
}

static void
on_log_ended (gpointer user_data)
{
  Follow *self = user_data;

  if (apm2_stay_is_over (self->stay))
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
  .failed = on_log_failed,
};

static void
on_interrupted (gpointer user_data)
{
  Follow *self = user_data;
  const char *program = apm2_options_get_program (self->call->globals);

  apm2_stay_tell (
      self->stay,
      _ ("detached; job goes on; follow with: %s fac job logs -f %s; cancel "
         "with: %s fac job cancel %s"),
      program,
      self->job_id,
      program,
      self->job_id);
}

static const Apm2StayFuncs stay_funcs = {
  .changed = on_changed,
  .hide = hide,
  .draw = draw,
  .interrupted = on_interrupted,
};

static void
follow_clear (Follow *self)
{
  apm2_progress_line_hide (&self->line);
  g_clear_pointer (&self->log, apm2_follow_log_free);
  g_clear_pointer (&self->stay, apm2_stay_free);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_free (self->told_step);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Follow, follow_clear)

static void
start (Follow *self, Apm2Client *client, const Apm2LogPlace *place)
{
  self->out.term = self->call->term;
  self->has_line = (self->flags & APM2_FOLLOW_PROGRESS)
                   && apm2_progress_line_is_possible (self->call->term);
  self->stay = apm2_stay_new (
      self->call, client, self->job_id, self->parts, &stay_funcs, self);
  if (self->flags & APM2_FOLLOW_LOG)
    {
      self->log = apm2_follow_log_new (
          &self->out, self->parts != NULL, &log_funcs, self);
      apm2_follow_log_add_all (self->log,
                               apm2_stay_get_monitor (self->stay),
                               self->job_id,
                               self->parts,
                               place);
    }
  self->pinned = place != NULL && place->attempt > 0;
  if (self->has_line)
    apm2_stay_redraw (self->stay);
  if ((self->flags & APM2_FOLLOW_PROGRESS) != 0)
    {
      apm2_stay_tell (self->stay, _ ("queued as %s"), self->job_id);
      apm2_stay_explain_waiting (self->stay);
    }
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
  int status;

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
  status = apm2_stay_run (self.stay, error);
  return status < 0 ? -1 : apm2_stay_print_record (self.stay, status, error);
}
