/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an attached job ends: with the result of its caller, withdrawn,
 * superseded, or lost with its caller. Its receipt is on the disk before its
 * slot is free.
 */

#include "apm2-attachments-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-log.h"

/* After the disk was full or the like. */
#define AGAIN_SEC 5

typedef struct
{
  Apm2Attachments *self;
  Apm2Attachment *attachment;
  Apm2AttachmentState before;
  GDBusMethodInvocation *invocation; /* (nullable) */
} EndCall;

static void
end_call_free (EndCall *call)
{
  apm2_attachment_unref (call->attachment);
  g_object_unref (call->self);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EndCall, end_call_free)

/* It could not end for the store's sake, and has not in another way. */
static void
stay (EndCall *call)
{
  Apm2Attachment *attachment = call->attachment;

  attachment->state = call->before;
  attachment->caller_ends = FALSE;
  if (apm2_attachment_is_away (attachment))
    apm2_attachment_postpone (attachment, AGAIN_SEC);
  else if (attachment->state == APM2_ATTACHMENT_WAITING)
    apm2_attachments_wait_again (call->self, attachment);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EndCall) call = user_data;
  Apm2Attachment *attachment = call->attachment;
  g_autoptr (GError) error = NULL;
  g_autofree char *digest
      = apm2_queue_finish_finish (APM2_QUEUE (source), result, &error);

  if (digest != NULL)
    {
      if (call->invocation != NULL)
        g_dbus_method_invocation_return_value (call->invocation,
                                               g_variant_new ("(s)", digest));
      return;
    }

  if (apm2_attachments_find (call->self, attachment->spec->job_id)
      == attachment)
    stay (call);
  if (call->invocation != NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = attachment->spec->job_id),
            "Cannot end the attached job %s: %s",
            attachment->spec->job_id,
            error->message);
}

/* Ends the job with @receipt, which is taken, and answers @invocation. */
static void
end_with (Apm2Attachments *self,
          Apm2Attachment *attachment,
          Apm2Receipt *receipt,
          GDBusMethodInvocation *invocation)
{
  EndCall *call = g_new0 (EndCall, 1);

  call->self = g_object_ref (self);
  call->attachment = apm2_attachment_ref (attachment);
  call->before = attachment->state;
  call->invocation = invocation;
  attachment->state = APM2_ATTACHMENT_ENDING;
  attachment->caller_ends = invocation != NULL;
  apm2_queue_finish_async (self->queue,
                           attachment->spec->job_id,
                           attachment->token,
                           receipt,
                           on_ended,
                           call);
}

/* Those who wait for the same work are told how its command ended. */
static void
show_steps (Apm2Attachments *self,
            const Apm2Attachment *attachment,
            const Apm2Receipt *receipt)
{
  Apm2Job *job = apm2_job_table_find (self->table, attachment->spec->job_id);

  for (guint i = 0; job != NULL && i < receipt->steps->len; i++)
    {
      const Apm2StepResult *result = g_ptr_array_index (receipt->steps, i);
      Apm2JobStep *step = apm2_job_get_step (job, i);

      g_free (step->name);
      step->name = g_strdup (result->name);
      g_free (step->state);
      step->state = g_strdup (result->result);
      step->exit_status = result->exit_status;
      step->term_signal = result->term_signal;
      step->started_at = result->started_at;
      step->finished_at = result->finished_at;
    }
}

/**
 * apm2_attachments_finish:
 * @self: the attached jobs
 * @attachment: one that is held
 * @receipt: (transfer full): how it ended
 * @invocation: (transfer full): of Finish
 */
void
apm2_attachments_finish (Apm2Attachments *self,
                         Apm2Attachment *attachment,
                         Apm2Receipt *receipt,
                         GDBusMethodInvocation *invocation)
{
  show_steps (self, attachment, receipt);
  end_with (self, attachment, receipt, invocation);
}

