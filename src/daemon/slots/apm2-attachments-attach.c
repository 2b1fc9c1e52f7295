/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an attached job comes: new, again, in the slot of an ancestor, or as one
 * more who waits for work that is being done already.
 */

#include "apm2-attachments-private.h"

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-id.h"
#include "apm2-lineage.h"
#include "apm2-time.h"

typedef struct
{
  Apm2Attachments *self;
  Apm2Attachment *attachment;
} AttachCall;

static void
attach_call_free (AttachCall *call)
{
  apm2_attachment_unref (call->attachment);
  g_object_unref (call->self);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AttachCall, attach_call_free)

static const char *
get_state (const Apm2Attachment *attachment)
{
  if (attachment->state != APM2_ATTACHMENT_HELD)
    return "waiting";
  return attachment->ancestor != NULL ? "nested" : "granted";
}

/* Says how the job stands. */
void
apm2_attachments_answer (Apm2Attachments *self,
                         Apm2Attachment *attachment,
                         gboolean with_id,
                         GDBusMethodInvocation *invocation)
{
  const char *state = get_state (attachment);
  gboolean held = attachment->state == APM2_ATTACHMENT_HELD;
  g_autoptr (GVariant) details
      = g_variant_ref_sink (held ? apm2_attachments_get_terms (self, attachment)
                                 : apm2_attachments_get_why (self, attachment));

  g_clear_pointer (&attachment->why, g_variant_unref);
  if (!held)
    attachment->why = g_variant_ref (details);
  g_dbus_method_invocation_return_value (
      invocation,
      with_id ? g_variant_new ("(sst@a{sv})",
                               attachment->spec->job_id,
                               state,
                               held ? attachment->token : (guint64) 0,
                               details)
              : g_variant_new ("(st@a{sv})",
                               state,
                               held ? attachment->token : (guint64) 0,
                               details));
}

/* --- ancestors --- */

static guint
count_ancestors (Apm2Attachments *self, const Apm2Attachment *attachment)
{
  guint n = 0;

  while (attachment != NULL && attachment->ancestor != NULL)
    {
      attachment = apm2_attachments_find (self, attachment->ancestor);
      n++;
    }
  return n;
}

/* The caller of a job that holds its slot has started nothing else; so whoever
 * descends from it works for that job. */
static gboolean
is_ancestor (const Apm2Attachment *candidate,
             const Apm2Lineage *lineage,
             const Apm2Attachment *attachment)
{
  return candidate != attachment && candidate->state == APM2_ATTACHMENT_HELD
         && !apm2_process_id_equal (&candidate->caller, &attachment->caller)
         && (apm2_lineage_is_in (lineage, candidate->cgroup)
             || apm2_lineage_descends_from (lineage, &candidate->watcher)
             || apm2_lineage_descends_from (lineage, &candidate->caller));
}

/* Finds the nearest job for whose command the caller works. */
void
apm2_attachments_find_ancestor (Apm2Attachments *self,
                                Apm2Attachment *attachment)
{
  g_autoptr (Apm2Lineage) lineage = NULL;
  const Apm2Attachment *nearest = NULL;
  GHashTableIter iter;
  gpointer value = NULL;

  if (attachment->caller.pid == 0)
    return;
  lineage = apm2_lineage_new (&attachment->caller);
  apm2_attachment_add_origin (attachment, apm2_lineage_get_cgroup (lineage));
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2Attachment *candidate = value;

      if (is_ancestor (candidate, lineage, attachment)
          && (nearest == NULL
              || count_ancestors (self, candidate)
                     > count_ancestors (self, nearest)))
        nearest = candidate;
    }
  if (nearest != NULL)
    attachment->ancestor = g_strdup (nearest->spec->job_id);
}

static gboolean
holds_name (Apm2Attachments *self,
            const Apm2Attachment *attachment,
            const char *name)
{
  while (attachment != NULL)
    {
      if (attachment->spec->exclusive != NULL
          && g_strv_contains ((const char *const *) attachment->spec->exclusive,
                              name))
        return TRUE;
      attachment = attachment->ancestor != NULL
                       ? apm2_attachments_find (self, attachment->ancestor)
                       : NULL;
    }
  return FALSE;
}

