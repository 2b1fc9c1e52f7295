/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Quarantine: List, and the records of entries.
 *
 * Files come first, then jobs; a cursor says in which of the two a page begins.
 */

#include "apm2-quarantine-export-private.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-invocation.h"

#define PAGE_MAX 1000

void
apm2_quarantine_record_add_file (GVariantDict *dict,
                                 const Apm2QuarantineFile *file)
{
  g_autofree char *entry
      = g_strconcat (APM2_QUARANTINE_FILE, file->entry, NULL);

  g_variant_dict_insert (dict, "entry", "s", entry);
  g_variant_dict_insert (dict, "kind", "s", "file");
  g_variant_dict_insert (dict, "since", "t", (guint64) MAX (file->since, 0));
  g_variant_dict_insert (dict, "reason", "s", "");
  g_variant_dict_insert (dict, "message", "s", file->reason);
  g_variant_dict_insert (dict, "bytes", "t", file->bytes);
}

void
apm2_quarantine_record_add_job (GVariantDict *dict, const Apm2StoredJob *job)
{
  g_autofree char *entry = g_strconcat (APM2_QUARANTINE_JOB, job->id, NULL);

  g_variant_dict_insert (dict, "entry", "s", entry);
  g_variant_dict_insert (dict, "kind", "s", "job");
  g_variant_dict_insert (dict, "since", "t", (guint64) job->finished_at);
  g_variant_dict_insert (
      dict, "reason", "s", job->reason != NULL ? job->reason : "");
  g_variant_dict_insert (
      dict, "message", "s", job->message != NULL ? job->message : "");
  g_variant_dict_insert (dict, "bytes", "t", (guint64) job->spec_bytes);
  g_variant_dict_insert (dict, "job_id", "s", job->id);
  g_variant_dict_insert (dict, "name", "s", job->name);
  g_variant_dict_insert (dict, "lane", "s", job->lane);
  g_variant_dict_insert (dict, "attempt", "u", job->attempt);
}

static void
answer_list (Apm2QuarantineCall *call, const char *next)
{
  g_dbus_method_invocation_return_value (
      call->invocation, g_variant_new ("(aa{sv}s)", call->records, next));
  apm2_quarantine_call_free (call);
}

static void
on_jobs_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autofree char *next = NULL;
  GError *error = NULL;

  jobs = apm2_store_list_quarantined_finish (
      APM2_STORE (source), result, &error);
  if (jobs == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (jobs, i);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      apm2_quarantine_record_add_job (&dict, job);
      g_variant_builder_add_value (call->records, g_variant_dict_end (&dict));
      if (i + 1 == call->limit)
        next = g_strdup_printf (APM2_QUARANTINE_JOB "%" G_GINT64_FORMAT,
                                job->sequence);
    }
  answer_list (call, next != NULL ? next : "");
}

static void
list_jobs (Apm2QuarantineCall *call)
{
  apm2_store_list_quarantined (call->self->store,
                               call->before_sequence,
                               call->limit,
                               call->all,
                               on_jobs_listed,
                               call);
}

static void
on_files_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (GPtrArray) files = NULL;
  g_autofree char *next = NULL;
  GError *error = NULL;

  files = apm2_quarantine_file_list_finish (result, &error);
  if (files == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  for (guint i = 0; i < files->len; i++)
    {
      const Apm2QuarantineFile *file = g_ptr_array_index (files, i);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      apm2_quarantine_record_add_file (&dict, file);
      g_variant_builder_add_value (call->records, g_variant_dict_end (&dict));
      if (i + 1 == call->limit)
        next = g_strconcat (APM2_QUARANTINE_FILE, file->entry, NULL);
    }
  if (next != NULL || !call->is_job)
    {
      answer_list (call, next != NULL ? next : "");
      return;
    }
  call->limit -= files->len;
  list_jobs (call);
}

/* Where to go on. A cursor of a job is the number of its submission. */
static gboolean
read_cursor (Apm2QuarantineCall *call, const char *cursor, GError **error)
{
  guint64 sequence = 0;

  if (*cursor == '\0')
    return TRUE;
  if (g_str_has_prefix (cursor, APM2_QUARANTINE_JOB)
      && g_ascii_string_to_unsigned (cursor + strlen (APM2_QUARANTINE_JOB),
                                     10,
                                     1,
                                     G_MAXINT64,
                                     &sequence,
                                     NULL))
    {
      call->is_file = FALSE;
      call->before_sequence = (gint64) sequence;
      return TRUE;
    }
  if (g_str_has_prefix (cursor, APM2_QUARANTINE_FILE))
    {
      g_autofree char *name = NULL;

      call->entry = g_strdup (cursor + strlen (APM2_QUARANTINE_FILE));
      name = apm2_quarantine_file_entry_to_name (call->entry, NULL);
      if (name != NULL)
        return TRUE;
    }
  g_set_error_literal (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "The cursor is not one that a page before returned");
  return FALSE;
}

static gboolean
read_list (Apm2QuarantineCall *call,
           const char *cursor,
           GVariant *options,
           GError **error)
{
  static const char *const keys[] = { "kind:s", "all:b", NULL };
  const char *kind = "";

  if (!apm2_options_check (options, keys, error))
    return FALSE;
  (void) g_variant_lookup (options, "kind", "&s", &kind);
  (void) g_variant_lookup (options, "all", "b", &call->all);
  call->is_file = *kind == '\0' || g_str_equal (kind, "file");
  call->is_job = *kind == '\0' || g_str_equal (kind, "job");
  if (!call->is_file && !call->is_job)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "The kind of an entry is \"file\" or \"job\"");
      return FALSE;
    }
  if (call->limit < 1 || call->limit > PAGE_MAX)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "The limit must be 1 to %d",
                   PAGE_MAX);
      return FALSE;
    }
  return read_cursor (call, cursor, error);
}

void
apm2_quarantine_export_list (gpointer data,
                             gpointer object,
                             const Apm2Caller *caller,
                             GVariant *parameters,
                             GDBusMethodInvocation *invocation)
{
  Apm2QuarantineCall *call = apm2_quarantine_call_new (data, invocation);
  g_autoptr (GVariant) options = NULL;
  GError *error = NULL;
  const char *cursor = NULL;

  g_variant_get (parameters, "(u&s@a{sv})", &call->limit, &cursor, &options);
  if (!read_list (call, cursor, options, &error))
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  call->records = g_variant_builder_new (G_VARIANT_TYPE ("aa{sv}"));
  if (call->is_file)
    apm2_quarantine_file_list_async (call->self,
                                     call->self->paths,
                                     call->entry,
                                     call->limit,
                                     on_files_listed,
                                     call);
  else
    list_jobs (call);
}
