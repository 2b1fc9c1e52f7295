/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a run comes to: the result for the broker, and the exit status.
 */

#include "apm2-run-private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-job-state.h"
#include "apm2-time.h"
#include "apm2-word.h"

/* The reason of --json-result where there is no receipt. */
#define REASON_ERROR "error"

/* A broker that restarts is back by then, or something is wrong with it. */
#define RESTART_USEC (10 * (guint64) G_USEC_PER_SEC)
/* One that is there has as long as its disk needs. */
#define FINISH_USEC (60 * (guint64) G_USEC_PER_SEC)

static int
on_deadline (sd_event_source *source, uint64_t usec, void *data)
{
  Apm2Run *self = data;

  self->deadline = sd_event_source_disable_unref (self->deadline);
  apm2_run_say (self,
                _ ("the broker does not answer; it will find out by itself "
                   "that job %s is over, and not how it ended"),
                self->result.job_id);
  apm2_run_leave (self);
  return 0;
}

static void
set_deadline (Apm2Run *self, guint64 usec)
{
  self->deadline = sd_event_source_disable_unref (self->deadline);
  (void) sd_event_add_time_relative (
      self->event, &self->deadline, CLOCK_BOOTTIME, usec, 0, on_deadline, self);
}

/**
 * apm2_run_end_disconnected:
 * @self: a run that is over, whose broker went away
 */
void
apm2_run_end_disconnected (Apm2Run *self)
{
  set_deadline (self, RESTART_USEC);
}

/* Tells the broker, and leaves when it knows. */
static void
finish (Apm2Run *self)
{
  self->phase = PHASE_FINISHING;
  if (self->session == NULL || self->is_stale)
    {
      apm2_run_leave (self);
      return;
    }
  /* Before the broker knows that the job is over: if we are killed meanwhile,
   * it sees to the scope. */
  apm2_run_scope_forget (self->scope);
  set_deadline (self,
                apm2_run_session_is_connected (self->session) ? FINISH_USEC
                                                              : RESTART_USEC);
  apm2_run_session_finish (self->session, &self->result);
}

static void
set_verdict (Apm2Run *self, const char *reason, const char *step_result)
{
  Apm2RunResult *result = &self->result;

  result->outcome = apm2_job_state_to_string (APM2_JOB_STATE_COMPLETED);
  result->verdict = apm2_verdict_to_string (
      reason[0] == '\0' ? APM2_VERDICT_PASSED : APM2_VERDICT_FAILED);
  result->reason = reason;
  result->step_result = step_result;
}

static void
set_cancelled (Apm2Run *self, const char *reason)
{
  self->result.outcome = apm2_job_state_to_string (APM2_JOB_STATE_CANCELLED);
  self->result.verdict = "";
  self->result.reason = reason;
}

/* In English, since it goes into the receipt, and so are its parts: what
 * strsignal() and strerror() say depends on the locale. */
static void
take_message (Apm2Run *self, char *message)
{
  g_free (self->result.message);
  self->result.message = message;
}

static const char *
describe_signal (int number)
{
  const char *text = sigdescr_np (number);

  return text != NULL ? text : "unknown";
}

static const char *
describe_errno (int number)
{
  const char *text = strerrordesc_np (number);

  return text != NULL ? text : "unknown";
}

/* By itself, or by a signal of somebody else. */
static void
judge_exited (Apm2Run *self)
{
  Apm2RunResult *result = &self->result;

  if (result->signal > 0)
    {
      set_verdict (self, APM2_REASON_SIGNAL, "failed");
      take_message (self,
                    g_strdup_printf ("died of signal %d (%s)",
                                     result->signal,
                                     describe_signal (result->signal)));
      result->status = APM2_RUN_EXIT_SIGNAL (result->signal);
      if (apm2_run_signals_is_deadly (result->signal))
        self->death = result->signal;
      return;
    }
  result->status = result->exit_status;
  if (result->exit_status == 0)
    {
      set_verdict (self, "", "passed");
      return;
    }
  set_verdict (self, APM2_REASON_STEP_FAILED, "failed");
  take_message (self,
                g_strdup_printf ("exited with status %d", result->exit_status));
}

