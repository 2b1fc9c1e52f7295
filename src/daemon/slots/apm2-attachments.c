/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The attached jobs, as a whole.
 *
 * Each belongs to a connection of the operator socket and holds its place in
 * the budget for it. What becomes of one of them is in the files beside this
 * one: how it comes, gets its slot, loses its caller, and ends. All of them end
 * in the same way: the job table says that the job is over.
 */

#include "apm2-attachments-private.h"

#define WORKS_MAX 1024

G_DEFINE_FINAL_TYPE (Apm2Attachments, apm2_attachments, G_TYPE_OBJECT)

enum
{
  WAITING,
  GRANTED,
  CANCEL_REQUESTED,
  ENDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
apm2_attachments_finalize (GObject *object)
{
  Apm2Attachments *self = APM2_ATTACHMENTS (object);

  g_clear_handle_id (&self->again, g_source_remove);
  g_clear_pointer (&self->telling, apm2_rate_free);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->working);
  g_hash_table_unref (self->offered);
  g_hash_table_unref (self->workers_turn);
  g_ptr_array_unref (self->lanes);
  apm2_work_history_free (self->history);
  apm2_budget_free (self->budget);
  g_clear_pointer (&self->unused_scopes, apm2_unused_scopes_free);
  g_object_unref (self->reaper);
  g_object_unref (self->pressure);
  g_object_unref (self->config);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  G_OBJECT_CLASS (apm2_attachments_parent_class)->finalize (object);
}

static void
apm2_attachments_class_init (Apm2AttachmentsClass *klass)
{
  static const struct
  {
    const char *name;
    guint n_params;
  } list[N_SIGNALS] = {
    [WAITING] = { "waiting", 3 },
    [GRANTED] = { "granted", 2 },
    [CANCEL_REQUESTED] = { "cancel-requested", 2 },
    [ENDED] = { "ended", 2 },
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_attachments_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (list[i].name,
                               APM2_TYPE_ATTACHMENTS,
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               list[i].n_params,
                               G_TYPE_POINTER,
                               G_TYPE_POINTER,
                               G_TYPE_POINTER);
}

static void
apm2_attachments_init (Apm2Attachments *self)
{
  self->by_id = g_hash_table_new_full (
      g_str_hash, g_str_equal, NULL, (GDestroyNotify) apm2_attachment_unref);
  self->working = g_hash_table_new_full (
      NULL, NULL, (GDestroyNotify) apm2_job_unref, NULL);
  self->offered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->workers_turn
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->lanes = g_ptr_array_new_with_free_func (g_free);
  self->budget = apm2_budget_new ();
  self->history = apm2_work_history_new (WORKS_MAX);
  self->telling = apm2_rate_new (apm2_attachments_tell_waiting, self, NULL);
}

static void
on_job_changed (Apm2Attachments *self, Apm2Job *job, guint change)
{
  if (job->stored->kind != APM2_JOB_KIND_ATTACHED
      && (change & APM2_JOB_CHANGE_STATE) != 0)
    apm2_attachments_note_worker_job (self, job);
}

static void
on_job_finished (Apm2Attachments *self, Apm2Job *job)
{
  if (job->stored->kind == APM2_JOB_KIND_ATTACHED)
    apm2_attachments_forget (self, job);
}

static void
on_cancel_requested (Apm2Attachments *self, Apm2Job *job)
{
  Apm2Attachment *attachment = apm2_attachments_find (self, job->stored->id);

  if (attachment != NULL && attachment->state == APM2_ATTACHMENT_HELD)
    apm2_attachments_emit_cancel (self, attachment, job);
}

static void
on_pressure (Apm2Attachments *self)
{
  apm2_attachments_look (self);
  apm2_queue_call_workers (self->queue);
}

static void
on_config_changed (Apm2Attachments *self)
{
  apm2_attachments_configure (self);
  apm2_attachments_refuse_too_large (self);
  apm2_attachments_look (self);
}

/**
 * apm2_attachments_new:
 * @queue: changes jobs
 * @table: the jobs
 * @config: the lanes and their budgets
 * @pressure: of the machine
 * @reaper: ends what the dead leave behind
 *
 * Returns: (transfer full): no attached jobs
 */
Apm2Attachments *
apm2_attachments_new (Apm2Queue *queue,
                      Apm2JobTable *table,
                      Apm2ActiveConfig *config,
                      Apm2Pressure *pressure,
                      Apm2ScopeReaper *reaper)
{
  Apm2Attachments *self = g_object_new (APM2_TYPE_ATTACHMENTS, NULL);
  const struct
  {
    gpointer source;
    const char *signal;
    GCallback callback;
  } list[] = {
    { table, "changed", G_CALLBACK (on_job_changed) },
    { table, "finished", G_CALLBACK (on_job_finished) },
    { queue, "cancel-requested", G_CALLBACK (on_cancel_requested) },
    { queue, "paused", G_CALLBACK (apm2_attachments_look) },
    { config, "changed", G_CALLBACK (on_config_changed) },
    { pressure, "again", G_CALLBACK (on_pressure) },
  };

  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->config = g_object_ref (config);
  self->pressure = g_object_ref (pressure);
  self->reaper = g_object_ref (reaper);
  self->unused_scopes = apm2_unused_scopes_new (reaper);
  apm2_attachments_configure (self);
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    g_signal_connect_object (list[i].source,
                             list[i].signal,
                             list[i].callback,
                             self,
                             G_CONNECT_SWAPPED);
  return self;
}

/**
 * apm2_attachments_stop:
 * @self: the attached jobs
 *
 * No slot is given after this. Those that are held stay with their callers, who
 * come back to the next broker.
 */
void
apm2_attachments_stop (Apm2Attachments *self)
{
  GHashTableIter iter;
  gpointer attachment = NULL;

  self->stopped = TRUE;
  apm2_pressure_set_watched (self->pressure, FALSE);
  g_clear_pointer (&self->unused_scopes, apm2_unused_scopes_free);
  apm2_scope_reaper_stop (self->reaper);
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &attachment))
    apm2_attachment_refuse (attachment, NULL);
}

