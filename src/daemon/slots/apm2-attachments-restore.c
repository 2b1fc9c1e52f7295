/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The attached jobs of the broker before this one.
 *
 * Each keeps what it had, and its caller is away. Whether that is gone can be
 * told by the process that the job names as its worker. Of those that it has
 * ended just before its own end, a scope may have come late.
 */

#include "apm2-attachments-private.h"

#include "apm2-time.h"

/* So long ago, a manager may not have made a scope yet, or it was not looked at
 * again. */
#define LATELY_USEC (30 * (gint64) G_USEC_PER_SEC)

static void
collect (gpointer item, gpointer user_data)
{
  Apm2Job *job = item;

  if (job->spec != NULL && !apm2_job_state_is_final (job->state))
    g_ptr_array_add (user_data, apm2_job_ref (job));
}

static int
compare_sequence (gconstpointer a, gconstpointer b)
{
  const Apm2Job *one = *(Apm2Job *const *) a;
  const Apm2Job *other = *(Apm2Job *const *) b;

  return one->stored->sequence < other->stored->sequence
             ? -1
             : one->stored->sequence > other->stored->sequence;
}

static void
take_up (Apm2Attachments *self, Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_ref (job->spec);
  g_autoptr (Apm2Attachment) attachment = NULL;

  attachment = apm2_attachment_new (spec, stored->uid, ++self->sequence);
  attachment->rank
      = apm2_attachments_rank (self, stored->submitted_at, stored->priority);
  attachment->is_stored = TRUE;
  (void) apm2_process_id_from_worker (&attachment->caller, stored->worker);
  apm2_attachments_add (self, attachment);
  if (stored->state == APM2_JOB_STATE_LEASED)
    {
      attachment->state = APM2_ATTACHMENT_HELD;
      attachment->token = stored->token;
      apm2_attachments_find_ancestor (self, attachment);
      if (attachment->ancestor == NULL)
        {
          apm2_attachments_queue_up (self, attachment);
          apm2_budget_hold (self->budget, spec->job_id);
        }
    }
  apm2_attachments_release (self, attachment);
}

/* Nothing of it is to live. */
static gboolean
is_cut_short (const Apm2StoredJob *stored)
{
  return stored->state == APM2_JOB_STATE_CANCELLED
         || g_strcmp0 (stored->reason, APM2_REASON_LOST) == 0;
}

static void
end_late_scope (gpointer item, gpointer user_data)
{
  Apm2Attachments *self = user_data;
  const Apm2StoredJob *stored = ((const Apm2Job *) item)->stored;

  if (stored->kind == APM2_JOB_KIND_ATTACHED && is_cut_short (stored)
      && stored->finished_at > apm2_time_realtime_usec () - LATELY_USEC
      && apm2_scope_reaper_can_reach (self->reaper, stored->uid))
    apm2_unused_scopes_add (self->unused_scopes, stored->id);
}

/**
 * apm2_attachments_restore:
 * @self: no attached jobs
 * @store: where all jobs are
 *
 * Takes up those that the job table has, whose specs are loaded, and what
 * workers have.
 */
void
apm2_attachments_restore (Apm2Attachments *self, Apm2Store *store)
{
  g_autoptr (GPtrArray) jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_unref);

  apm2_job_table_foreach (self->table, collect, jobs);
  g_ptr_array_sort (jobs, compare_sequence);
  for (guint i = 0; i < jobs->len; i++)
    {
      Apm2Job *job = g_ptr_array_index (jobs, i);

      if (job->stored->kind == APM2_JOB_KIND_ATTACHED)
        take_up (self, job);
      else
        apm2_attachments_note_worker_job (self, job);
    }
  apm2_job_table_foreach (self->table, end_late_scope, self);
  apm2_attachments_refuse_too_large (self);
  apm2_attachments_learn (self, store);
}
