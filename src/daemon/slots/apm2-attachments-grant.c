/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an attached job gets its slot: the budget says whose turn it is, the slot
 * is taken in memory at once, and the caller is told when the lease is on the
 * disk.
 */

#include "apm2-attachments-private.h"

#include "apm2-error.h"
#include "apm2-log.h"

/* After the disk was full or the like. */
#define AGAIN_SEC 5

typedef struct
{
  Apm2Attachments *self;
  Apm2Attachment *attachment;
} GrantCall;

static GrantCall *
grant_call_new (Apm2Attachments *self, Apm2Attachment *attachment)
{
  GrantCall *call = g_new0 (GrantCall, 1);

  call->self = g_object_ref (self);
  call->attachment = apm2_attachment_ref (attachment);
  return call;
}

static void
grant_call_free (GrantCall *call)
{
  apm2_attachment_unref (call->attachment);
  g_object_unref (call->self);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrantCall, grant_call_free)

static gboolean
on_again (gpointer user_data)
{
  Apm2Attachments *self = user_data;

  self->again = 0;
  apm2_attachments_look (self);
  return G_SOURCE_REMOVE;
}

/* One that waits could not get on for the store's sake: it is tried again. */
void
apm2_attachments_wait_again (Apm2Attachments *self, Apm2Attachment *attachment)
{
  if (!apm2_attachment_is_away (attachment))
    apm2_attachments_queue_up (self, attachment);
  if (self->again == 0)
    self->again = g_timeout_add_seconds (AGAIN_SEC, on_again, self);
}

/* The store could not: the job keeps its place and is tried again. */
static void
take_back (Apm2Attachments *self,
           Apm2Attachment *attachment,
           const GError *error)
{
  attachment->state = APM2_ATTACHMENT_WAITING;
  apm2_budget_remove (self->budget, attachment->spec->job_id);
  if (!attachment->is_stored)
    return; /* nor will it be: whoever asked for that is told */
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = attachment->spec->job_id),
            "Cannot lease the attached job %s: %s",
            attachment->spec->job_id,
            error->message);
  if (attachment->wish != NULL)
    {
      apm2_attachments_end_as_wished (self, attachment);
      return;
    }
  if (attachment->attaching != NULL)
    apm2_attachments_answer (
        self, attachment, TRUE, g_steal_pointer (&attachment->attaching));
  apm2_attachments_wait_again (self, attachment);
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GrantCall) call = user_data;
  Apm2Attachments *self = call->self;
  Apm2Attachment *attachment = call->attachment;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Job) job
      = apm2_queue_claim_one_finish (APM2_QUEUE (source), result, &error);

  /* It could not be attached, or was cancelled in between: that is told where
   * it happened. */
  if (apm2_attachments_find (self, attachment->spec->job_id) != attachment)
    return;
  if (job == NULL)
    {
      take_back (self, attachment, error);
      return;
    }

  attachment->state = APM2_ATTACHMENT_HELD;
  attachment->token = job->stored->token;
  if (attachment->wish != NULL)
    apm2_attachments_end_as_wished (self, attachment);
  else if (attachment->attaching != NULL)
    apm2_attachments_answer (
        self, attachment, TRUE, g_steal_pointer (&attachment->attaching));
  else if (!apm2_attachment_is_away (attachment))
    apm2_attachments_emit_granted (self, attachment);
}

/* Takes the slot, and asks for the lease. */
void
apm2_attachments_grant (Apm2Attachments *self, Apm2Attachment *attachment)
{
  g_autofree char *worker = apm2_process_id_to_worker (&attachment->caller);

  attachment->state = APM2_ATTACHMENT_GRANTING;
  g_clear_pointer (&attachment->why, g_variant_unref);
  if (attachment->ancestor == NULL)
    apm2_budget_hold (self->budget, attachment->spec->job_id);
  apm2_queue_claim_one_async (self->queue,
                              attachment->spec,
                              worker,
                              on_claimed,
                              grant_call_new (self, attachment));
}

/* What it takes; borrows from @attachment. */
Apm2BudgetDemand
apm2_attachments_get_demand (const Apm2Attachment *attachment)
{
  const Apm2JobSpec *spec = attachment->spec;

  return (Apm2BudgetDemand){
    .lane = spec->lane,
    .amounts = {
      .slots = spec->slots,
      .cpu_percent = spec->limits.cpu_quota_percent,
      .memory_bytes = spec->limits.memory_max_bytes,
    },
    .exclusive = (const char *const *) attachment->names,
  };
}

/* Puts one that waits into the line, at the place of its rank. */
void
apm2_attachments_queue_up (Apm2Attachments *self, Apm2Attachment *attachment)
{
  const Apm2BudgetDemand demand = apm2_attachments_get_demand (attachment);

  apm2_budget_add (
      self->budget, attachment->spec->job_id, &demand, attachment->rank);
}

/* Gives slots to those whose turn it is. Returns the lanes in which it is the
 * workers' turn; they are closed meanwhile. */
static GPtrArray *
grant_all (Apm2Attachments *self)
{
  GPtrArray *held_back = g_ptr_array_new_with_free_func (g_free);
  const char *id = NULL;

  apm2_attachments_update_lanes (self);
  while ((id = apm2_budget_next (self->budget)) != NULL)
    {
      Apm2Attachment *attachment = apm2_attachments_find (self, id);
      const char *lane = NULL;

      g_return_val_if_fail (attachment != NULL, held_back);
      lane = attachment->spec->lane;
      /* That its caller is away will be said in a moment. */
      if (g_dbus_connection_is_closed (attachment->connection))
        apm2_budget_remove (self->budget, id);
      else if (apm2_attachments_is_workers_turn (self, lane))
        {
          g_ptr_array_add (held_back, g_strdup (lane));
          apm2_budget_set_lane_closed (
              self->budget, lane, APM2_BUDGET_CAUSE_PAUSED);
        }
      else
        {
          apm2_attachments_grant (self, attachment);
          apm2_attachments_pass_turn (self, lane);
        }
    }
  return held_back;
}

/**
 * apm2_attachments_look:
 * @self: the attached jobs
 *
 * Something may be free: gives slots to those whose turn it is.
 */
void
apm2_attachments_look (Apm2Attachments *self)
{
  gboolean again = TRUE;

  /* The workers that are called may bring news. */
  if (self->stopped || self->looking)
    return;
  self->looking = TRUE;
  while (again)
    {
      g_autoptr (GPtrArray) held_back = grant_all (self);

      apm2_attachments_update_lanes (self);
      again = apm2_attachments_call_workers (self, held_back);
    }
  self->looking = FALSE;
  apm2_rate_touch (self->telling);
}