Apm2Attachment *
apm2_attachments_find (Apm2Attachments *self, const char *job_id)
{
  return g_hash_table_lookup (self->by_id, job_id);
}

/* One that will not come to its own end is no work to wait for. */
static gboolean
is_called_off (Apm2Attachments *self, const Apm2Attachment *attachment)
{
  const Apm2Job *job
      = apm2_job_table_find (self->table, attachment->spec->job_id);

  return attachment->wish != NULL || attachment->superseded || attachment->lost
         || (job != NULL && job->stored->cancel_requested);
}

/* The oldest one of the work that @key names. */
Apm2Attachment *
apm2_attachments_find_key (Apm2Attachments *self, guint32 uid, const char *key)
{
  Apm2Attachment *found = NULL;
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Apm2Attachment *attachment = value;

      if (attachment->uid == uid && g_strcmp0 (attachment->spec->key, key) == 0
          && !is_called_off (self, attachment)
          && (found == NULL || attachment->sequence < found->sequence))
        found = attachment;
    }
  return found;
}

/* Whether @caller must not be given anything: nobody would say that a
 * connection or a process ended which had ended before. */
gboolean
apm2_attachments_is_deaf (Apm2Attachments *self, const Apm2SlotCaller *caller)
{
  return self->stopped || g_dbus_connection_is_closed (caller->connection)
         || (caller->pid > 0 && apm2_process_id_has_ended (caller->pid));
}

void
apm2_attachments_add (Apm2Attachments *self, Apm2Attachment *attachment)
{
  g_hash_table_insert (
      self->by_id, attachment->spec->job_id, apm2_attachment_ref (attachment));
}

void
apm2_attachments_emit_waiting (Apm2Attachments *self,
                               Apm2Attachment *attachment,
                               GDBusConnection *connection,
                               GVariant *why)
{
  g_signal_emit (self, signals[WAITING], 0, attachment, connection, why);
}

void
apm2_attachments_emit_granted (Apm2Attachments *self,
                               Apm2Attachment *attachment)
{
  g_autoptr (GVariant) terms
      = g_variant_ref_sink (apm2_attachments_get_terms (self, attachment));

  g_signal_emit (self, signals[GRANTED], 0, attachment, terms);
}

void
apm2_attachments_emit_cancel (Apm2Attachments *self,
                              Apm2Attachment *attachment,
                              Apm2Job *job)
{
  if (!apm2_attachment_is_away (attachment))
    g_signal_emit (self, signals[CANCEL_REQUESTED], 0, attachment, job);
}

void
apm2_attachments_emit_ended (Apm2Attachments *self,
                             Apm2Job *job,
                             GDBusConnection *connection)
{
  g_signal_emit (self, signals[ENDED], 0, job, connection);
}
