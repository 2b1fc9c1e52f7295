/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: Get, List, ListReceipts and GetReceipt.
 *
 * Records come from the store; what only memory knows (that a job runs, its
 * steps) is laid over them.
 */

#include "apm2-queue-export-private.h"

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-spec-json.h"
#include "apm2-job-variant.h"
#include "apm2-property.h"

#define PAGE_MAX      1000
#define PAGE_TEXT_MAX 200

static const char *const no_keys[] = { NULL };

typedef struct
{
  Apm2QueueExport *self;
  GDBusMethodInvocation *invocation; /* (owned) answered once */
  guint limit;
  guint state_mask;
  gboolean oldest_first;
  gboolean with_collected;
} ReadCall;

static ReadCall *
read_call_new (Apm2QueueExport *self, GDBusMethodInvocation *invocation)
{
  ReadCall *call = g_new0 (ReadCall, 1);

  call->self = g_object_ref (self);
  call->invocation = invocation;
  return call;
}

static void
read_call_free (ReadCall *call)
{
  g_object_unref (call->self);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReadCall, read_call_free)

/* --- Get --- */

static void
add_spec (GVariantDict *dict, const Apm2StoredJob *stored)
{
  g_autoptr (Apm2JobSpec) spec = NULL;

  g_variant_dict_insert (dict, "spec", "s", stored->spec_text);
  spec = apm2_job_spec_from_json (
      stored->spec_text, strlen (stored->spec_text), NULL);
  if (spec == NULL)
    return;
  g_variant_dict_insert_value (
      dict, "after", apm2_property_strv ((const char *const *) spec->after));
  g_variant_dict_insert (dict, "not_before_unix", "x", spec->not_before_unix);
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ReadCall) call = user_data;
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (GError) error = NULL;
  const Apm2Job *job;
  GVariantDict dict;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }

  job = apm2_job_table_find (call->self->table, stored->id);
  g_variant_dict_init (&dict, NULL);
  apm2_job_record_add (&dict, stored, job);
  add_spec (&dict, stored);
  if (job != NULL)
    g_variant_dict_insert_value (
        &dict, "steps", apm2_job_steps_to_variant (job));
  g_variant_dict_insert (
      &dict, "log_bytes", "t", job != NULL ? job->log_bytes : (guint64) 0);
  g_dbus_method_invocation_return_value (
      call->invocation, g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)));
}

void
apm2_queue_export_get (gpointer data,
                       gpointer object,
                       const Apm2Caller *caller,
                       GVariant *parameters,
                       GDBusMethodInvocation *invocation)
{
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  const char *job_id;

  g_variant_get (parameters, "(&s@a{sv})", &job_id, &options);
  if (!apm2_options_check (options, no_keys, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_store_get (
      self->store, job_id, on_got, read_call_new (self, invocation));
}

/* --- List --- */

static gboolean
read_cursor (const char *cursor, guint64 *ret_value, GError **error)
{
  *ret_value = 0;
  if (*cursor == '\0')
    return TRUE;
  if (g_ascii_string_to_unsigned (cursor, 10, 1, G_MAXINT64, ret_value, NULL))
    return TRUE;

  g_set_error_literal (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "The cursor is not one that a page before returned");
  return FALSE;
}

static gboolean
check_limit (guint limit, guint max, GError **error)
{
  if (limit >= 1 && limit <= max)
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "The limit must be 1 to %u",
               max);
  return FALSE;
}

static gboolean
read_states (GVariant *filter, guint *ret_mask, GError **error)
{
  g_autofree const char **states = NULL;

  *ret_mask = 0;
  if (!g_variant_lookup (filter, "states", "^a&s", &states))
    return TRUE;
  for (guint i = 0; states[i] != NULL; i++)
    {
      Apm2JobState state;

      if (!apm2_job_state_from_string (states[i], &state))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "There is no job state \"%.32s\"",
                       states[i]);
          return FALSE;
        }
      *ret_mask |= 1u << state;
    }
  return TRUE;
}

/* The store knows running jobs as leased: both are asked for, and what does not
 * match is left out here. */
static gboolean
state_matches (const ReadCall *call,
               const Apm2StoredJob *stored,
               const Apm2Job *job)
{
  Apm2JobState state = job != NULL ? job->state : stored->state;

  return call->state_mask == 0 || (call->state_mask & (1u << state)) != 0;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ReadCall) call = user_data;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder records;

  jobs = apm2_store_list_finish (APM2_STORE (source), result, &error);
  if (jobs == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }

  g_variant_builder_init (&records, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2StoredJob *stored = g_ptr_array_index (jobs, i);
      const Apm2Job *job = apm2_job_table_find (call->self->table, stored->id);

      if (state_matches (call, stored, job))
        g_variant_builder_add_value (&records,
                                     apm2_job_record_new (stored, job));
      if (i + 1 == call->limit)
        next = g_strdup_printf ("%" G_GINT64_FORMAT, stored->sequence);
    }
  g_dbus_method_invocation_return_value (
      call->invocation,
      g_variant_new ("(aa{sv}s)", &records, next != NULL ? next : ""));
}

static gboolean
read_verdict (GVariant *filter, Apm2Verdict *ret_verdict, GError **error)
{
  const char *text = "";

  (void) g_variant_lookup (filter, "verdict", "&s", &text);
  if (apm2_verdict_from_string (text, ret_verdict))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "There is no verdict \"%.32s\"",
               text);
  return FALSE;
}

