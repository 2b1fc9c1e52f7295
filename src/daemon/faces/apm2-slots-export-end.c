/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Slots: how a claim ends: Finish, Withdraw, and the signal Ended.
 */

#include "apm2-slots-export-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-names.h"
#include "apm2-report.h"

static void
on_finished_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *digest
      = apm2_queue_finish_finish (APM2_QUEUE (source), result, &error);

  if (digest == NULL)
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", digest));
}

/* The reply to an earlier Finish may have been lost: the store knows. */
static void
finish_again (Apm2SlotsExport *self,
              guint32 uid,
              Apm2Receipt *receipt,
              guint64 token,
              GDBusMethodInvocation *invocation)
{
  const Apm2Job *job = apm2_job_table_find (self->table, receipt->job_id);

  if ((job != NULL && job->stored->uid != uid)
      || !apm2_queue_may_finish_again (self->queue, receipt->job_id, token))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_STALE,
                            "Slot %" G_GUINT64_FORMAT
                            " of job %.64s is not this caller's any more",
                            token,
                            receipt->job_id);
      apm2_receipt_free (receipt);
      return;
    }
  apm2_queue_finish_async (self->queue,
                           receipt->job_id,
                           token,
                           receipt,
                           on_finished_again,
                           invocation);
}

static Apm2Receipt *
new_receipt (Apm2SlotsExport *self, const char *job_id, gboolean is_held)
{
  const Apm2Job *job
      = is_held ? apm2_job_table_find (self->table, job_id) : NULL;
  Apm2Receipt *receipt = NULL;

  if (job != NULL)
    return apm2_queue_new_receipt (self->queue, job);
  receipt = apm2_receipt_new ();
  receipt->job_id = g_strdup (job_id);
  return receipt;
}

void
apm2_slots_export_finish (gpointer data,
                          gpointer object,
                          const Apm2Caller *caller,
                          GVariant *parameters,
                          GDBusMethodInvocation *invocation)
{
  Apm2SlotsExport *self = data;
  g_autoptr (GVariant) result = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (GError) error = NULL;
  Apm2Attachment *attachment = NULL;
  const char *job_id = NULL;
  guint64 token = 0;

  g_variant_get (parameters, "(&st@a{sv})", &job_id, &token, &result);
  attachment = apm2_attachments_find_held (
      self->attachments, caller->uid, job_id, token);
  receipt = new_receipt (self, job_id, attachment != NULL);
  if (!apm2_report_fill_receipt (receipt, result, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  if (attachment == NULL)
    {
      finish_again (
          self, caller->uid, g_steal_pointer (&receipt), token, invocation);
      return;
    }
  (void) g_variant_lookup (result, "executor", "s", &receipt->executor);
  if (!apm2_report_is_readable (receipt, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_attachments_finish (
      self->attachments, attachment, g_steal_pointer (&receipt), invocation);
}

void
apm2_slots_export_withdraw (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation)
{
  Apm2SlotsExport *self = data;
  const Apm2SlotCaller slot_caller
      = apm2_slots_export_caller (caller, invocation);
  const char *job_id = NULL;
  const char *reason = NULL;

  g_variant_get (parameters, "(&s&s)", &job_id, &reason);
  if (!g_str_equal (reason, APM2_REASON_BUSY)
      && !g_str_equal (reason, APM2_REASON_CANCELLED))
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_INVALID_ARGUMENT,
                            "The reason to withdraw is busy or cancelled, not "
                            "\"%.32s\"",
                            reason);
      return;
    }
  apm2_attachments_withdraw (
      self->attachments, &slot_caller, job_id, reason, invocation);
}

static GVariant *
build_result (const Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;
  const Apm2JobStep *step = job->steps != NULL && job->steps->len > 0
                                ? g_ptr_array_index (job->steps, 0)
                                : NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (
      &dict, "outcome", "s", apm2_job_state_to_string (stored->state));
  g_variant_dict_insert (
      &dict, "verdict", "s", apm2_verdict_to_string (stored->verdict));
  g_variant_dict_insert (
      &dict, "reason", "s", stored->reason != NULL ? stored->reason : "");
  g_variant_dict_insert (
      &dict, "message", "s", stored->message != NULL ? stored->message : "");
  g_variant_dict_insert (
      &dict, "exit_status", "i", step != NULL ? step->exit_status : -1);
  g_variant_dict_insert (
      &dict, "signal", "i", step != NULL ? step->term_signal : 0);
  return g_variant_dict_end (&dict);
}

void
apm2_slots_export_send_ended (Apm2SlotsExport *self,
                              Apm2Job *job,
                              GDBusConnection *connection)
{
  const char *digest = job->stored->receipt_digest;

  apm2_tree_emit_to (self->tree,
                     connection,
                     APM2_OBJECT_SLOTS,
                     APM2_IFACE_SLOTS,
                     "Ended",
                     g_variant_new ("(ss@a{sv})",
                                    job->stored->id,
                                    digest != NULL ? digest : "",
                                    build_result (job)));
}