/**
 * apm2_attachments_find_held:
 * @self: the attached jobs
 * @uid: who asks
 * @job_id: a job
 * @token: its token
 *
 * Returns: (transfer none) (nullable): the job if it is held under @token, and
 *   @uid's
 */
Apm2Attachment *
apm2_attachments_find_held (Apm2Attachments *self,
                            guint32 uid,
                            const char *job_id,
                            guint64 token)
{
  Apm2Attachment *attachment = apm2_attachments_find (self, job_id);

  if (attachment == NULL || attachment->uid != uid
      || attachment->state != APM2_ATTACHMENT_HELD
      || attachment->token != token)
    return NULL;
  return attachment;
}

/* Ends one that is on the disk, without its caller's result: as lost or denied
 * if that is the reason, else as cancelled. Answers @invocation if there is
 * one. */
void
apm2_attachments_end (Apm2Attachments *self,
                      Apm2Attachment *attachment,
                      const char *reason,
                      const char *message,
                      GDBusMethodInvocation *invocation)
{
  const Apm2Job *job
      = apm2_job_table_find (self->table, attachment->spec->job_id);
  Apm2Receipt *receipt = NULL;

  g_return_if_fail (job != NULL);

  receipt = apm2_queue_new_receipt (self->queue, job);
  if (receipt->labels == NULL)
    {
      receipt->labels = g_strdupv (attachment->spec->labels);
      receipt->limits = attachment->spec->limits;
    }
  receipt->outcome = g_str_equal (reason, APM2_REASON_LIMIT_EXCEEDS_LANE)
                         ? APM2_JOB_STATE_DENIED
                         : APM2_JOB_STATE_CANCELLED;
  if (g_str_equal (reason, APM2_REASON_LOST))
    {
      receipt->outcome = APM2_JOB_STATE_COMPLETED;
      receipt->verdict = APM2_VERDICT_FAILED;
    }
  receipt->reason = g_strdup (reason);
  receipt->message = g_strdup (message);
  end_with (self, attachment, receipt, invocation);
}

static const char *
explain (const char *reason)
{
  if (g_str_equal (reason, APM2_REASON_BUSY))
    return "Its caller did not want to wait any longer for a slot";
  if (g_str_equal (reason, APM2_REASON_SUPERSEDED))
    return "Newer work with the same key took its place";
  if (g_str_equal (reason, APM2_REASON_LIMIT_EXCEEDS_LANE))
    return "It asks for more than the whole budget that its lane has now";
  return "Its caller gave up waiting for a slot";
}

/* What it could not be given while the store was at work on it. */
void
apm2_attachments_end_as_wished (Apm2Attachments *self,
                                Apm2Attachment *attachment)
{
  g_autofree char *reason = g_steal_pointer (&attachment->wish);

  if (attachment->attaching != NULL)
    apm2_attachments_answer (
        self, attachment, TRUE, g_steal_pointer (&attachment->attaching));
  apm2_attachments_end (self,
                        attachment,
                        reason,
                        explain (reason),
                        g_steal_pointer (&attachment->withdrawing));
}

static gboolean
is_at_rest (const Apm2Attachment *attachment)
{
  return attachment->is_stored && attachment->state != APM2_ATTACHMENT_GRANTING;
}

/* Ends one whose command does not run, now or as soon as it can. */
static void
end_unstarted (Apm2Attachments *self,
               Apm2Attachment *attachment,
               const char *reason,
               GDBusMethodInvocation *invocation)
{
  g_free (attachment->wish);
  attachment->wish = g_strdup (reason);
  attachment->withdrawing = invocation;
  if (attachment->state == APM2_ATTACHMENT_WAITING)
    apm2_budget_remove (self->budget, attachment->spec->job_id);
  if (is_at_rest (attachment))
    apm2_attachments_end_as_wished (self, attachment);
}

