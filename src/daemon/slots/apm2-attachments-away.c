/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Callers that are away: whose connection ended, or whose broker was started
 * anew. Their jobs keep what they hold until they come back, end, or have been
 * away for too long. One that waits keeps its place and is passed over.
 */

#include "apm2-attachments-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-time.h"

/* A command that outlives its caller is killed at once; so long its slot waits
 * for that at most. */
#define WATCHER_SEC 5

static void
on_gone (Apm2Attachment *attachment, gboolean expired, gpointer user_data);

/* The slot must not be somebody else's before the command is gone. */
static gboolean
wait_for_watcher (Apm2Attachments *self, Apm2Attachment *attachment)
{
  if (attachment->watcher_awaited
      || !apm2_process_id_is_alive (&attachment->watcher))
    return FALSE;
  attachment->watcher_awaited = TRUE;
  attachment->caller = attachment->watcher;
  apm2_attachment_release (attachment, WATCHER_SEC, on_gone, self);
  return TRUE;
}

static void
on_gone (Apm2Attachment *attachment, gboolean expired, gpointer user_data)
{
  Apm2Attachments *self = user_data;
  const char *message = expired && !attachment->watcher_awaited
                            ? "Its caller did not come back in time"
                            : "Its caller ended without a word";

  if (self->stopped)
    return;
  switch (attachment->state)
    {
    case APM2_ATTACHMENT_WAITING:
      apm2_attachments_end_unused_scope (self, attachment);
      if (attachment->is_stored)
        apm2_attachments_end (
            self, attachment, APM2_REASON_CANCELLED, message, NULL);
      else if (attachment->wish == NULL)
        attachment->wish = g_strdup (APM2_REASON_CANCELLED);
      break;
    case APM2_ATTACHMENT_GRANTING:
      apm2_attachments_end_unused_scope (self, attachment);
      if (attachment->wish == NULL)
        attachment->wish = g_strdup (APM2_REASON_CANCELLED);
      break;
    case APM2_ATTACHMENT_HELD:
      if (apm2_scope_reaper_can_reach (self->reaper, attachment->uid))
        apm2_attachments_lose (self, attachment, message);
      else if (!wait_for_watcher (self, attachment))
        apm2_attachments_end (
            self, attachment, APM2_REASON_LOST, message, NULL);
      break;
    case APM2_ATTACHMENT_ENDING:
    default:
      break;
    }
}

/* Its caller is away from now on. */
void
apm2_attachments_release (Apm2Attachments *self, Apm2Attachment *attachment)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  apm2_attachment_release (attachment, config->lease_expiry_sec, on_gone, self);
}

/* Its caller is here. */
void
apm2_attachments_take_over (Apm2Attachments *self,
                            Apm2Attachment *attachment,
                            GDBusConnection *connection,
                            const Apm2ProcessId *process)
{
  gboolean was_away = apm2_attachment_is_away (attachment);

  apm2_attachment_bind (attachment, connection, process);
  if (was_away && attachment->state == APM2_ATTACHMENT_WAITING
      && attachment->wish == NULL)
    {
      apm2_attachments_queue_up (self, attachment);
      apm2_attachments_look (self);
    }
}

/**
 * apm2_attachments_disconnect:
 * @self: the attached jobs
 * @connection: a connection of the operator socket that has ended
 */
void
apm2_attachments_disconnect (Apm2Attachments *self, GDBusConnection *connection)
{
  GHashTableIter iter;
  gpointer value = NULL;
  gboolean looked_at = FALSE;

  if (self->stopped)
    return;
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Apm2Attachment *attachment = value;

      while (g_ptr_array_remove (attachment->joined, connection))
        ;
      if (attachment->connection != connection)
        continue;
      if (attachment->state == APM2_ATTACHMENT_WAITING)
        apm2_budget_remove (self->budget, attachment->spec->job_id);
      apm2_attachments_release (self, attachment);
      looked_at = TRUE;
    }
  if (!looked_at)
    return;
  apm2_attachments_look (self);
  /* A lane may have been kept for one of them. */
  apm2_queue_call_workers (self->queue);
}

/* --- Resume and Started --- */

