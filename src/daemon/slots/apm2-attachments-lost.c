/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs that have lost their caller where this broker can reach what that ran.
 *
 * Their supervisor may be about to end the command, or have been killed as
 * well. What is left is ended in either case, and then the slot is free. A
 * command that is in its scope ends with that. Before, the supervisor is waited
 * for, without which nobody else would know what is below it; what it has not
 * ended when it is gone is searched for; and a scope may have come meanwhile.
 */

#include "apm2-attachments-private.h"

#include "apm2-leftover-search.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-strays.h"

typedef struct
{
  Apm2Attachments *self;
  Apm2Attachment *attachment;
  const char *message;
} LoseCall;

static void
lose_call_free (gpointer data)
{
  LoseCall *call = data;

  apm2_attachment_unref (call->attachment);
  g_object_unref (call->self);
  g_free (call);
}

/* One that waits does so in its scope, which ends with it; but not if the scope
 * came while it died. */
void
apm2_attachments_end_unused_scope (Apm2Attachments *self,
                                   const Apm2Attachment *attachment)
{
  if (apm2_scope_reaper_can_reach (self->reaper, attachment->uid))
    apm2_unused_scopes_add (self->unused_scopes, attachment->spec->job_id);
}

static void
end_lost (const LoseCall *call)
{
  /* It may have come to another end meanwhile. */
  if (!call->self->stopped && call->attachment->state == APM2_ATTACHMENT_HELD
      && apm2_attachments_find (call->self, call->attachment->spec->job_id)
             == call->attachment)
    apm2_attachments_end (
        call->self, call->attachment, APM2_REASON_LOST, call->message, NULL);
}

static void
on_scope_ended (gboolean is_gone, gpointer user_data)
{
  const LoseCall *call = user_data;

  /* It may have been asked for and not have been there yet. */
  if (call->attachment->cgroup == NULL && !call->self->stopped)
    apm2_attachments_end_unused_scope (call->self, call->attachment);
  end_lost (call);
}

/* Takes @call. */
static void
end_scope (LoseCall *call)
{
  apm2_scope_reaper_end (call->self->reaper,
                         call->attachment->spec->job_id,
                         call->attachment->cgroup != NULL,
                         on_scope_ended,
                         call,
                         lose_call_free);
}

static void
on_leftovers_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LoseCall *call = user_data;
  const char *job_id = call->attachment->spec->job_id;
  g_autoptr (GError) error = NULL;

  if (call->self->stopped)
    {
      lose_call_free (call);
      return;
    }
  if (!apm2_leftover_search_finish (result, &error))
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = job_id),
              "Cannot end what the lost job %s may have left behind: %s; its "
              "slot is given away. See what lives of it with \"ps axe | "
              "grep " APM2_ENV_JOB_ID "=%s\"",
              job_id,
              error->message,
              job_id);
  end_scope (call);
}

/* Takes @call. */
static void
end_leftovers (LoseCall *call)
{
  const Apm2Attachment *attachment = call->attachment;
  g_autoptr (GStrvBuilder) origins = g_strv_builder_new ();
  g_auto (GStrv) cgroups = NULL;

  for (guint i = 0; i < attachment->origins->len; i++)
    g_strv_builder_add (origins, g_ptr_array_index (attachment->origins, i));
  cgroups = g_strv_builder_end (origins);
  apm2_leftover_search_async (apm2_scope_reaper_get_mode (call->self->reaper),
                              attachment->spec->job_id,
                              attachment->caller.start_time,
                              (const char *const *) cgroups,
                              on_leftovers_ended,
                              call);
}

static void
on_strays_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LoseCall *call = user_data;
  const char *job_id = call->attachment->spec->job_id;

  if (call->self->stopped)
    {
      lose_call_free (call);
      return;
    }
  if (!apm2_strays_end_finish (result))
    apm2_log (
        G_LOG_LEVEL_WARNING,
        APM2_LOG_WITH (.job = job_id),
        "The supervisor of the lost job %s, process %d, does not end; its "
        "slot is given away. See what is below it with \"pstree -p\"",
        job_id,
        (int) call->attachment->watcher.pid);
  end_leftovers (call);
}

/* Its caller is gone, and it is within reach: what it has left behind is ended,
 * and then the job. */
void
apm2_attachments_lose (Apm2Attachments *self,
                       Apm2Attachment *attachment,
                       const char *message)
{
  LoseCall *call = g_new0 (LoseCall, 1);

  attachment->lost = TRUE;
  call->self = g_object_ref (self);
  call->attachment = apm2_attachment_ref (attachment);
  call->message = message;
  if (attachment->cgroup == NULL)
    apm2_strays_end_async (&attachment->watcher, on_strays_ended, call);
  else
    end_scope (call);
}