/* Calls off one in whose place @job_id comes. */
void
apm2_attachments_supersede (Apm2Attachments *self,
                            Apm2Attachment *attachment,
                            const char *job_id)
{
  g_autofree char *words = NULL;

  if (attachment->wish != NULL || attachment->state == APM2_ATTACHMENT_ENDING)
    return;
  if (attachment->state != APM2_ATTACHMENT_HELD)
    {
      end_unstarted (self, attachment, APM2_REASON_SUPERSEDED, NULL);
      return;
    }
  attachment->superseded = TRUE;
  words = g_strdup_printf (APM2_SUPERSEDED_PREFIX "%s", job_id);
  apm2_queue_cancel_async (
      self->queue, attachment->spec->job_id, words, NULL, NULL);
}

/* Refuses those that wait and would for ever, since their lane has a smaller
 * budget than when they came. */
void
apm2_attachments_refuse_too_large (Apm2Attachments *self)
{
  g_autoptr (GList) all = g_hash_table_get_values (self->by_id);

  for (const GList *l = all; l != NULL; l = l->next)
    {
      Apm2Attachment *attachment = l->data;
      const Apm2BudgetDemand demand = apm2_attachments_get_demand (attachment);

      if (attachment->state == APM2_ATTACHMENT_WAITING
          && attachment->wish == NULL && attachment->ancestor == NULL
          && !apm2_budget_fits_ever (self->budget, &demand, NULL))
        end_unstarted (self, attachment, APM2_REASON_LIMIT_EXCEEDS_LANE, NULL);
    }
}

/**
 * apm2_attachments_withdraw:
 * @self: the attached jobs
 * @caller: who asks
 * @job_id: a job that it attached or has joined
 * @reason: busy or cancelled
 * @invocation: (transfer full): of Withdraw
 */
void
apm2_attachments_withdraw (Apm2Attachments *self,
                           const Apm2SlotCaller *caller,
                           const char *job_id,
                           const char *reason,
                           GDBusMethodInvocation *invocation)
{
  Apm2Attachment *attachment = apm2_attachments_find (self, job_id);

  if (attachment != NULL
      && g_ptr_array_remove (attachment->joined, caller->connection))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", ""));
  else if (attachment == NULL || attachment->connection != caller->connection)
    apm2_invocation_fail (invocation,
                          APM2_ERROR_NOT_FOUND,
                          "This connection waits for no job %.64s",
                          job_id);
  else if (attachment->started || attachment->wish != NULL
           || attachment->state == APM2_ATTACHMENT_ENDING)
    apm2_invocation_fail (invocation,
                          APM2_ERROR_BAD_STATE,
                          "Job %s does not wait any more: end its command and "
                          "call Finish",
                          job_id);
  else
    end_unstarted (self, attachment, reason, invocation);
}

/* The job is over, in whatever way: its slot is free. */
void
apm2_attachments_forget (Apm2Attachments *self, Apm2Job *job)
{
  Apm2Attachment *known = apm2_attachments_find (self, job->stored->id);
  g_autoptr (Apm2Attachment) attachment = NULL;

  if (known == NULL)
    return;
  attachment = apm2_attachment_ref (known);
  apm2_budget_remove (self->budget, job->stored->id);
  g_hash_table_remove (self->by_id, job->stored->id);
  apm2_attachments_note_run (self, job->stored, attachment->spec);

  if (attachment->attaching != NULL)
    apm2_attachments_answer (
        self, attachment, TRUE, g_steal_pointer (&attachment->attaching));
  if (!attachment->caller_ends && !apm2_attachment_is_away (attachment))
    apm2_attachments_emit_ended (self, job, attachment->connection);
  for (guint i = 0; i < attachment->joined->len; i++)
    apm2_attachments_emit_ended (
        self, job, g_ptr_array_index (attachment->joined, i));
  if (attachment->withdrawing != NULL)
    g_dbus_method_invocation_return_value (
        g_steal_pointer (&attachment->withdrawing),
        g_variant_new ("(s)", job->stored->receipt_digest));
  apm2_attachment_detach (attachment);
  apm2_attachments_look (self);
  /* The lane may have been kept for it. */
  apm2_queue_call_workers (self->queue);
}
