/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The command while it is started and runs, and the signals that reach us.
 */

#include "apm2-run-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-descendants.h"
#include "apm2-job-state.h"
#include "apm2-time.h"

static gboolean
wants_limits (const Apm2Run *self)
{
  return self->spec->limits.memory_max_bytes > 0
         || self->spec->limits.cpu_quota_percent > 0
         || self->spec->limits.tasks_max > 0;
}

/* The budget of the lane is kept all the same, so this is no reason to fail. */
static void
tell_of_limits (Apm2Run *self)
{
  const Apm2Limits *limits = &self->spec->limits;

  if (apm2_run_scope_get_unit (self->scope)[0] == '\0')
    return;
  if (limits->memory_max_bytes > 0
      && strstr (self->containment, "memory") == NULL)
    apm2_run_say (self,
                  _ ("nothing enforces --memory: the service manager has no "
                     "memory controller"));
  if (limits->cpu_quota_percent > 0
      && strstr (self->containment, "cpu") == NULL)
    apm2_run_say (self,
                  _ ("nothing enforces --cpu: the service manager has no cpu "
                     "controller"));
  if (limits->tasks_max > 0 && strstr (self->containment, "tasks") == NULL)
    apm2_run_say (self,
                  _ ("nothing enforces --tasks: the service manager has no "
                     "pids controller"));
}

static void
note_containment (Apm2Run *self)
{
  g_free (self->containment);
  self->containment = apm2_run_scope_describe (self->scope);
  self->result.containment = self->containment;
}

static void
tell_where_it_runs (Apm2Run *self)
{
  if (self->session != NULL)
    apm2_run_session_started (self->session,
                              apm2_run_command_get_pid (self->command),
                              apm2_run_scope_get_unit (self->scope),
                              apm2_run_scope_get_cgroup (self->scope));
}

static void
on_moved (gpointer data, const char *problem)
{
  Apm2Run *self = data;

  if (problem != NULL)
    {
      apm2_run_say (self, _ ("running without a scope: %s"), problem);
      return;
    }
  note_containment (self);
  apm2_run_command_adopt_scope (self->command);
  tell_where_it_runs (self);
}

static void
move_later (Apm2Run *self)
{
  g_autofree char *description = apm2_job_spec_describe (self->spec);

  apm2_run_move_start (self->move,
                       self->paths->mode,
                       apm2_run_command_get_pid (self->command),
                       description,
                       on_moved,
                       self);
}

static void
go (Apm2Run *self)
{
  if (self->cancelled != NULL)
    {
      apm2_run_end_unstarted (self, self->cancelled, NULL);
      return;
    }
  note_containment (self);
  tell_of_limits (self);
  self->phase = PHASE_RUNNING;
  self->went_at = apm2_time_boottime_usec ();
  self->result.started_at = apm2_time_realtime_usec ();
  apm2_run_command_go (self->command,
                       self->terms->timeout_sec * G_USEC_PER_SEC,
                       self->terms->kill_grace_usec);
  tell_where_it_runs (self);
  if (!apm2_run_scope_is_asked_for (self->scope))
    move_later (self);
}

static void
go_without_scope (Apm2Run *self, const char *problem)
{
  g_autofree char *message = NULL;

  if (!wants_limits (self))
    {
      go (self);
      return;
    }
  message = g_strdup_printf (
      _ ("cannot enforce --memory, --cpu and --tasks: %s; leave them out, or "
         "run it where there is a service manager"),
      problem);
  apm2_run_complain (self, message);
  apm2_run_end_unstarted (self,
                          APM2_REASON_SPAWN_FAILED,
                          "cannot enforce --memory, --cpu and --tasks");
}

static void
on_scope (gpointer data, const char *problem)
{
  Apm2Run *self = data;

  if (self->phase != PHASE_STARTING)
    return;
  if (problem == NULL)
    {
      go (self);
      return;
    }
  if (!wants_limits (self))
    apm2_run_say (self, _ ("running without a scope: %s"), problem);
  go_without_scope (self, problem);
}

static void
ask_for_scope (Apm2Run *self, const Apm2RunScopeLimits *limits)
{
  g_autofree char *description = NULL;

  if (!apm2_run_scope_connect (self->scope, self->paths->mode))
    return;
  description = apm2_job_spec_describe (self->spec);
  apm2_run_scope_start (self->scope,
                        apm2_run_command_get_pid (self->command),
                        description,
                        limits);
}

/**
 * apm2_run_act_needs_scope:
 * @self: a run
 *
 * Limits hold from the first moment on, and what may outlive the command has
 * nothing else that it could be found by.
 *
 * Returns: whether its command cannot be started before it has a scope
 */
gboolean
apm2_run_act_needs_scope (const Apm2Run *self)
{
  return wants_limits (self) || self->policy.detach_survivors
         || !apm2_descendants_are_known ();
}

/**
 * apm2_run_act_prepare:
 * @self: a run whose claim is on its way
 *
 * Has the scope made if it is needed, which takes longer than to get a slot
 * that is free. One that waits for its slot waits in its scope then.
 */
