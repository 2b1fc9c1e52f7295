/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A claim of the dispatcher: for whom it is, and what becomes of the jobs that
 * it gets.
 *
 * With it goes what is known of the job that came in last. If the claim gets
 * that one, the store's thread tells the worker (see apm2-store-herald.c).
 * Which job is claimed is the store's to say, as ever: this makes nothing go
 * before its turn.
 */

#include "apm2-dispatcher-private.h"

#include "apm2-admission.h"
#include "apm2-job-spec-json.h"
#include "apm2-lease-terms.h"
#include "apm2-log.h"

/**
 * apm2_dispatcher_claim_new:
 * @dispatcher: a dispatcher
 * @worker: who gets the jobs
 *
 * Takes what the dispatcher knows of the job that came in last.
 *
 * Returns: (transfer full): a claim that was not asked for yet
 */
Apm2DispatcherClaim *
apm2_dispatcher_claim_new (Apm2Dispatcher *dispatcher,
                           const Apm2WorkerRecord *worker)
{
  Apm2DispatcherClaim *self = g_new0 (Apm2DispatcherClaim, 1);

  self->dispatcher = g_object_ref (dispatcher);
  self->instance = g_strdup (worker->instance);
  self->spec = g_steal_pointer (&dispatcher->fresh);
  self->digest = g_steal_pointer (&dispatcher->fresh_digest);
  if (self->spec != NULL && worker->ahead != NULL)
    self->herald = apm2_store_herald_new (worker->ahead, self->digest);
  return self;
}

/**
 * apm2_dispatcher_claim_free:
 * @self: (transfer full): a claim that was answered
 */
void
apm2_dispatcher_claim_free (Apm2DispatcherClaim *self)
{
  g_object_unref (self->dispatcher);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  g_clear_pointer (&self->herald, apm2_store_herald_unref);
  g_free (self->digest);
  g_free (self->instance);
  g_free (self);
}

/**
 * apm2_dispatcher_claim_brief:
 * @self: a claim that was asked for
 *
 * Adds the terms, while the disk is at work.
 */
void
apm2_dispatcher_claim_brief (Apm2DispatcherClaim *self)
{
  const Apm2Config *config = apm2_active_config_get (self->dispatcher->config);

  if (self->herald == NULL)
    return;
  self->limits = apm2_admission_limits (config, self->spec);
  apm2_store_herald_set_terms (
      self->herald,
      apm2_lease_terms_new (config, self->spec->lane, &self->limits));
}

typedef struct
{
  Apm2Dispatcher *dispatcher; /* owned */
  Apm2Job *job;               /* owned */
} Quarantine;

/* What was not put aside is claimed once more, and comes here again. */
static void
on_quarantined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Quarantine *quarantine = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *digest
      = apm2_queue_finish_finish (APM2_QUEUE (source), result, &error);

  if (digest == NULL)
    {
      apm2_log (G_LOG_LEVEL_WARNING,
                APM2_LOG_WITH (.job = quarantine->job->stored->id),
                "Cannot put job %s aside: %s; trying on",
                quarantine->job->stored->id,
                error->message);
      apm2_lease_warden_end (quarantine->dispatcher->warden,
                             quarantine->job,
                             APM2_LEASE_DOUBT_UNREADABLE);
    }
  apm2_job_unref (quarantine->job);
  g_object_unref (quarantine->dispatcher);
  g_free (quarantine);
}

/* A spec that was accepted and cannot be read any more is not to be trusted. */
static void
quarantine (Apm2Dispatcher *self, Apm2Job *job, const GError *error)
{
  Quarantine *quarantine = g_new0 (Quarantine, 1);
  Apm2Receipt *receipt = apm2_queue_new_receipt (self->queue, job);

  apm2_log (
      G_LOG_LEVEL_WARNING,
      APM2_LOG_WITH (.job = job->stored->id, .reason = APM2_REASON_MALFORMED),
      "Quarantining job %s: %s",
      job->stored->id,
      error->message);
  receipt->outcome = APM2_JOB_STATE_QUARANTINED;
  receipt->reason = g_strdup (APM2_REASON_MALFORMED);
  receipt->message = g_strdup (error->message);
  quarantine->dispatcher = g_object_ref (self);
  quarantine->job = apm2_job_ref (job);
  apm2_queue_finish_async (self->queue,
                           job->stored->id,
                           job->stored->token,
                           receipt,
                           on_quarantined,
                           quarantine);
}