static gboolean
may_nest (Apm2Attachments *self,
          const Apm2Attachment *attachment,
          GError **error)
{
  const Apm2Attachment *ancestor
      = apm2_attachments_find (self, attachment->ancestor);
  const GStrv names = attachment->spec->exclusive;

  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    if (!holds_name (self, ancestor, names[i]))
      {
        g_set_error (error,
                     APM2_ERROR,
                     APM2_ERROR_DENIED,
                     "%s: it runs within job %s, which does not hold \"%s\": "
                     "to wait for it there could be for ever; name it with "
                     "--exclusive where job %s is started",
                     APM2_REASON_EXCLUSIVE_NESTED,
                     attachment->ancestor,
                     names[i],
                     attachment->ancestor);
        return FALSE;
      }
  return TRUE;
}

/* --- the same work --- */

static gboolean
is_within (Apm2Attachments *self,
           const Apm2Attachment *attachment,
           const Apm2Attachment *other)
{
  while (attachment->ancestor != NULL)
    {
      if (g_str_equal (attachment->ancestor, other->spec->job_id))
        return TRUE;
      attachment = apm2_attachments_find (self, attachment->ancestor);
      if (attachment == NULL)
        return FALSE;
    }
  return FALSE;
}

/* Calls off all older ones, but not one in which the caller itself runs. */
static void
supersede (Apm2Attachments *self, const Apm2Attachment *attachment)
{
  g_autoptr (GPtrArray) older
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_attachment_unref);
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Apm2Attachment *other = value;

      if (other != attachment && other->uid == attachment->uid
          && g_strcmp0 (other->spec->key, attachment->spec->key) == 0
          && !is_within (self, attachment, other))
        g_ptr_array_add (older, apm2_attachment_ref (other));
    }
  for (guint i = 0; i < older->len; i++)
    apm2_attachments_supersede (
        self, g_ptr_array_index (older, i), attachment->spec->job_id);
}

static void
join (Apm2Attachments *self,
      Apm2Attachment *attachment,
      GDBusMethodInvocation *invocation)
{
  GDBusConnection *connection
      = g_dbus_method_invocation_get_connection (invocation);

  if (!g_ptr_array_find (attachment->joined, connection, NULL))
    g_ptr_array_add (attachment->joined, g_object_ref (connection));
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(sst@a{sv})",
                     attachment->spec->job_id,
                     "joined",
                     (guint64) 0,
                     apm2_attachments_get_joined (self, attachment)));
}

/* --- Attach --- */

static void
on_attached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AttachCall) call = user_data;
  Apm2Attachments *self = call->self;
  Apm2Attachment *attachment = call->attachment;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Job) job
      = apm2_queue_attach_finish (APM2_QUEUE (source), result, &error);

  if (job == NULL)
    {
      g_hash_table_remove (self->by_id, attachment->spec->job_id);
      apm2_budget_remove (self->budget, attachment->spec->job_id);
      apm2_attachment_refuse (attachment, error);
      apm2_attachments_look (self);
      return;
    }
  attachment->is_stored = TRUE;
  if (attachment->state != APM2_ATTACHMENT_WAITING)
    return; /* the lease is under way, and it answers */
  if (attachment->attaching != NULL)
    apm2_attachments_answer (
        self, attachment, TRUE, g_steal_pointer (&attachment->attaching));
  if (attachment->wish != NULL)
    apm2_attachments_end_as_wished (self, attachment);
}

/* Its place in the line, as the store reckons it. */
gint64
apm2_attachments_rank (Apm2Attachments *self,
                       gint64 submitted_at,
                       guint priority)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  return submitted_at
         + (gint64) priority * (gint64) config->aging_sec_per_level
               * G_USEC_PER_SEC;
}

/* Asks for the job and, if it is its turn, for the lease: both become durable
 * together. */
