/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: properties, signals and the methods that change
 * jobs.
 */

#include "apm2-queue-export-private.h"

#include "apm2-caller.h"
#include "apm2-dbus.h"
#include "apm2-invocation.h"
#include "apm2-names.h"
#include "apm2-property.h"

G_DEFINE_FINAL_TYPE (Apm2QueueExport, apm2_queue_export, G_TYPE_OBJECT)

static const char *const no_keys[] = { NULL };

static const char *const count_names[] = {
  "Pending", "Leased",      "Running",   "Passed",   "Failed",
  "Denied",  "Quarantined", "Cancelled", "Draining", NULL,
};

static void
apm2_queue_export_finalize (GObject *object)
{
  Apm2QueueExport *self = APM2_QUEUE_EXPORT (object);

  g_queue_clear_full (&self->draining, g_object_unref);
  g_clear_pointer (&self->rate, apm2_rate_free);
  apm2_hand_overs_stop (self->hand_overs);
  g_object_unref (self->hand_overs);
  g_object_unref (self->table);
  g_object_unref (self->store);
  g_object_unref (self->queue);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_queue_export_parent_class)->finalize (object);
}

static void
apm2_queue_export_class_init (Apm2QueueExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_queue_export_finalize;
}

static void
tell_counts (gpointer user_data)
{
  Apm2QueueExport *self = user_data;

  apm2_tree_changed (
      self->tree, APM2_OBJECT_QUEUE, &self->face, self, count_names);
}

static void
apm2_queue_export_init (Apm2QueueExport *self)
{
  self->rate = apm2_rate_new (tell_counts, self, NULL);
}

/* --- properties --- */

static const Apm2Property count_properties[] = {
  { "Pending", 't', G_STRUCT_OFFSET (Apm2StoreCounts, pending) },
  { "Passed", 't', G_STRUCT_OFFSET (Apm2StoreCounts, passed) },
  { "Failed", 't', G_STRUCT_OFFSET (Apm2StoreCounts, failed) },
  { "Denied", 't', G_STRUCT_OFFSET (Apm2StoreCounts, denied) },
  { "Quarantined", 't', G_STRUCT_OFFSET (Apm2StoreCounts, quarantined) },
  { "Cancelled", 't', G_STRUCT_OFFSET (Apm2StoreCounts, cancelled) },
  { NULL },
};

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  Apm2QueueExport *self = data;
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (self->table);
  guint64 running = apm2_job_table_get_running (self->table);
  g_auto (GStrv) lanes = NULL;

  if (g_str_equal (name, "Paused"))
    return g_variant_new_boolean (apm2_queue_is_paused (self->queue, ""));
  if (g_str_equal (name, "Draining"))
    return g_variant_new_boolean (apm2_queue_is_paused (self->queue, "")
                                  && apm2_job_table_get_active (self->table)
                                         > 0);
  if (g_str_equal (name, "PausedLanes"))
    {
      lanes = apm2_queue_list_paused (self->queue);
      return apm2_property_strv ((const char *const *) lanes);
    }
  if (g_str_equal (name, "Leased"))
    return g_variant_new_uint64 (counts->leased - running);
  if (g_str_equal (name, "Running"))
    return g_variant_new_uint64 (running);
  return apm2_property_get (count_properties, counts, name);
}

/* --- methods --- */

/* Whether the options are known; answers the call itself if not. */
static gboolean
check_options (GVariant *options,
               const char *const *keys,
               GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;

  if (apm2_options_check (options, keys, &error))
    return TRUE;

  apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  return FALSE;
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;

  id = apm2_queue_submit_finish (APM2_QUEUE (source), result, &created, &error);
  if (id == NULL)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  path = *id != '\0' ? apm2_tree_element_to_path (APM2_OBJECT_JOBS, id)
                     : g_strdup ("/");
  g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(sob)", id, path, created));
}

static void
handle_submit (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { "dry_run:b", "force:b", NULL };
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) text = g_variant_get_child_value (parameters, 0);
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 1);
  Apm2SubmitFlags flags = APM2_SUBMIT_NONE;
  gboolean flag = FALSE;
  const char *spec;
  gsize length = 0;

  if (!check_options (options, keys, invocation))
    return;
  if (g_variant_lookup (options, "dry_run", "b", &flag) && flag)
    flags |= APM2_SUBMIT_DRY_RUN;
  if (g_variant_lookup (options, "force", "b", &flag) && flag)
    flags |= APM2_SUBMIT_FORCE;
  spec = g_variant_get_string (text, &length);
  apm2_queue_submit_async (self->queue,
                           spec,
                           length,
                           apm2_caller_get_uid (caller),
                           flags,
                           on_submitted,
                           invocation);
}

static void
on_retried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  id = apm2_queue_retry_finish (APM2_QUEUE (source), result, &error);
  if (id == NULL)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  path = apm2_tree_element_to_path (APM2_OBJECT_JOBS, id);
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(so)", id, path));
}

