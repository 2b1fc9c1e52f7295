/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 run: a command in a slot, as if it had been typed alone.
 *
 * The claim goes to the broker first; while it is on its way apm2-step is
 * started, which waits to become the command. With limits it is put into its
 * scope before, else the command gets there if it runs for a while.
 * Nothing here uses a thread, nor GDBus, which does: starting one takes longer
 * than all of the rest.
 */

#include "apm2-run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-job-spec-json.h"
#include "apm2-locale.h"
#include "apm2-names.h"
#include "apm2-run-broker.h"
#include "apm2-run-private.h"
#include "apm2-run-spec.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define SYSTEMD_IS_THERE "/run/systemd/system"
#define SYSTEM_RUNTIME   "/run/apm2"

/**
 * apm2_run_complain:
 * @self: a run
 * @text: what went wrong
 *
 * Says it, whatever the options.
 */
void
apm2_run_complain (Apm2Run *self, const char *text)
{
  g_autofree char *line
      = apm2_display_escape_line (text, self->call->term->utf8);

  apm2_run_waiting_hide (&self->waiting);
  fprintf (stderr, "apm2: %s\n", line);
  (void) fflush (stderr);
}

/**
 * apm2_run_say:
 * @self: a run
 * @format: (printf): what else is worth to be known
 *
 * Says it, unless --quiet.
 */
void
apm2_run_say (Apm2Run *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (self->policy.quiet)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  apm2_run_complain (self, text);
}

/**
 * apm2_run_leave:
 * @self: a run that is over
 */
void
apm2_run_leave (Apm2Run *self)
{
  apm2_run_waiting_hide (&self->waiting);
  /* One that nobody is in when it comes would stay. */
  apm2_run_scope_forget (self->scope);
  (void) sd_event_exit (self->event, 0);
}

static void
run_clear (Apm2Run *self)
{
  self->patience = sd_event_source_disable_unref (self->patience);
  self->ticker = sd_event_source_disable_unref (self->ticker);
  self->deadline = sd_event_source_disable_unref (self->deadline);
  g_clear_pointer (&self->session, apm2_run_session_free);
  g_clear_pointer (&self->scope, apm2_run_scope_free);
  g_clear_pointer (&self->move, apm2_run_move_free);
  g_clear_pointer (&self->command, apm2_run_command_free);
  g_clear_pointer (&self->signals, apm2_run_signals_free);
  self->event = sd_event_unref (self->event);
  apm2_run_waiting_clear (&self->waiting);
  apm2_run_report_clear (&self->report);
  apm2_run_result_clear (&self->result);
  g_clear_pointer (&self->terms, apm2_run_details_free);
  g_clear_pointer (&self->why, apm2_run_details_free);
  g_clear_pointer (&self->waits_for, g_free);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_free ((char *) self->claim.spec);
  g_clear_pointer (&self->containment, g_free);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2Run, run_clear)

/* Root has the broker of the system, but not where there can be none, as in a
 * container without systemd: there is one of root's own. */
static Apm2Mode
choose_mode (Apm2Mode asked)
{
  if (asked != APM2_MODE_AUTO || geteuid () != 0
      || access (SYSTEMD_IS_THERE, F_OK) == 0
      || access (SYSTEM_RUNTIME, F_OK) == 0)
    return asked;
  return APM2_MODE_USER;
}

static gboolean
prepare (Apm2Run *self, const Apm2RunOptions *options, GError **error)
{
  g_autofree char *directory = g_get_current_dir ();
  g_autofree char *job_id = apm2_job_id_new (apm2_time_realtime_usec ());
  const char *ancestor = g_getenv (APM2_ENV_JOB_ID);
  int r;

  self->result.job_id = g_steal_pointer (&job_id);
  self->result.exit_status = -1;
  self->spec = apm2_run_spec_new (
      options, self->call->args, directory, self->result.job_id, error);
  if (self->spec == NULL)
    return FALSE;
  self->paths = apm2_paths_new (choose_mode (self->call->globals->mode), error);
  if (self->paths == NULL)
    return FALSE;
  r = sd_event_new (&self->event);
  if (r < 0)
    {
      apm2_error_set_errno (error, -r, _ ("Cannot make an event loop"));
      return FALSE;
    }
  self->claim = (Apm2RunClaim){
    .socket = self->paths->operator_socket,
    .spec = apm2_job_spec_to_json (self->spec, NULL),
    .job_id = self->spec->job_id,
    .supersede = self->policy.supersede,
    .ancestor
    = ancestor != NULL && apm2_job_id_is_valid (ancestor) ? ancestor : NULL,
  };
  self->asked_at = apm2_time_boottime_usec ();
  self->asked_at_utc = apm2_time_realtime_usec ();
  return TRUE;
}