void
apm2_queue_export_list (gpointer data,
                        gpointer object,
                        const Apm2Caller *caller,
                        GVariant *parameters,
                        GDBusMethodInvocation *invocation)
{
  static const char *const filter_keys[] = {
    "states:as", "lane:s", "verdict:s", "parts:b", "parent:s", NULL,
  };
  Apm2QueueExport *self = data;
  ReadCall *call = read_call_new (self, invocation);
  g_autoptr (GVariant) filter = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  Apm2StoreFilter wanted = { 0 };
  const char *cursor;
  guint64 before;

  g_variant_get (parameters,
                 "(@a{sv}u&s@a{sv})",
                 &filter,
                 &call->limit,
                 &cursor,
                 &options);
  if (!apm2_options_check (filter, filter_keys, &error)
      || !apm2_options_check (options, no_keys, &error)
      || !check_limit (call->limit, PAGE_MAX, &error)
      || !read_cursor (cursor, &before, &error)
      || !read_states (filter, &call->state_mask, &error)
      || !read_verdict (filter, &wanted.verdict, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      read_call_free (call);
      return;
    }
  (void) g_variant_lookup (filter, "lane", "&s", &wanted.lane);
  (void) g_variant_lookup (filter, "parts", "b", &wanted.with_parts);
  (void) g_variant_lookup (filter, "parent", "&s", &wanted.parent);

  wanted.state_mask = call->state_mask;
  if ((wanted.state_mask & (1u << APM2_JOB_STATE_RUNNING)) != 0)
    wanted.state_mask |= 1u << APM2_JOB_STATE_LEASED;
  apm2_store_list (
      self->store, &wanted, (gint64) before, call->limit, on_listed, call);
}

/* --- receipts --- */

static GVariant *
receipt_to_variant (const Apm2StoredReceipt *receipt)
{
  const char *reason = receipt->reason != NULL ? receipt->reason : "";
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "sequence", "t", receipt->sequence);
  g_variant_dict_insert (&dict, "digest", "s", receipt->digest);
  if (receipt->collected)
    {
      g_variant_dict_insert (&dict, "collected", "b", TRUE);
      return g_variant_dict_end (&dict);
    }
  g_variant_dict_insert (&dict, "job_id", "s", receipt->job_id);
  g_variant_dict_insert (
      &dict, "outcome", "s", apm2_job_state_to_string (receipt->outcome));
  g_variant_dict_insert (
      &dict, "verdict", "s", apm2_verdict_to_string (receipt->verdict));
  g_variant_dict_insert (&dict, "reason", "s", reason);
  g_variant_dict_insert (
      &dict, "finished_at", "t", (guint64) receipt->finished_at);
  if (receipt->text != NULL)
    g_variant_dict_insert (&dict, "text", "s", receipt->text);
  return g_variant_dict_end (&dict);
}

static void
on_receipts_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ReadCall) call = user_data;
  g_autoptr (GPtrArray) receipts = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder list;
  guint n = 0;

  receipts
      = apm2_store_list_receipts_finish (APM2_STORE (source), result, &error);
  if (receipts == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < receipts->len; i++)
    {
      const Apm2StoredReceipt *receipt = g_ptr_array_index (receipts, i);

      if (receipt->collected && !call->with_collected)
        continue;
      g_variant_builder_add_value (&list, receipt_to_variant (receipt));
      n += receipt->collected ? 0 : 1;
      /* The cursor is where the next page begins; the chain begins at 1. */
      if (n == call->limit && (call->oldest_first || receipt->sequence > 1))
        next = g_strdup_printf ("%" G_GUINT64_FORMAT,
                                call->oldest_first ? receipt->sequence + 1
                                                   : receipt->sequence - 1);
    }
  g_dbus_method_invocation_return_value (
      call->invocation,
      g_variant_new ("(aa{sv}s)", &list, next != NULL ? next : ""));
}

void
apm2_queue_export_list_receipts (gpointer data,
                                 gpointer object,
                                 const Apm2Caller *caller,
                                 GVariant *parameters,
                                 GDBusMethodInvocation *invocation)
{
  static const char *const keys[]
      = { "oldest_first:b", "text:b", "collected:b", NULL };
  Apm2QueueExport *self = data;
  ReadCall *call = read_call_new (self, invocation);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  gboolean with_text = FALSE;
  const char *cursor;
  guint64 from;

  g_variant_get (parameters, "(u&s@a{sv})", &call->limit, &cursor, &options);
  if (!apm2_options_check (options, keys, &error)
      || !check_limit (call->limit, PAGE_MAX, &error)
      || !read_cursor (cursor, &from, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      read_call_free (call);
      return;
    }
  (void) g_variant_lookup (options, "oldest_first", "b", &call->oldest_first);
  (void) g_variant_lookup (options, "text", "b", &with_text);
  (void) g_variant_lookup (options, "collected", "b", &call->with_collected);
  if (with_text)
    call->limit = MIN (call->limit, PAGE_TEXT_MAX);
  apm2_store_list_receipts (self->store,
                            call->oldest_first,
                            from,
                            call->limit,
                            with_text,
                            on_receipts_listed,
                            call);
}

static void
on_receipt_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ReadCall) call = user_data;
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;

  text = apm2_store_get_receipt_finish (
      APM2_STORE (source), result, &digest, &error);
  if (text == NULL)
    {
      apm2_invocation_take_error (call->invocation, g_steal_pointer (&error));
      return;
    }
  g_dbus_method_invocation_return_value (call->invocation,
                                         g_variant_new ("(ss)", text, digest));
}

void
apm2_queue_export_get_receipt (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation)
{
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;

  g_variant_get (parameters, "(&s@a{sv})", &name, &options);
  if (!apm2_options_check (options, no_keys, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_store_get_receipt (
      self->store, name, on_receipt_got, read_call_new (self, invocation));
}
