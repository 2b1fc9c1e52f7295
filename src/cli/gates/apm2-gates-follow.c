/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Staying with the gates of a commit until they have ended.
 *
 * stdout gets the gates, stderr what else is to be said; with JSON, stdout has
 * the record of the job and nothing else.
 */

#include "apm2-gates-follow.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-gates-live.h"
#include "apm2-gates-tail.h"
#include "apm2-parts.h"
#include "apm2-stay.h"
#include "apm2-time.h"

#define TAILS_MAX 3

typedef struct
{
  const Apm2CommandCall *call;
  const char *job_id;
  Apm2Stay *stay;       /* (owned) */
  Apm2GatesView *gates; /* (owned) */
  Apm2GatesLive live;
  const Apm2JobView *ended; /* borrowed from the monitor (nullable) */
} Follow;

static void
follow_clear (Follow *self)
{
  apm2_gates_live_clear (&self->live);
  g_clear_pointer (&self->stay, apm2_stay_free);
  g_clear_pointer (&self->gates, apm2_gates_view_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Follow, follow_clear)

static void
hide (gpointer user_data)
{
  Follow *self = user_data;

  apm2_gates_live_hide (&self->live);
}

static void
draw (gpointer user_data)
{
  Follow *self = user_data;

  apm2_gates_live_draw (&self->live, apm2_time_realtime_usec ());
}

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Follow *self = user_data;

  if (apm2_stay_tell_state (self->stay, job))
    apm2_gates_live_forget (&self->live);
  apm2_gates_view_update (self->gates, job->steps);
  apm2_gates_live_tell (&self->live);
  if (!apm2_job_view_is_final (job))
    {
      draw (self);
      return;
    }
  self->ended = job;
  apm2_stay_end (self->stay, apm2_exit_from_outcome (job->state, job->verdict));
}

static void
on_interrupted (gpointer user_data)
{
  Follow *self = user_data;
  const char *program = apm2_options_get_program (self->call->globals);

  apm2_stay_tell (
      self->stay,
      _ ("the gates go on; wait for them with: %s fac job wait %s; call them "
         "off with: %s fac job cancel %s"),
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

/* Why gates failed, as far as they said so in the end. */
static void
print_tails (Follow *self)
{
  Apm2Client *client
      = apm2_monitor_get_client (apm2_stay_get_monitor (self->stay));
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
  const gboolean json = call->globals->json != APM2_JSON_STYLE_OFF;
  int status;

  self.gates = apm2_gates_view_new (gates);
  apm2_gates_live_init (&self.live, self.gates, call->term, json);
  self.stay = apm2_stay_new (call, client, job_id, NULL, &stay_funcs, &self);
  apm2_stay_explain_waiting (self.stay);
  if (self.live.redraws)
    apm2_stay_redraw (self.stay);
  status = apm2_stay_run (self.stay, error);
  if (status < 0)
    return -1;
  if (self.ended != NULL)
    conclude (&self);
  return apm2_stay_print_record (self.stay, status, error);
}