/* Tells the world that the command runs. */
static void
note_command (Apm2Attachments *self,
              Apm2Attachment *attachment,
              GVariant *command)
{
  Apm2Job *job = apm2_job_table_find (self->table, attachment->spec->job_id);
  gint64 now = apm2_time_realtime_usec ();
  const char *unit = "";
  Apm2JobStep *step = NULL;
  guint64 pid = 0;

  (void) g_variant_lookup (command, "pid", "t", &pid);
  (void) g_variant_lookup (command, "unit", "&s", &unit);
  apm2_attachment_note_command (attachment, pid, unit);
  if (job == NULL || job->state != APM2_JOB_STATE_LEASED)
    return;

  if (attachment->cgroup != NULL)
    {
      g_strfreev (job->units);
      job->units = g_strdupv ((char *[]){ (char *) unit, NULL });
    }
  step = apm2_job_get_step (job, 0);
  /* It has got into its scope since it was told. */
  if (g_strcmp0 (step->state, "running") == 0)
    {
      apm2_job_table_touch (self->table, job, APM2_JOB_CHANGE_STEP);
      return;
    }
  g_free (step->name);
  step->name = g_strdup (APM2_STEP_NAME_ATTACHED);
  g_free (step->state);
  step->state = g_strdup ("running");
  step->started_at = now;
  apm2_job_table_set_running (self->table, job, now);
  apm2_job_table_touch (self->table, job, APM2_JOB_CHANGE_STEP);
  apm2_rate_touch (self->telling);
}

/**
 * apm2_attachments_started:
 * @self: the attached jobs
 * @caller: who asks
 * @job_id: its job
 * @token: the token of its lease
 * @command: the a{sv} of Started
 * @invocation: (transfer full): of Started
 */
void
apm2_attachments_started (Apm2Attachments *self,
                          const Apm2SlotCaller *caller,
                          const char *job_id,
                          guint64 token,
                          GVariant *command,
                          GDBusMethodInvocation *invocation)
{
  Apm2Attachment *attachment
      = apm2_attachments_find_held (self, caller->uid, job_id, token);

  if (attachment == NULL)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_STALE,
                            "Slot %" G_GUINT64_FORMAT
                            " of job %.64s is not this caller's: end the "
                            "command",
                            token,
                            job_id);
      return;
    }
  note_command (self, attachment, command);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

/* Whether @caller is the one that attached the job, as far as that is known. */
static gboolean
may_resume (const Apm2Attachment *attachment,
            const Apm2SlotCaller *caller,
            const Apm2ProcessId *process,
            guint64 token)
{
  if (attachment->uid != caller->uid || attachment->wish != NULL
      || attachment->lost || attachment->state == APM2_ATTACHMENT_ENDING)
    return FALSE;
  if (!apm2_attachment_may_be_of (attachment, process))
    return FALSE;
  /* One that was granted while its caller was away was never told. */
  return token == attachment->token || (token == 0 && !attachment->started);
}

/**
 * apm2_attachments_resume:
 * @self: the attached jobs
 * @caller: who asks
 * @job_id: a job that it attached over another connection
 * @token: its token, 0 if it waited
 * @command: the a{sv} of Started, empty if its command does not run
 * @invocation: (transfer full): of Resume
 */
void
apm2_attachments_resume (Apm2Attachments *self,
                         const Apm2SlotCaller *caller,
                         const char *job_id,
                         guint64 token,
                         GVariant *command,
                         GDBusMethodInvocation *invocation)
{
  Apm2Attachment *attachment = apm2_attachments_find (self, job_id);
  Apm2ProcessId process = { 0, 0 };
  Apm2Job *job = NULL;

  if (apm2_attachments_is_deaf (self, caller))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_CANCELLED,
                            "The broker is stopping: come back when it has "
                            "been started anew");
      return;
    }
  (void) apm2_process_id_read (&process, caller->pid, NULL);
  if (attachment == NULL && apm2_job_table_find (self->table, job_id) == NULL)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_NOT_FOUND,
                            "There is no attached job %.64s",
                            job_id);
      return;
    }
  if (attachment == NULL || !may_resume (attachment, caller, &process, token))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_STALE,
                            "Job %.64s is not this caller's any more: end the "
                            "command",
                            job_id);
      return;
    }

  apm2_attachments_take_over (self, attachment, caller->connection, &process);
  if (attachment->state == APM2_ATTACHMENT_HELD
      && g_variant_n_children (command) > 0)
    note_command (self, attachment, command);
  apm2_attachments_answer (self, attachment, FALSE, invocation);
  job = apm2_job_table_find (self->table, job_id);
  if (attachment->state == APM2_ATTACHMENT_HELD && job != NULL
      && job->stored->cancel_requested)
    apm2_attachments_emit_cancel (self, attachment, job);
}