void
apm2_run_act_prepare (Apm2Run *self)
{
  const Apm2Limits *asked = &self->spec->limits;
  const Apm2RunScopeLimits limits = {
    .memory_max_bytes = asked->memory_max_bytes,
    .tasks_max = asked->tasks_max,
    .cpu_quota_percent = asked->cpu_quota_percent,
  };

  if (apm2_run_act_needs_scope (self))
    ask_for_scope (self, &limits);
}

/**
 * apm2_run_act_start:
 * @self: a run whose turn it is
 *
 * Starts the command: at once, or when its scope is as the slot's terms say.
 */
void
apm2_run_act_start (Apm2Run *self)
{
  static const Apm2RunScopeLimits none = { 0 };
  const Apm2RunScopeLimits limits = {
    .memory_max_bytes = self->terms->memory_max_bytes,
    .tasks_max = self->terms->tasks_max,
    .cpu_quota_percent = self->terms->cpu_quota_percent,
  };

  /* They may be those of the lane. */
  if (!apm2_run_scope_is_asked_for (self->scope)
      && !apm2_run_scope_limits_equal (&limits, &none))
    ask_for_scope (self, &limits);
  if (apm2_run_scope_is_asked_for (self->scope))
    apm2_run_scope_await (self->scope, &limits, on_scope, self);
  else
    go_without_scope (self, _ ("there is no service manager"));
}

/**
 * apm2_run_act_cancel:
 * @self: a run whose command runs
 *
 * Ends the command.
 */
void
apm2_run_act_cancel (Apm2Run *self)
{
  apm2_run_command_term (self->command, self->terms->kill_grace_usec);
}

static void
on_stopped (gpointer data, int signal_number)
{
  apm2_run_signals_stop (signal_number);
}

static void
on_stuck (gpointer data, guint count)
{
  apm2_run_say (
      data, _ ("%u processes do not die of SIGKILL; waiting for them"), count);
}

static void
on_ended (gpointer data, const Apm2StepExit *ended)
{
  Apm2Run *self = data;

  apm2_run_move_stop (self->move);
  if (self->phase == PHASE_RUNNING || self->phase == PHASE_STARTING)
    apm2_run_end_command (self, ended);
}

static void
on_lost (gpointer data)
{
  Apm2Run *self = data;
  const char *message
      = N_ ("the process that watches over the command was killed");

  if (self->phase == PHASE_FINISHING)
    return;
  apm2_run_move_stop (self->move);
  apm2_run_scope_kill (self->scope);
  if (self->phase == PHASE_ATTACHING || self->phase == PHASE_WAITING)
    {
      apm2_run_claim_lose_watcher (self, message);
      return;
    }
  apm2_run_end_lost (self, message);
}

const Apm2RunCommandFuncs apm2_run_act_funcs = {
  .stopped = on_stopped,
  .stuck = on_stuck,
  .ended = on_ended,
  .lost = on_lost,
};

/* --- signals --- */

static gboolean
stops (int signal_number)
{
  return signal_number == SIGTSTP || signal_number == SIGTTIN
         || signal_number == SIGTTOU;
}

/* As a command does that has no handler for it. */
static void
suffer_waiting (Apm2Run *self, int signal_number)
{
  if (stops (signal_number))
    {
      apm2_run_waiting_hide (&self->waiting);
      apm2_run_signals_stop (signal_number);
      apm2_run_claim_redraw (self);
    }
  else if (signal_number == SIGCONT || signal_number == SIGWINCH)
    apm2_run_claim_redraw (self);
  else if (self->death != 0 || self->phase == PHASE_ATTACHING)
    {
      self->death = signal_number;
      apm2_run_end_unstarted (self, APM2_REASON_CANCELLED, NULL);
      apm2_run_leave (self);
    }
  else
    {
      self->death = signal_number;
      apm2_run_claim_withdraw (self, APM2_REASON_CANCELLED);
    }
}

static void
pass_on (Apm2Run *self, int signal_number, gboolean by_kernel)
{
  if (signal_number == SIGHUP
      && (by_kernel || apm2_run_signals_is_terminal_gone (self->signals)))
    {
      self->is_hung_up = TRUE;
      apm2_run_command_hangup (self->command);
    }
  else if (!by_kernel)
    apm2_run_command_signal (self->command, signal_number);
}

/**
 * apm2_run_act_on_signal:
 * @data: a run
 * @signal_number: that reached us
 * @by_kernel: and, from the terminal, the command too
 */
void
apm2_run_act_on_signal (gpointer data, int signal_number, gboolean by_kernel)
{
  Apm2Run *self = data;

  switch (self->phase)
    {
    case PHASE_ATTACHING:
    case PHASE_WAITING:
      suffer_waiting (self, signal_number);
      break;
    case PHASE_STARTING:
      /* The slot has to be given back; go() is where the ways meet. */
      if (apm2_run_signals_is_deadly (signal_number))
        {
          self->death = signal_number;
          self->cancelled = APM2_REASON_CANCELLED;
        }
      break;
    case PHASE_RUNNING:
      pass_on (self, signal_number, by_kernel);
      break;
    case PHASE_FINISHING:
    default:
      /* The command is over; whoever has no patience shall not need it. */
      if (apm2_run_signals_is_deadly (signal_number))
        apm2_run_leave (self);
      break;
    }
}
