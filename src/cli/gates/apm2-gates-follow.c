/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Staying with the gates of a commit until they have ended.
 *
 * stdout gets the gates, stderr what else is to be said; with JSON, stdout has
 * the record of the job and nothing else. An interrupt leaves the job alone: it
 * belongs to the queue, and maybe to somebody else too.
 */

#include "apm2-gates-follow.h"

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-gates-live.h"
#include "apm2-gates-tail.h"
#include "apm2-hint.h"
#include "apm2-monitor.h"
#include "apm2-parts.h"
#include "apm2-time.h"
#include "apm2-waiting.h"

#define TAILS_MAX 3

typedef struct
{
  const Apm2CommandCall *call;
  const char *job_id;
  GMainLoop *loop;      /* (owned) */
  Apm2Monitor *monitor; /* (owned) */
  Apm2Waiting *waiting; /* (owned) */
  Apm2GatesView *gates; /* (owned) */
  Apm2GatesLive live;
  guint tick;
  gboolean over;
  char *told_state; /* (owned) (nullable) */
  guint told_attempt;
  const Apm2JobView *ended; /* borrowed from the monitor (nullable) */
  int status;
  GError *error; /* (owned) (nullable) */
} Follow;

static void
follow_clear (Follow *self)
{
  g_clear_handle_id (&self->tick, g_source_remove);
  apm2_gates_live_clear (&self->live);
  g_clear_pointer (&self->waiting, apm2_waiting_free);
  g_clear_pointer (&self->monitor, apm2_monitor_free);
  g_clear_pointer (&self->gates, apm2_gates_view_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
  g_free (self->told_state);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Follow, follow_clear)

static void
finish (Follow *self, int status)
{
  self->over = TRUE;
  self->status = status;
  g_main_loop_quit (self->loop);
}

static void tell (Follow *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

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
  apm2_gates_live_hide (&self->live);
  fprintf (stderr, "apm2: %s\n", line);
}

static void
tell_state (Follow *self, const Apm2JobView *job)
{
  if (g_strcmp0 (self->told_state, job->state) != 0)
    {
      if (g_str_equal (job->state, "pending") && self->told_state != NULL)
        tell (self,
              _ ("queued again, attempt %u did not end well"),
              job->attempt);
      g_free (self->told_state);
      self->told_state = g_strdup (job->state);
    }
  if (job->attempt == self->told_attempt)
    return;
  if (job->attempt > 1)
    {
      tell (self, _ ("attempt %u"), job->attempt);
      apm2_gates_live_forget (&self->live);
    }
  self->told_attempt = job->attempt;
}

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Follow *self = user_data;

  if (self->over)
    return;
  tell_state (self, job);
  apm2_gates_view_update (self->gates, job->steps);
  apm2_gates_live_tell (&self->live);
  if (apm2_job_view_is_final (job))
    {
      self->ended = job;
      finish (self, apm2_exit_from_outcome (job->state, job->verdict));
      return;
    }
  apm2_gates_live_draw (&self->live, apm2_time_realtime_usec ());
  apm2_waiting_update (self->waiting, job);
}

static void
on_lost (gpointer user_data)
{
  tell (user_data,
        _ ("lost the broker; the gates go on; looking for it for up to a "
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

static gboolean
on_interrupt (gpointer user_data)
{
  Follow *self = user_data;
  const char *program = apm2_options_get_program (self->call->globals);

  if (self->over)
    return G_SOURCE_CONTINUE;
  tell (self,
        _ ("the gates go on; wait for them with: %s fac job wait %s; call them "
           "off with: %s fac job cancel %s"),
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
  apm2_gates_live_draw (&self->live, apm2_time_realtime_usec ());
}

static gboolean
on_tick (gpointer user_data)
{
  Follow *self = user_data;

  apm2_gates_live_draw (&self->live, apm2_time_realtime_usec ());
  return G_SOURCE_CONTINUE;
}

static void
run_loop (Follow *self)
{
  const guint int_source = g_unix_signal_add (SIGINT, on_interrupt, self);
  const guint term_source = g_unix_signal_add (SIGTERM, on_interrupt, self);

  if (self->live.redraws)
    self->tick = g_timeout_add_seconds (1, on_tick, self);
  g_main_loop_run (self->loop);
  g_source_remove (int_source);
  g_source_remove (term_source);
}

/* Why gates failed, as far as they said so in the end. */
static void
print_tails (Follow *self)
{
  Apm2Client *client = apm2_monitor_get_client (self->monitor);
  g_autoptr (GPtrArray) jobs
      = client != NULL ? apm2_parts_read (client, self->job_id, NULL) : NULL;
  guint n = 0;

  for (guint i = 0; jobs != NULL && i < self->gates->views->len; i++)
    {
      const Apm2GateView *gate = g_ptr_array_index (self->gates->views, i);
      g_autofree char *tail = NULL;

      if (!apm2_gate_view_is_in_the_way (gate) || n == TAILS_MAX)
        continue;
      tail = apm2_gates_tail_read (client, jobs, gate, self->call->term->utf8);
      if (tail[0] == '\0')
        continue;
      fprintf (self->live.out, _ ("the end of %s:\n%s"), gate->name, tail);
      n++;
    }
}

static void
conclude (Follow *self)
{
  const Apm2Options *globals = self->call->globals;
  g_autofree char *verdict
      = apm2_gates_text_verdict (&self->live.text, self->ended);
  g_autofree char *advice
      = apm2_gates_text_advice (&self->live.text, self->ended, globals);

  apm2_gates_live_hide (&self->live);
  if (globals->json == APM2_JSON_STYLE_OFF
      && !apm2_job_view_has_passed (self->ended))
    print_tails (self);
  fprintf (self->live.out, "%s\n", verdict);
  (void) fflush (self->live.out);
  fputs (advice, stderr);
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
 * apm2_gates_follow_run:
 * @call: the verb
 * @client: (transfer full): the broker
 * @job_id: id of a job of kind gates
 * @gates: (element-type Apm2Step): its gates
 * @error: UNAVAILABLE if the broker stayed away, NOT_FOUND
 *
 * Runs the main loop until the job has ended or an interrupt comes.
 *
 * Returns: an Apm2Exit, or -1 with @error set
 */
int
apm2_gates_follow_run (const Apm2CommandCall *call,
                       Apm2Client *client,
                       const char *job_id,
                       GPtrArray *gates,
                       GError **error)
{
  g_auto (Follow) self = { .call = call, .job_id = job_id };
  const char *const ids[] = { job_id, NULL };
  const gboolean json = call->globals->json != APM2_JSON_STYLE_OFF;

  self.loop = g_main_loop_new (NULL, FALSE);
  self.gates = apm2_gates_view_new (gates);
  apm2_gates_live_init (&self.live, self.gates, call->term, json);
  self.monitor
      = apm2_monitor_new (call->globals, client, ids, &monitor_funcs, &self);
  self.waiting
      = apm2_waiting_new (call->globals, self.monitor, on_why_waiting, &self);
  run_loop (&self);
  if (self.error != NULL)
    {
      apm2_hint_add_jobs (call->globals, &self.error);
      g_propagate_error (error, g_steal_pointer (&self.error));
      return -1;
    }
  if (self.ended != NULL)
    conclude (&self);
  if (json && self.status != APM2_EXIT_DETACHED && !print_record (&self, error))
    return -1;
  return self.status;
}