static void
judge_unspawned (Apm2Run *self, const Apm2StepExit *ended)
{
  Apm2RunResult *result = &self->result;
  const gboolean by_exec = ended->stage == APM2_STEP_STAGE_EXEC;

  set_verdict (self, APM2_REASON_SPAWN_FAILED, "spawn_failed");
  result->status = !by_exec                        ? APM2_RUN_EXIT_FAILURE
                   : ended->error_number == ENOENT ? APM2_RUN_EXIT_NOT_FOUND
                                                   : APM2_RUN_EXIT_NOT_RUN;
  result->exit_status = result->status;
  take_message (self,
                g_strdup_printf ("cannot run '%s': %s",
                                 self->call->args[0],
                                 describe_errno (ended->error_number)));
  /* apm2-step has told of a failed exec, in the terminal of the command. */
  if (!by_exec)
    {
      g_autofree char *text
          = g_strdup_printf (_ ("cannot run '%s': %s"),
                             self->call->args[0],
                             g_strerror (ended->error_number));

      apm2_run_complain (self, text);
    }
}

static void
judge_terminated (Apm2Run *self)
{
  Apm2RunResult *result = &self->result;

  if (self->is_hung_up || self->cancelled == NULL)
    {
      judge_exited (self);
      return;
    }
  set_cancelled (self, self->cancelled);
  result->step_result = "cancelled";
  /* Whatever it made of the TERM: a make whose child died of it first exits as
   * if that had failed by itself. */
  result->status = APM2_RUN_EXIT_CANCELLED;
}

static void
judge (Apm2Run *self, const Apm2StepExit *ended)
{
  switch (ended->cause)
    {
    case APM2_STEP_CAUSE_EXITED:
      judge_exited (self);
      break;
    case APM2_STEP_CAUSE_SPAWN_FAILED:
      judge_unspawned (self, ended);
      break;
    case APM2_STEP_CAUSE_TIMEOUT:
      set_verdict (self, APM2_REASON_TIMEOUT, "timeout");
      self->result.status = APM2_RUN_EXIT_TIMEOUT;
      take_message (self,
                    g_strdup_printf ("was ended: the time limit of %" PRIu64
                                     " s is over",
                                     self->terms->timeout_sec));
      apm2_run_say (
          self,
          _ ("the command was ended: the time limit of %" PRIu64 " s is over"),
          self->terms->timeout_sec);
      break;
    case APM2_STEP_CAUSE_OOM:
      judge_exited (self);
      self->death = 0;
      if (self->result.status == 0)
        self->result.status = APM2_RUN_EXIT_SIGNAL (SIGKILL);
      set_verdict (self, APM2_REASON_OOM, "oom");
      take_message (self, g_strdup ("ran out of the memory it may have"));
      apm2_run_say (self, _ ("the command ran out of the memory it may have"));
      break;
    case APM2_STEP_CAUSE_TERMINATED:
      judge_terminated (self);
      break;
    case APM2_STEP_CAUSE_NONE:
    case APM2_STEP_CAUSE_LOG_LIMIT:
    case APM2_STEP_CAUSE_WORKSPACE_LIMIT:
    case APM2_STEP_CAUSE_FENCED:
    default:
      set_verdict (self, APM2_REASON_SIGNAL, "failed");
      self->result.status = APM2_RUN_EXIT_FAILURE;
      break;
    }
}

/* A limit on tasks ends nothing by itself: it refuses, and what fails then says
 * something else. */
static void
tell_of_tasks (Apm2Run *self)
{
  Apm2RunResult *result = &self->result;
  const guint64 limit = self->terms->tasks_max;

  if (limit == 0 || result->tasks_peak < limit || result->message == NULL)
    return;
  take_message (self,
                g_strdup_printf ("%s; it had all %" PRIu64
                                 " processes and threads that it may have",
                                 result->message,
                                 limit));
  apm2_run_say (self,
                _ ("the command had all %" PRIu64
                   " processes and threads that it may have"),
                limit);
}

static void
note_time (Apm2Run *self)
{
  if (self->went_at == 0)
    return;
  self->result.finished_at = apm2_time_realtime_usec ();
  self->result.ran_usec
      = (guint64) (apm2_time_boottime_usec () - self->went_at);
}

/**
 * apm2_run_end_command:
 * @self: a run
 * @ended: how its command ended
 */
void
apm2_run_end_command (Apm2Run *self, const Apm2StepExit *ended)
{
  Apm2RunResult *result = &self->result;

  note_time (self);
  result->exit_status = ended->exit_status;
  result->signal = ended->term_signal;
  result->cpu_usec = ended->cpu_usec;
  result->memory_peak_bytes = ended->memory_peak_bytes;
  result->tasks_peak = ended->tasks_peak;
  result->oom_kills = ended->oom_kills;
  judge (self, ended);
  tell_of_tasks (self);
  if (self->is_stale)
    {
      set_verdict (self, APM2_REASON_LOST, "cancelled");
      result->status = APM2_RUN_EXIT_FAILURE;
      self->death = 0;
    }
  finish (self);
}