static gboolean
is_fresh (const Apm2DispatcherClaim *self, const Apm2StoredJob *stored)
{
  return self->spec != NULL && g_str_equal (self->digest, stored->spec_digest);
}

static Apm2JobSpec *
read_spec (const Apm2DispatcherClaim *self,
           const Apm2StoredJob *stored,
           const char *text,
           GError **error)
{
  if (is_fresh (self, stored))
    return apm2_job_spec_ref (self->spec);
  return apm2_job_spec_from_json (text, strlen (text), error);
}

/* Nobody of this name waits for the job any more. */
static void
take_back (const Apm2DispatcherClaim *self,
           Apm2WorkerRecord *worker,
           Apm2Job *job)
{
  Apm2Dispatcher *dispatcher = self->dispatcher;

  if (self->herald == NULL
      || !apm2_store_herald_has_told (self->herald, job->stored))
    {
      apm2_lease_warden_end (
          dispatcher->warden, job, APM2_LEASE_DOUBT_UNWANTED);
      return;
    }
  /* It may run by now: it stays with the worker, which names it when it comes
   * back, or gives it back itself. */
  if (worker == NULL)
    worker = apm2_worker_registry_ensure (dispatcher->registry, self->instance);
  apm2_worker_registry_add_lease (dispatcher->registry, worker, job);
}

typedef struct
{
  GDBusMethodInvocation *invocation;
  GVariant *reply;
} Answer;

static gboolean
on_answer_due (gpointer user_data)
{
  Answer *answer = user_data;

  g_dbus_method_invocation_return_value (g_steal_pointer (&answer->invocation),
                                         answer->reply);
  return G_SOURCE_REMOVE;
}

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_clear_object (&answer->invocation);
  g_variant_unref (answer->reply);
  g_free (answer);
}

/* Whoever was told is about to start the job, and two threads of his would only
 * take the processor from it. */
static void
answer (Apm2DispatcherClaim *self,
        const Apm2StoredJob *stored,
        GDBusMethodInvocation *invocation,
        GVariant *reply)
{
  Answer *later = NULL;

  if (self->herald == NULL
      || !apm2_store_herald_has_told (self->herald, stored))
    {
      g_dbus_method_invocation_return_value (invocation, reply);
      return;
    }
  self->told = TRUE;
  later = g_new0 (Answer, 1);
  later->invocation = invocation;
  later->reply = g_variant_ref_sink (reply);
  g_timeout_add_full (G_PRIORITY_DEFAULT,
                      APM2_DISPATCHER_MOMENT_MSEC,
                      on_answer_due,
                      later,
                      answer_free);
}

/**
 * apm2_dispatcher_claim_hand_over:
 * @self: a claim that was answered
 * @stored: (transfer full): a job that it got
 *
 * Gives the job to the worker, or back if nobody waits for it any more.
 */
void
apm2_dispatcher_claim_hand_over (Apm2DispatcherClaim *self,
                                 Apm2StoredJob *stored)
{
  Apm2Dispatcher *dispatcher = self->dispatcher;
  const Apm2Config *config = apm2_active_config_get (dispatcher->config);
  g_autofree char *text = g_steal_pointer (&stored->spec_text);
  Apm2WorkerRecord *worker
      = apm2_worker_registry_find (dispatcher->registry, self->instance);
  Apm2Job *job = apm2_job_table_apply (dispatcher->table, stored);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&job->spec, apm2_job_spec_unref);
  job->spec = read_spec (self, stored, text, &error);
  if (job->spec == NULL)
    {
      quarantine (dispatcher, job, error);
      return;
    }
  job->limits = self->herald != NULL && is_fresh (self, stored)
                    ? self->limits
                    : apm2_admission_limits (config, job->spec);
  if (worker == NULL || g_queue_is_empty (&worker->parked))
    {
      take_back (self, worker, job);
      return;
    }

  apm2_worker_registry_add_lease (dispatcher->registry, worker, job);
  answer (self,
          job->stored,
          g_queue_pop_head (&worker->parked),
          apm2_store_herald_describe (
              stored,
              text,
              apm2_lease_terms_new (config, stored->lane, &job->limits)));
}
