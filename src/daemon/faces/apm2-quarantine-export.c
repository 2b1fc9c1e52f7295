/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Quarantine: Show and Prune. List and Release are in files
 * of their own.
 */

#include "apm2-quarantine-export-private.h"

#include <string.h>

#include "apm2-dbus.h"
#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-id.h"
#include "apm2-names.h"
#include "apm2-permit.h"
#include "apm2-quarantine-file.h"
#include "apm2-time.h"

G_DEFINE_FINAL_TYPE (Apm2QuarantineExport,
                     apm2_quarantine_export,
                     G_TYPE_OBJECT)

static const char *const no_keys[] = { NULL };

static void
apm2_quarantine_export_finalize (GObject *object)
{
  Apm2QuarantineExport *self = APM2_QUARANTINE_EXPORT (object);

  g_object_unref (self->store);
  g_object_unref (self->queue);
  G_OBJECT_CLASS (apm2_quarantine_export_parent_class)->finalize (object);
}

static void
apm2_quarantine_export_class_init (Apm2QuarantineExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_quarantine_export_finalize;
}

static void
apm2_quarantine_export_init (Apm2QuarantineExport *self)
{
}

/* --- calls --- */

Apm2QuarantineCall *
apm2_quarantine_call_new (Apm2QuarantineExport *self,
                          GDBusMethodInvocation *invocation)
{
  Apm2QuarantineCall *call = g_new0 (Apm2QuarantineCall, 1);

  call->self = g_object_ref (self);
  call->invocation = invocation;
  return call;
}

void
apm2_quarantine_call_free (Apm2QuarantineCall *call)
{
  g_clear_pointer (&call->records, g_variant_builder_unref);
  g_object_unref (call->self);
  g_free (call->entry);
  g_free (call->new_id);
  g_free (call);
}

/* Answers with @error, which is taken, and frees the call. */
void
apm2_quarantine_call_fail (Apm2QuarantineCall *call, GError *error)
{
  apm2_invocation_take_error (call->invocation, error);
  apm2_quarantine_call_free (call);
}

/* An id that is put into a path or a question to the store is checked here. */
gboolean
apm2_quarantine_call_set_entry (Apm2QuarantineCall *call,
                                const char *entry,
                                GError **error)
{
  g_autofree char *name = NULL;

  call->is_file = g_str_has_prefix (entry, APM2_QUARANTINE_FILE);
  call->is_job = g_str_has_prefix (entry, APM2_QUARANTINE_JOB);
  g_free (call->entry);
  call->entry = NULL;
  if (call->is_file)
    {
      call->entry = g_strdup (entry + strlen (APM2_QUARANTINE_FILE));
      name = apm2_quarantine_file_entry_to_name (call->entry, error);
      return name != NULL;
    }
  if (call->is_job
      && apm2_job_id_is_valid (entry + strlen (APM2_QUARANTINE_JOB)))
    {
      call->entry = g_strdup (entry + strlen (APM2_QUARANTINE_JOB));
      return TRUE;
    }
  g_set_error_literal (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "An entry is called \"file:NAME\" or \"job:ID\"");
  return FALSE;
}

/* --- Show --- */

static void
answer_show (Apm2QuarantineCall *call, GVariantDict *dict, GBytes *content)
{
  if (content != NULL)
    g_variant_dict_insert_value (
        dict,
        "content",
        g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, content, TRUE));
  g_dbus_method_invocation_return_value (
      call->invocation, g_variant_new ("(@a{sv})", g_variant_dict_end (dict)));
  apm2_quarantine_call_free (call);
}

static void
on_file_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (Apm2QuarantineFile) file = NULL;
  g_autoptr (GBytes) content = NULL;
  GError *error = NULL;
  GVariantDict dict;

  file = apm2_quarantine_file_read_finish (result, &content, &error);
  if (file == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  g_variant_dict_init (&dict, NULL);
  apm2_quarantine_record_add_file (&dict, file);
  answer_show (call, &dict, content);
}

static void
on_job_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (GBytes) content = NULL;
  GError *error = NULL;
  GVariantDict dict;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored != NULL && stored->state != APM2_JOB_STATE_QUARANTINED)
    g_set_error (&error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 "Job %s is %s, not quarantined",
                 stored->id,
                 apm2_job_state_to_string (stored->state));
  if (error != NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  content = g_bytes_new (stored->spec_text, strlen (stored->spec_text));
  g_variant_dict_init (&dict, NULL);
  apm2_quarantine_record_add_job (&dict, stored);
  answer_show (call, &dict, content);
}

