/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker says of the claim, and how long that may take.
 */

#include "apm2-run-private.h"

#include <errno.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-state.h"
#include "apm2-phrase.h"
#include "apm2-run-broker.h"
#include "apm2-time.h"
#include "apm2-word.h"

#define TICK_USEC          (G_USEC_PER_SEC / 1)
#define REVIVE_USEC        (5 * (gint64) G_USEC_PER_SEC)
#define WITHDRAW_USEC      (2 * (guint64) G_USEC_PER_SEC)
#define GRACE_DEFAULT_USEC (10 * (guint64) G_USEC_PER_SEC)
/* As often as a broker may close the connection before it answers once. */
#define LOSSES_MAX 8

static void
after (Apm2Run *self,
       sd_event_source **source,
       guint64 usec,
       sd_event_time_handler_t callback)
{
  *source = sd_event_source_disable_unref (*source);
  (void) sd_event_add_time_relative (
      self->event, source, CLOCK_BOOTTIME, usec, 0, callback, self);
}

static int
on_tick (sd_event_source *source, uint64_t usec, void *data)
{
  apm2_run_claim_redraw (data);
  return 0;
}

/**
 * apm2_run_claim_redraw:
 * @self: a run
 *
 * Shows why it waits, if it does.
 */
void
apm2_run_claim_redraw (Apm2Run *self)
{
  const Apm2RunWait wait = {
    .lane = self->spec->lane,
    .job_id = self->waits_for,
    .is_joined = self->waits_for != NULL,
    .why = self->why,
    .since_usec = self->asked_at_utc,
  };

  if (self->phase != PHASE_WAITING || self->why == NULL || self->death != 0)
    return;
  apm2_run_waiting_show (&self->waiting, &wait);
  if (apm2_run_waiting_is_live (&self->waiting))
    after (self, &self->ticker, TICK_USEC, on_tick);
}

static int
on_patience_over (sd_event_source *source, uint64_t usec, void *data)
{
  Apm2Run *self = data;

  self->patience = sd_event_source_disable_unref (self->patience);
  if (self->phase == PHASE_ATTACHING || self->phase == PHASE_WAITING)
    apm2_run_claim_withdraw (self, APM2_REASON_BUSY);
  return 0;
}

/**
 * apm2_run_claim_begin:
 * @self: a run whose claim is on its way
 *
 * The waiting begins.
 */
void
apm2_run_claim_begin (Apm2Run *self)
{
  /* 0 is no bound on the first answer: it says whether there is a slot. */
  if (self->policy.max_wait_usec != APM2_RUN_FOREVER
      && self->policy.max_wait_usec > 0)
    after (self, &self->patience, self->policy.max_wait_usec, on_patience_over);
}

static int
on_withdraw_late (sd_event_source *source, uint64_t usec, void *data)
{
  apm2_run_leave (data);
  return 0;
}

/**
 * apm2_run_claim_withdraw:
 * @self: a run that waits
 * @reason: busy or cancelled
 *
 * Gives up.
 */
void
apm2_run_claim_withdraw (Apm2Run *self, const char *reason)
{
  if (g_str_equal (reason, APM2_REASON_BUSY))
    apm2_run_end_busy (self);
  else
    apm2_run_end_unstarted (self, reason, NULL);
  apm2_run_waiting_hide (&self->waiting);
  self->ticker = sd_event_source_disable_unref (self->ticker);
  after (self, &self->deadline, WITHDRAW_USEC, on_withdraw_late);
  apm2_run_session_withdraw (self->session, reason);
}

/**
 * apm2_run_claim_lose_watcher:
 * @self: a run that waits
 * @message: how it came about; N_()
 *
 * There is nobody left who could run the command: gives up.
 */
void
apm2_run_claim_lose_watcher (Apm2Run *self, const char *message)
{
  /* It is giving up already. */
  if (self->deadline != NULL)
    return;
  apm2_run_claim_withdraw (self, APM2_REASON_CANCELLED);
  apm2_run_complain (self, _ (message));
  g_free (self->result.message);
  self->result.message = g_strdup (message);
}

static void
take_slot (Apm2Run *self, Apm2RunDetails *terms)
{
  apm2_run_waiting_hide (&self->waiting);
  self->patience = sd_event_source_disable_unref (self->patience);
  self->ticker = sd_event_source_disable_unref (self->ticker);
  self->deadline = sd_event_source_disable_unref (self->deadline);
  g_clear_pointer (&self->why, apm2_run_details_free);
  g_clear_pointer (&self->waits_for, g_free);
  g_clear_pointer (&self->terms, apm2_run_details_free);
  self->terms = terms;
  self->result.waited_usec
      = (guint64) (apm2_time_boottime_usec () - self->asked_at);
  self->phase = PHASE_STARTING;
  apm2_run_act_start (self);
}

static Apm2RunDetails *
copy_terms (const Apm2RunDetails *terms)
{
  Apm2RunDetails *copy = apm2_run_details_new ();

  copy->timeout_sec = terms->timeout_sec;
  copy->memory_max_bytes = terms->memory_max_bytes;
  copy->tasks_max = terms->tasks_max;
  copy->cpu_quota_percent = terms->cpu_quota_percent;
  copy->kill_grace_usec = terms->kill_grace_usec;
  return copy;
}

static void
on_granted (gpointer data, const Apm2RunDetails *terms)
{
  Apm2Run *self = data;

  take_slot (self, copy_terms (terms));
}

/**
 * apm2_run_claim_alone:
 * @self: a run without a broker
 *
 * Takes what was asked for.
 */