/**
 * apm2_run_end_lost:
 * @self: a run
 * @message: why nobody knows how its command ended; N_()
 */
void
apm2_run_end_lost (Apm2Run *self, const char *message)
{
  note_time (self);
  set_verdict (self, APM2_REASON_LOST, "failed");
  self->result.status = APM2_RUN_EXIT_FAILURE;
  take_message (self, g_strdup (message));
  apm2_run_complain (self, _ (message));
  if (self->phase >= PHASE_STARTING)
    finish (self);
  else
    apm2_run_leave (self);
}

/**
 * apm2_run_end_unstarted:
 * @self: a run whose command was not started
 * @reason: a reason code
 * @message: (nullable): more of it, in English
 *
 * Gives the slot back, if there is one.
 */
void
apm2_run_end_unstarted (Apm2Run *self, const char *reason, const char *message)
{
  if (g_str_equal (reason, APM2_REASON_SPAWN_FAILED))
    {
      set_verdict (self, reason, NULL);
      self->result.status = APM2_RUN_EXIT_FAILURE;
    }
  else
    {
      set_cancelled (self, reason);
      self->result.status = self->death != 0
                                ? APM2_RUN_EXIT_SIGNAL (self->death)
                                : APM2_RUN_EXIT_CANCELLED;
    }
  if (message != NULL)
    take_message (self, g_strdup (message));
  if (self->phase == PHASE_STARTING)
    finish (self);
}

/**
 * apm2_run_end_busy:
 * @self: a run that has waited long enough
 */
void
apm2_run_end_busy (Apm2Run *self)
{
  g_autofree char *span = apm2_time_format_span (self->policy.max_wait_usec);

  set_cancelled (self, APM2_REASON_BUSY);
  self->result.waited_usec
      = (guint64) (apm2_time_boottime_usec () - self->asked_at);
  self->result.status = APM2_RUN_EXIT_BUSY;
  take_message (self, g_strdup_printf ("no slot within %s", span));
  apm2_run_say (self, _ ("no slot within %s (--max-wait)"), span);
}

static int
get_status_of (const Apm2RunEnding *ending)
{
  if (ending->outcome[0] != '\0'
      && !g_str_equal (ending->outcome,
                       apm2_job_state_to_string (APM2_JOB_STATE_COMPLETED)))
    return APM2_RUN_EXIT_CANCELLED;
  if (g_str_equal (ending->verdict,
                   apm2_verdict_to_string (APM2_VERDICT_PASSED)))
    return 0;
  if (g_str_equal (ending->reason, APM2_REASON_TIMEOUT))
    return APM2_RUN_EXIT_TIMEOUT;
  if (ending->signal > 0)
    return APM2_RUN_EXIT_SIGNAL (ending->signal);
  return ending->exit_status > 0 ? ending->exit_status : APM2_RUN_EXIT_FAILURE;
}

/**
 * apm2_run_end_other:
 * @self: a run that waited
 * @digest: of the receipt
 * @ending: how the job ended that it waited for
 */
void
apm2_run_end_other (Apm2Run *self,
                    const char *digest,
                    const Apm2RunEnding *ending)
{
  Apm2RunResult *result = &self->result;

  result->is_joined = self->waits_for != NULL;
  result->outcome = g_intern_string (ending->outcome);
  result->verdict = g_intern_string (ending->verdict);
  result->reason = g_intern_string (ending->reason);
  result->exit_status = ending->exit_status;
  result->signal = ending->signal;
  result->status = get_status_of (ending);
  result->waited_usec = (guint64) (apm2_time_boottime_usec () - self->asked_at);
  g_free (result->receipt_digest);
  result->receipt_digest = g_strdup (digest);
  take_message (self, g_strdup (ending->message));
  if (result->is_joined)
    {
      g_free (result->job_id);
      result->job_id = g_strdup (self->waits_for);
    }
  apm2_run_say (self,
                _ ("job %s ended: %s%s%s"),
                result->job_id,
                apm2_word_get (result->reason[0] != '\0' ? result->reason
                                                         : result->verdict),
                ending->message[0] != '\0' ? ": " : "",
                ending->message);
}

/**
 * apm2_run_end_failed:
 * @self: a run that could not be
 * @error: why
 */
void
apm2_run_end_failed (Apm2Run *self, const GError *error)
{
  self->result.outcome = "";
  self->result.verdict = "";
  self->result.reason = REASON_ERROR;
  self->result.status = APM2_RUN_EXIT_FAILURE;
  take_message (self, g_strdup (error->message));
}