static void
handle_show (gpointer data,
             gpointer object,
             const Apm2Caller *caller,
             GVariant *parameters,
             GDBusMethodInvocation *invocation)
{
  Apm2QuarantineCall *call = apm2_quarantine_call_new (data, invocation);
  g_autoptr (GVariant) options = NULL;
  GError *error = NULL;
  const char *entry = NULL;

  g_variant_get (parameters, "(&s@a{sv})", &entry, &options);
  if (!apm2_options_check (options, no_keys, &error)
      || !apm2_quarantine_call_set_entry (call, entry, &error))
    apm2_quarantine_call_fail (call, error);
  else if (call->is_file)
    apm2_quarantine_file_read_async (
        call->self, call->self->paths, call->entry, on_file_read, call);
  else
    apm2_store_get (call->self->store, call->entry, on_job_got, call);
}

/* --- Prune --- */

static void
on_jobs_pruned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  GError *error = NULL;
  guint n = 0;

  if (apm2_store_leave_quarantine_finish (
          APM2_STORE (source), result, &n, &error)
      && call->entry != NULL && n == 0)
    g_set_error (&error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 "No job %s is in quarantine",
                 call->entry);
  if (error != NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  g_dbus_method_invocation_return_value (
      call->invocation,
      g_variant_new ("(tt)", (guint64) call->n_files, (guint64) n));
  apm2_quarantine_call_free (call);
}

static void
prune_jobs (Apm2QuarantineCall *call)
{
  const Apm2StoreLeaving leaving = {
    .job_id = call->entry,
    .ended_before = call->before,
    .dry_run = call->dry_run,
  };

  apm2_store_leave_quarantine (
      call->self->store, &leaving, on_jobs_pruned, call);
}

static void
on_files_pruned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  GError *error = NULL;

  if (!apm2_quarantine_file_prune_finish (result, &call->n_files, &error))
    apm2_quarantine_call_fail (call, error);
  else if (call->entry == NULL)
    prune_jobs (call);
  else
    {
      g_dbus_method_invocation_return_value (
          call->invocation,
          g_variant_new ("(tt)", (guint64) call->n_files, (guint64) 0));
      apm2_quarantine_call_free (call);
    }
}

static gboolean
read_prune (Apm2QuarantineCall *call,
            guint64 older_than_usec,
            GVariant *options,
            GError **error)
{
  static const char *const keys[] = { "entry:s", "dry_run:b", NULL };
  const gint64 now = apm2_time_realtime_usec ();
  const char *entry = NULL;

  if (!apm2_options_check (options, keys, error))
    return FALSE;
  (void) g_variant_lookup (options, "dry_run", "b", &call->dry_run);
  if (g_variant_lookup (options, "entry", "&s", &entry))
    return apm2_quarantine_call_set_entry (call, entry, error);
  /* Older than the clock can tell: nothing is. */
  if (older_than_usec > 0)
    call->before
        = older_than_usec < (guint64) now ? now - (gint64) older_than_usec : 1;
  return TRUE;
}

static void
handle_prune (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              GVariant *parameters,
              GDBusMethodInvocation *invocation)
{
  Apm2QuarantineCall *call = apm2_quarantine_call_new (data, invocation);
  g_autoptr (GVariant) options = NULL;
  GError *error = NULL;
  guint64 older_than_usec = 0;

  g_variant_get (parameters, "(t@a{sv})", &older_than_usec, &options);
  if (!read_prune (call, older_than_usec, options, &error))
    apm2_quarantine_call_fail (call, error);
  else if (call->is_job)
    prune_jobs (call);
  else
    apm2_quarantine_file_prune_async (call->self,
                                      call->self->paths,
                                      call->entry,
                                      call->before,
                                      call->dry_run,
                                      on_files_pruned,
                                      call);
}

static const Apm2Method methods[] = {
  { "List", apm2_quarantine_export_list, apm2_permit_anybody },
  { "Show", handle_show, apm2_permit_managers },
  { "Release", apm2_quarantine_export_release, apm2_permit_managers },
  { "Prune", handle_prune, apm2_permit_managers },
  { NULL },
};

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  return NULL;
}

/**
 * apm2_quarantine_export_new:
 * @tree: where it is exported
 * @queue: takes released jobs
 * @store: knows quarantined ones
 * @paths: (transfer none): where the files are; must outlive the export
 *
 * Returns: (transfer full): the exported quarantine
 */
Apm2QuarantineExport *
apm2_quarantine_export_new (Apm2Tree *tree,
                            Apm2Queue *queue,
                            Apm2Store *store,
                            const Apm2Paths *paths)
{
  Apm2QuarantineExport *self = g_object_new (APM2_TYPE_QUARANTINE_EXPORT, NULL);

  self->queue = g_object_ref (queue);
  self->store = g_object_ref (store);
  self->paths = paths;
  self->face.info = apm2_dbus_services_quarantine_interface_info ();
  self->face.methods = methods;
  self->face.get_property = get_property;
  self->face.data = self;
  apm2_tree_add_object (tree, APM2_OBJECT_QUARANTINE, &self->face, self, FALSE);
  return self;
}