void
apm2_run_claim_alone (Apm2Run *self)
{
  Apm2RunDetails *terms = apm2_run_details_new ();

  terms->timeout_sec = self->spec->limits.timeout_sec;
  terms->memory_max_bytes = self->spec->limits.memory_max_bytes;
  terms->tasks_max = self->spec->limits.tasks_max;
  terms->cpu_quota_percent = self->spec->limits.cpu_quota_percent;
  terms->kill_grace_usec = GRACE_DEFAULT_USEC;
  take_slot (self, terms);
}

static Apm2RunDetails *
copy_why (const Apm2RunDetails *why)
{
  Apm2RunDetails *copy = apm2_run_details_new ();

  copy->position = why->position;
  g_free (copy->cause);
  copy->cause = g_strdup (why->cause);
  g_free (copy->resource);
  copy->resource = g_strdup (why->resource);
  copy->holders_more = why->holders_more;
  g_ptr_array_unref (copy->holders);
  copy->holders = g_ptr_array_ref (why->holders);
  return copy;
}

static void
on_waiting (gpointer data,
            const char *job_id,
            gboolean is_joined,
            const Apm2RunDetails *why)
{
  Apm2Run *self = data;

  if (self->phase > PHASE_WAITING || self->deadline != NULL)
    return;
  self->phase = PHASE_WAITING;
  g_clear_pointer (&self->why, apm2_run_details_free);
  self->why = copy_why (why);
  g_free (self->waits_for);
  self->waits_for = is_joined ? g_strdup (job_id) : NULL;
  if (self->policy.max_wait_usec == 0)
    apm2_run_claim_withdraw (self, APM2_REASON_BUSY);
  else
    apm2_run_claim_redraw (self);
}

static void
on_cancelled (gpointer data, const char *reason, const char *message)
{
  Apm2Run *self = data;

  if (self->cancelled != NULL || self->phase > PHASE_RUNNING)
    return;
  self->cancelled = g_intern_string (reason);
  if (message[0] != '\0')
    {
      g_autofree char *said = apm2_phrase_say (message);

      apm2_run_say (
          self, _ ("the job is %s: %s"), apm2_word_get (reason), said);
    }
  else
    apm2_run_say (self, _ ("the job is %s"), apm2_word_get (reason));
  if (self->phase == PHASE_RUNNING)
    apm2_run_act_cancel (self);
}

static gboolean
is_worth_another_try (const Apm2RunEnding *ending)
{
  static const char *const reasons[] = { APM2_REASON_CANCELLED,
                                         APM2_REASON_SUPERSEDED,
                                         APM2_REASON_LOST,
                                         APM2_REASON_BUSY,
                                         NULL };

  return g_strv_contains (reasons, ending->reason);
}

static void
on_ended (gpointer data,
          const char *job_id,
          const char *digest,
          const Apm2RunEnding *ending)
{
  Apm2Run *self = data;

  if (self->waits_for != NULL && is_worth_another_try (ending)
      && self->deadline == NULL)
    {
      apm2_run_say (
          self, _ ("job %s was %s"), job_id, apm2_word_get (ending->reason));
      g_clear_pointer (&self->why, apm2_run_details_free);
      g_clear_pointer (&self->waits_for, g_free);
      self->phase = PHASE_ATTACHING;
      apm2_run_session_attach_anew (self->session);
      return;
    }
  if (self->deadline == NULL)
    apm2_run_end_other (self, digest, ending);
  apm2_run_leave (self);
}

static void
on_refused (gpointer data, const GError *error)
{
  Apm2Run *self = data;

  if (self->phase != PHASE_RUNNING)
    {
      self->error = g_error_copy (error);
      apm2_run_end_failed (self, error);
      apm2_run_leave (self);
      return;
    }
  /* What goes on without a slot is in the way of whoever has it now. */
  self->is_stale = TRUE;
  apm2_run_say (self, _ ("the slot is lost: %s"), error->message);
  apm2_run_act_cancel (self);
}

static void
on_settled (gpointer data, const char *digest, const GError *error)
{
  Apm2Run *self = data;

  g_free (self->result.receipt_digest);
  self->result.receipt_digest = g_strdup (digest);
  if (error != NULL)
    apm2_run_say (self,
                  _ ("the broker does not take the result of job %s: %s"),
                  self->result.job_id,
                  error->message);
  apm2_run_leave (self);
}

static void
on_connected (gpointer data, gboolean is_connected)
{
  Apm2Run *self = data;

  if (is_connected)
    return;
  if (self->phase == PHASE_FINISHING)
    apm2_run_end_disconnected (self);
  else if (self->phase == PHASE_ATTACHING && ++self->n_losses >= LOSSES_MAX)
    {
      self->error = g_error_new (
          APM2_ERROR,
          APM2_ERROR_UNAVAILABLE,
          _ ("the broker closes the connection without an answer; its log says "
             "why"));
      apm2_run_end_failed (self, self->error);
      apm2_run_leave (self);
    }
}

/* It was there a moment ago. Where systemd has the socket, this does not happen
 * for long. */
static void
on_unreachable (gpointer data, int error_number)
{
  Apm2Run *self = data;
  const gint64 now = apm2_time_boottime_usec ();

  if ((error_number != ENOENT && error_number != ECONNREFUSED)
      || (self->revived_at != 0 && now - self->revived_at < REVIVE_USEC))
    return;
  self->revived_at = now;
  apm2_run_broker_revive (self->paths);
}

const Apm2RunSessionFuncs apm2_run_claim_funcs = {
  .granted = on_granted,
  .waiting = on_waiting,
  .cancelled = on_cancelled,
  .ended = on_ended,
  .refused = on_refused,
  .settled = on_settled,
  .connected = on_connected,
  .unreachable = on_unreachable,
};