static void
attach_new (Apm2Attachments *self, Apm2Attachment *attachment)
{
  AttachCall *call = g_new0 (AttachCall, 1);

  call->self = g_object_ref (self);
  call->attachment = apm2_attachment_ref (attachment);
  apm2_attachments_add (self, attachment);
  g_free (attachment->spec->runner);
  attachment->spec->runner
      = attachment->caller.pid != 0
            ? apm2_process_id_to_worker (&attachment->caller)
            : NULL;
  apm2_queue_attach_async (
      self->queue, attachment->spec, attachment->uid, on_attached, call);
  if (attachment->ancestor != NULL)
    apm2_attachments_grant (self, attachment);
  else
    {
      apm2_attachments_queue_up (self, attachment);
      apm2_attachments_look (self);
    }
}

static gboolean
may_attach (Apm2Attachments *self,
            const Apm2Attachment *attachment,
            GError **error)
{
  const Apm2BudgetDemand demand = apm2_attachments_get_demand (attachment);

  if (!apm2_admission_check_attached (
          apm2_active_config_get (self->config), attachment->spec, error))
    return FALSE;
  return attachment->ancestor != NULL
             ? may_nest (self, attachment, error)
             : apm2_budget_fits_ever (self->budget, &demand, error);
}

/* The reply to an earlier call was lost. */
static void
attach_again (Apm2Attachments *self,
              const Apm2SlotCaller *caller,
              Apm2Attachment *attachment,
              const Apm2ProcessId *process,
              GDBusMethodInvocation *invocation)
{
  if (attachment->uid != caller->uid || attachment->attaching != NULL
      || attachment->state == APM2_ATTACHMENT_ENDING
      || !apm2_attachment_may_be_of (attachment, process)
      || (!apm2_attachment_is_away (attachment)
          && attachment->connection != caller->connection))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_EXISTS,
                            "Job %s is attached already, by another caller",
                            attachment->spec->job_id);
      return;
    }
  apm2_attachments_take_over (self, attachment, caller->connection, process);
  if (attachment->state == APM2_ATTACHMENT_GRANTING)
    attachment->attaching = invocation;
  else
    apm2_attachments_answer (self, attachment, TRUE, invocation);
}

/**
 * apm2_attachments_attach:
 * @self: the attached jobs
 * @caller: who asks
 * @spec: a valid spec of an attached job; gets an id if it has none
 * @superseding: call off all older jobs with its key first
 * @invocation: (transfer full): of Attach
 */
void
apm2_attachments_attach (Apm2Attachments *self,
                         const Apm2SlotCaller *caller,
                         Apm2JobSpec *spec,
                         gboolean superseding,
                         GDBusMethodInvocation *invocation)
{
  g_autoptr (Apm2Attachment) attachment = NULL;
  g_autoptr (GError) error = NULL;
  Apm2ProcessId process = { 0, 0 };
  Apm2Attachment *known = NULL;
  gint64 now = apm2_time_realtime_usec ();

  if (apm2_attachments_is_deaf (self, caller))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_CANCELLED,
                            "The broker is stopping: ask again when it has "
                            "been started anew");
      return;
    }
  if (spec->job_id == NULL)
    spec->job_id = apm2_job_id_new (now);
  (void) apm2_process_id_read (&process, caller->pid, NULL);
  known = apm2_attachments_find (self, spec->job_id);
  if (known != NULL)
    {
      attach_again (self, caller, known, &process, invocation);
      return;
    }

  attachment = apm2_attachment_new (spec, caller->uid, ++self->sequence);
  attachment->rank = apm2_attachments_rank (self, now, spec->priority);
  apm2_attachment_bind (attachment, caller->connection, &process);
  apm2_attachments_find_ancestor (self, attachment);
  if (!may_attach (self, attachment, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  /* One that holds a slot and waited for another could wait for ever. */
  if (spec->key != NULL && !superseding && attachment->ancestor == NULL)
    known = apm2_attachments_find_key (self, caller->uid, spec->key);
  if (known != NULL)
    {
      join (self, known, invocation);
      return;
    }
  if (spec->key != NULL && superseding)
    supersede (self, attachment);
  attachment->attaching = invocation;
  attach_new (self, attachment);
}