static void
handle_retry (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = NULL;
  const char *job_id;

  g_variant_get (parameters, "(&s@a{sv})", &job_id, &options);
  if (check_options (options, no_keys, invocation))
    apm2_queue_retry_async (self->queue,
                            job_id,
                            apm2_caller_get_uid (caller),
                            on_retried,
                            invocation);
}

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  Apm2JobState state;

  if (!apm2_queue_cancel_finish (APM2_QUEUE (source), result, &state, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(s)", apm2_job_state_to_string (state)));
}

static void
handle_cancel (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = NULL;
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;

  g_variant_get (parameters, "(&s@a{sv})", &job_id, &options);
  if (!apm2_cancel_options_read (options, &reason, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_queue_cancel_async (
      self->queue, job_id, reason, on_cancelled, invocation);
}

static void
on_paused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_queue_set_paused_finish (APM2_QUEUE (source), result, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
set_paused (Apm2QueueExport *self,
            gboolean paused,
            GVariant *parameters,
            GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) options = NULL;
  const char *lane;

  g_variant_get (parameters, "(&s@a{sv})", &lane, &options);
  if (check_options (options, no_keys, invocation))
    apm2_queue_set_paused_async (
        self->queue, lane, paused, on_paused, invocation);
}

static void
handle_pause (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  set_paused (data, TRUE, parameters, invocation);
}

static void
handle_resume (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  set_paused (data, FALSE, parameters, invocation);
}

static const Apm2Method methods[] = {
  { "Submit", handle_submit, apm2_queue_export_judge_submit },
  { "Get", apm2_queue_export_get, apm2_permit_anybody },
  { "List", apm2_queue_export_list, apm2_permit_anybody },
  { "Cancel", handle_cancel, apm2_queue_export_judge_cancel },
  { "Retry", handle_retry, apm2_queue_export_judge_retry },
  { "Pause", handle_pause, apm2_queue_export_judge_manage },
  { "Resume", handle_resume, apm2_queue_export_judge_manage },
  { "Drain", apm2_queue_export_drain, apm2_permit_managers },
  { "OpenLog", apm2_queue_export_open_log, apm2_queue_export_judge_log },
  { "HandOver", apm2_queue_export_hand_over },
  { "ReadLog", apm2_queue_export_read_log, apm2_queue_export_judge_log },
  { "ListReceipts", apm2_queue_export_list_receipts, apm2_permit_anybody },
  { "GetReceipt", apm2_queue_export_get_receipt, apm2_permit_anybody },
  { "GetMetrics", apm2_queue_export_get_metrics, apm2_permit_anybody },
  { "Admitted", apm2_queue_export_admitted, apm2_permit_anybody },
  { NULL },
};

/* --- signals --- */

static void
on_pause_changed (Apm2QueueExport *self)
{
  static const char *const names[]
      = { "Paused", "PausedLanes", "Draining", NULL };

  apm2_tree_changed (self->tree, APM2_OBJECT_QUEUE, &self->face, self, names);
  apm2_queue_export_look_drained (self);
}

static void
on_added (Apm2QueueExport *self)
{
  apm2_rate_touch (self->rate);
}

static void
on_changed (Apm2QueueExport *self, Apm2Job *job, guint change)
{
  if ((change & APM2_JOB_CHANGE_STATE) == 0)
    return;
  apm2_rate_touch (self->rate);
  if (!g_queue_is_empty (&self->draining))
    apm2_queue_export_look_drained (self);
}

/**
 * apm2_queue_export_new:
 * @tree: where it is exported
 * @queue: changes jobs
 * @store: reads history
 * @table: knows the counts
 * @config: bounds of what is handed over
 * @paths: (transfer none): where the logs are; must outlive the export
 *
 * Returns: (transfer full): the exported queue
 */
Apm2QueueExport *
apm2_queue_export_new (Apm2Tree *tree,
                       Apm2Queue *queue,
                       Apm2Store *store,
                       Apm2JobTable *table,
                       Apm2ActiveConfig *config,
                       const Apm2Paths *paths)
{
  Apm2QueueExport *self = g_object_new (APM2_TYPE_QUEUE_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->store = g_object_ref (store);
  self->table = g_object_ref (table);
  self->hand_overs = apm2_hand_overs_new (paths, config, table);
  self->paths = paths;
  self->face.info = apm2_dbus_services_queue_interface_info ();
  self->face.methods = methods;
  self->face.get_property = get_property;
  self->face.data = self;

  apm2_tree_add_object (tree, APM2_OBJECT_QUEUE, &self->face, self, FALSE);
  g_signal_connect_object (
      queue, "paused", G_CALLBACK (on_pause_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "added", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  apm2_hand_overs_start (self->hand_overs);
  g_signal_connect_object (
      table, "forgotten", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  return self;
}
