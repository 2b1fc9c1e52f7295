/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Slots: how a caller gets a slot, and what it is told meanwhile.
 *
 * Only calls are checked here; what they do is decided by the attached jobs.
 */

#include "apm2-slots-export-private.h"

#include "apm2-dbus.h"
#include "apm2-invocation.h"
#include "apm2-job-spec-json.h"
#include "apm2-names.h"

G_DEFINE_FINAL_TYPE (Apm2SlotsExport, apm2_slots_export, G_TYPE_OBJECT)

static const char *const command_keys[]
    = { "pid:t", "unit:s", "cgroup:s", NULL };

static void
apm2_slots_export_finalize (GObject *object)
{
  Apm2SlotsExport *self = APM2_SLOTS_EXPORT (object);

  g_object_unref (self->attachments);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_slots_export_parent_class)->finalize (object);
}

static void
apm2_slots_export_class_init (Apm2SlotsExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_slots_export_finalize;
}

static void
apm2_slots_export_init (Apm2SlotsExport *self)
{
}

Apm2SlotCaller
apm2_slots_export_caller (const Apm2Caller *caller,
                          GDBusMethodInvocation *invocation)
{
  return (Apm2SlotCaller){
    .connection = g_dbus_method_invocation_get_connection (invocation),
    .uid = caller->uid,
    .pid = caller->pid,
  };
}

/* --- methods --- */

static void
handle_attach (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { "supersede:b", "ancestor:s", NULL };
  Apm2SlotsExport *self = data;
  const Apm2SlotCaller slot_caller
      = apm2_slots_export_caller (caller, invocation);
  g_autoptr (GVariant) text = g_variant_get_child_value (parameters, 0);
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 1);
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (GError) error = NULL;
  gboolean supersede = FALSE;
  gsize length = 0;
  const char *json = g_variant_get_string (text, &length);

  if (apm2_options_check (options, keys, &error))
    spec = apm2_job_spec_from_json (json, length, &error);
  if (spec == NULL)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  (void) g_variant_lookup (options, "supersede", "b", &supersede);
  apm2_attachments_attach (
      self->attachments, &slot_caller, spec, supersede, invocation);
}

/* Reads the arguments of Resume and Started; answers the call if it cannot. */
static gboolean
read_claim (GVariant *parameters,
            const char **ret_job_id,
            guint64 *ret_token,
            GVariant **ret_command,
            GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) command = NULL;
  g_autoptr (GError) error = NULL;

  g_variant_get (parameters, "(&st@a{sv})", ret_job_id, ret_token, &command);
  if (!apm2_options_check (command, command_keys, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return FALSE;
    }
  *ret_command = g_steal_pointer (&command);
  return TRUE;
}

static void
handle_resume (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2SlotsExport *self = data;
  const Apm2SlotCaller slot_caller
      = apm2_slots_export_caller (caller, invocation);
  g_autoptr (GVariant) command = NULL;
  const char *job_id = NULL;
  guint64 token = 0;

  if (read_claim (parameters, &job_id, &token, &command, invocation))
    apm2_attachments_resume (
        self->attachments, &slot_caller, job_id, token, command, invocation);
}

static void
handle_started (gpointer data,
                gpointer object,
                const Apm2Caller *caller,
                GVariant *parameters,
                GDBusMethodInvocation *invocation)
{
  Apm2SlotsExport *self = data;
  const Apm2SlotCaller slot_caller
      = apm2_slots_export_caller (caller, invocation);
  g_autoptr (GVariant) command = NULL;
  const char *job_id = NULL;
  guint64 token = 0;

  if (read_claim (parameters, &job_id, &token, &command, invocation))
    apm2_attachments_started (
        self->attachments, &slot_caller, job_id, token, command, invocation);
}

static const Apm2Method methods[] = {
  { "Attach", handle_attach },
  { "Resume", handle_resume },
  { "Started", handle_started },
  { "Finish", apm2_slots_export_finish },
  { "Withdraw", apm2_slots_export_withdraw },
  { NULL },
};

/* --- signals --- */

static void
send (Apm2SlotsExport *self,
      GDBusConnection *connection,
      const char *signal,
      GVariant *parameters)
{
  apm2_tree_emit_to (self->tree,
                     connection,
                     APM2_OBJECT_SLOTS,
                     APM2_IFACE_SLOTS,
                     signal,
                     parameters);
}

static void
on_waiting (Apm2SlotsExport *self,
            Apm2Attachment *attachment,
            GDBusConnection *connection,
            GVariant *why)
{
  send (self,
        connection,
        "Waiting",
        g_variant_new ("(s@a{sv})", attachment->spec->job_id, why));
}

static void
on_granted (Apm2SlotsExport *self, Apm2Attachment *attachment, GVariant *terms)
{
  send (self,
        attachment->connection,
        "Granted",
        g_variant_new (
            "(st@a{sv})", attachment->spec->job_id, attachment->token, terms));
}

static void
on_cancel_requested (Apm2SlotsExport *self,
                     Apm2Attachment *attachment,
                     Apm2Job *job)
{
  const char *message = job->stored->cancel_reason;
  gboolean superseded
      = message != NULL && g_str_has_prefix (message, APM2_SUPERSEDED_PREFIX);

  send (self,
        attachment->connection,
        "CancelRequested",
        g_variant_new ("(stss)",
                       attachment->spec->job_id,
                       attachment->token,
                       superseded ? APM2_REASON_SUPERSEDED
                                  : APM2_REASON_CANCELLED,
                       message != NULL ? message : ""));
}

/**
 * apm2_slots_export_new:
 * @tree: where it is exported
 * @queue: changes jobs
 * @table: the jobs
 * @attachments: those that are attached
 *
 * Returns: (transfer full): the exported interface
 */
Apm2SlotsExport *
apm2_slots_export_new (Apm2Tree *tree,
                       Apm2Queue *queue,
                       Apm2JobTable *table,
                       Apm2Attachments *attachments)
{
  Apm2SlotsExport *self = g_object_new (APM2_TYPE_SLOTS_EXPORT, NULL);
  const struct
  {
    const char *signal;
    GCallback callback;
  } list[] = {
    { "waiting", G_CALLBACK (on_waiting) },
    { "granted", G_CALLBACK (on_granted) },
    { "cancel-requested", G_CALLBACK (on_cancel_requested) },
    { "ended", G_CALLBACK (apm2_slots_export_send_ended) },
  };

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->attachments = g_object_ref (attachments);
  self->face.info = apm2_dbus_slots_interface_info ();
  self->face.methods = methods;
  self->face.data = self;

  apm2_tree_add_object (tree, APM2_OBJECT_SLOTS, &self->face, self, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    g_signal_connect_object (
        attachments, list[i].signal, list[i].callback, self, G_CONNECT_SWAPPED);
  return self;
}
