/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Quarantine: Release.
 *
 * Read, submit, take out of quarantine, in that order. The new job has a key
 * that follows from the entry, so that a call that was cut short can be made
 * again without making a second job.
 */

#include "apm2-quarantine-export-private.h"

#include <string.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-spec-json.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-quarantine-file.h"

#define KEY_PREFIX "release:"

static const char *const no_keys[] = { NULL };

static void
answer (Apm2QuarantineCall *call)
{
  g_autofree char *path
      = apm2_tree_element_to_path (APM2_OBJECT_JOBS, call->new_id);

  g_dbus_method_invocation_return_value (
      call->invocation,
      g_variant_new ("(sob)", call->new_id, path, call->created));
  apm2_quarantine_call_free (call);
}

/* The job is there: that its entry stays is a nuisance, no failure. */
static void
note_leftover (const Apm2QuarantineCall *call, const GError *error)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            NULL,
            "Job %s was made of an entry that stays in quarantine: %s",
            call->new_id,
            error->message);
}

static void
on_file_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  if (!apm2_quarantine_file_prune_finish (result, &n, &error))
    note_leftover (call, error);
  answer (call);
}

static void
on_job_left (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_store_leave_quarantine_finish (
          APM2_STORE (source), result, NULL, &error))
    note_leftover (call, error);
  answer (call);
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  Apm2StoreLeaving leaving = { 0 };
  GError *error = NULL;

  call->new_id = apm2_queue_submit_finish (
      APM2_QUEUE (source), result, &call->created, &error);
  if (call->new_id == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  if (call->is_file)
    {
      apm2_quarantine_file_prune_async (call->self,
                                        call->self->paths,
                                        call->entry,
                                        0,
                                        FALSE,
                                        on_file_removed,
                                        call);
      return;
    }
  leaving.job_id = call->entry;
  leaving.released_as = call->new_id;
  apm2_store_leave_quarantine (call->self->store, &leaving, on_job_left, call);
}

static void
on_file_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autofree char *text = NULL;
  GError *error = NULL;

  text = apm2_quarantine_file_read_spec_finish (result, &error);
  if (text == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }
  apm2_queue_submit_async (call->self->queue,
                           text,
                           strlen (text),
                           (guint32) geteuid (),
                           APM2_SUBMIT_FORCE,
                           on_submitted,
                           call);
}

static void
on_job_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2QuarantineCall *call = user_data;
  g_autoptr (Apm2StoredJob) stored = NULL;
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;
  gsize length = 0;

  stored = apm2_store_get_finish (APM2_STORE (source), result, &error);
  if (stored != NULL && stored->state != APM2_JOB_STATE_QUARANTINED)
    g_set_error (&error,
                 APM2_ERROR,
                 APM2_ERROR_BAD_STATE,
                 "Job %s is %s, not quarantined; \"apm2 fac job retry\" tries "
                 "any ended job again",
                 stored->id,
                 apm2_job_state_to_string (stored->state));
  if (error == NULL)
    spec = apm2_queue_dup_spec_again (stored, &error);
  if (spec == NULL)
    {
      apm2_quarantine_call_fail (call, error);
      return;
    }

  /* A job has one receipt, and so is released once. */
  spec->idempotency_key
      = g_strconcat (KEY_PREFIX, stored->receipt_digest, NULL);
  text = apm2_job_spec_to_json (spec, &length);
  apm2_queue_submit_async (call->self->queue,
                           text,
                           length,
                           stored->uid,
                           APM2_SUBMIT_FORCE,
                           on_submitted,
                           call);
}

void
apm2_quarantine_export_release (gpointer data,
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
    apm2_quarantine_file_read_spec_async (
        call->self, call->self->paths, call->entry, on_file_read, call);
  else
    apm2_store_get (call->self->store, call->entry, on_job_got, call);
}