static GError *
new_connect_error (const Apm2Run *self, int error_number)
{
  return g_error_new (APM2_ERROR,
                      APM2_ERROR_UNAVAILABLE,
                      _ ("cannot reach the broker (%s mode) at %s: %s"),
                      apm2_word_get (apm2_mode_to_string (self->paths->mode)),
                      self->paths->operator_socket,
                      g_strerror (error_number));
}

/* Until signals are ours, an interrupt ends us, and nothing is left behind. */
static gboolean
reach_broker (Apm2Run *self, GError **error)
{
  int r;

  self->session = apm2_run_session_new (
      self->event, &self->claim, &apm2_run_claim_funcs, self);
  r = apm2_run_session_attach (self->session);
  if (r == -ENOENT || r == -ECONNREFUSED)
    {
      if (!apm2_run_broker_start (self->paths, error))
        return FALSE;
      r = apm2_run_session_attach (self->session);
    }
  /* So many callers that the socket is full. */
  if (r == -EAGAIN)
    {
      apm2_run_session_attach_anew (self->session);
      return TRUE;
    }
  if (r < 0)
    g_propagate_error (error, new_connect_error (self, -r));
  return r >= 0;
}

static gboolean
spawn (Apm2Run *self, GError **error)
{
  const Apm2RunCommandOrder order = {
    .argv = self->call->args,
    .job_id = self->spec->job_id,
    .caller_mask = apm2_run_signals_get_caller_mask (self->signals),
    .detach_survivors = self->policy.detach_survivors,
  };

  self->command = apm2_run_command_new (self->event, &apm2_run_act_funcs, self);
  return apm2_run_command_spawn (self->command, &order, error);
}

static gboolean
begin (Apm2Run *self, GError **error)
{
  g_autoptr (GError) unreachable = NULL;

  self->scope = apm2_run_scope_new (self->event, self->spec->job_id);
  self->move = apm2_run_move_new (self->event, self->scope);
  /* The manager takes the longest, so it is greeted first. */
  if (apm2_run_act_needs_scope (self))
    (void) apm2_run_scope_connect (self->scope, self->paths->mode);
  if (!reach_broker (self, &unreachable))
    {
      g_clear_pointer (&self->session, apm2_run_session_free);
      if (!self->policy.without_broker)
        {
          g_propagate_error (error, g_steal_pointer (&unreachable));
          return FALSE;
        }
      apm2_run_say (
          self, _ ("%s; running without a slot"), unreachable->message);
    }
  self->signals
      = apm2_run_signals_new (self->event, apm2_run_act_on_signal, self);
  if (!spawn (self, error))
    return FALSE;
  apm2_run_act_prepare (self);
  if (self->session == NULL)
    apm2_run_claim_alone (self);
  else
    apm2_run_claim_begin (self);
  return TRUE;
}

static void
write_report (Apm2Run *self)
{
  g_autoptr (GError) error = NULL;

  if (!apm2_run_report_write (&self->report, &self->result, &error))
    apm2_command_print_error (error);
}

/**
 * apm2_run_main:
 * @call: a run of the verb, with #Apm2RunOptions and a command
 * @error: why there is no exit status of the command
 *
 * Runs the command. May die of the signal that the command died of.
 *
 * Returns: an exit status, or -1 with @error set
 */
int
apm2_run_main (const Apm2CommandCall *call, GError **error)
{
  g_auto (Apm2Run) self = { .call = call, .report = APM2_RUN_REPORT_NONE };
  const Apm2RunOptions *options = call->options;

  if (!apm2_run_options_get_policy (options, &self.policy, error)
      || !apm2_run_report_open (&self.report, options->json_result, error))
    return -1;
  /* What failed is told in it. */
  if (options->json_result != NULL)
    apm2_locale_use_english ();
  self.waiting.term = call->term;
  self.waiting.quiet = self.policy.quiet;
  if (!prepare (&self, options, &self.error) || !begin (&self, &self.error))
    apm2_run_end_failed (&self, self.error);
  else
    (void) sd_event_loop (self.event);

  apm2_run_waiting_hide (&self.waiting);
  write_report (&self);
  if (self.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self.error));
      return -1;
    }
  if (self.death != 0)
    apm2_run_signals_die (self.death);
  return self.result.status;
}
