/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of a store that wait for their answer, for tests.
 */

#include "store-harness.h"

#include <string.h>

#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "apm2-receipt-json.h"

#define BOOT_ID "3b1f3a4e-0000-4000-8000-000000000001"

void
store_call_done (GObject *source, GAsyncResult *result, gpointer call)
{
  StoreCall *self = call;

  g_assert_null (self->result);
  self->result = g_object_ref (result);
}

GAsyncResult *
store_call_wait (StoreCall *self)
{
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return self->result;
}

void
store_call_clear (StoreCall *self)
{
  g_clear_object (&self->result);
}

Apm2StoreSnapshot *
store_harness_open (Apm2Store *store, GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_open (store, 64, NULL, store_call_done, &call);
  return apm2_store_open_finish (store, store_call_wait (&call), error);
}

static void
open_store (StoreHarness *self)
{
  g_autoptr (GError) error = NULL;

  self->store = self->engine->make (self->place, self->aging_usec_per_level);
  self->snapshot = store_harness_open (self->store, &error);
  g_assert_no_error (error);
}

StoreHarness *
store_harness_new (const StoreEngine *engine, guint64 aging_usec_per_level)
{
  StoreHarness *self = g_new0 (StoreHarness, 1);

  self->engine = engine;
  self->aging_usec_per_level = aging_usec_per_level;
  self->place = engine->new_place ();
  open_store (self);
  return self;
}

void
store_harness_close (Apm2Store *store)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;

  apm2_store_close (store, store_call_done, &call);
  g_assert_true (
      apm2_store_close_finish (store, store_call_wait (&call), &error));
  g_assert_no_error (error);
}

static void
shut (StoreHarness *self)
{
  store_harness_close (self->store);
  g_clear_object (&self->store);
  g_clear_pointer (&self->snapshot, apm2_store_snapshot_free);
}

void
store_harness_restart (StoreHarness *self)
{
  shut (self);
  open_store (self);
}

void
store_harness_free (StoreHarness *self)
{
  shut (self);
  self->engine->free_place (self->place);
  g_free (self);
}

Apm2JobSpec *
store_harness_spec (const char *name)
{
  const char *argv[] = { "/bin/echo", name, NULL };
  Apm2JobSpec *spec = apm2_job_spec_new ();
  Apm2Step *step = apm2_step_new ("run");

  step->argv = g_strdupv ((char **) argv);
  g_ptr_array_add (spec->steps, step);
  return spec;
}

Apm2JobSpec *
store_harness_gates_spec (char tree, ...)
{
  static const char *const argv[] = { "/bin/true", NULL };
  Apm2JobSpec *spec = apm2_job_spec_new ();
  const char *word;
  va_list args;

  spec->kind = APM2_JOB_KIND_GATES;
  g_free (spec->lane);
  spec->lane = g_strdup (APM2_LANE_GATES);
  spec->source_repository = g_strdup ("/srv/r");
  spec->source_commit = g_strnfill (40, 'c');
  spec->source_tree = g_strnfill (40, tree);
  spec->source_project = g_strdup ("r");
  va_start (args, tree);
  while ((word = va_arg (args, const char *)) != NULL)
    {
      g_auto (GStrv) parts = g_strsplit (word, ":", 2);
      Apm2Step *step = apm2_step_new (parts[0]);

      step->argv = g_strdupv ((char **) argv);
      if (parts[1] != NULL)
        step->needs = g_strsplit (parts[1], ",", -1);
      g_ptr_array_add (spec->steps, step);
    }
  va_end (args);
  return spec;
}

static void
send (Apm2Store *store,
      Apm2JobSpec *spec,
      Apm2StoreSubmitFlags flags,
      StoreCall *call)
{
  gsize length = 0;
  g_autofree char *text = apm2_job_spec_to_json (spec, &length);
  g_autofree char *digest = apm2_json_digest (text, length);

  apm2_store_submit (
      store, spec, text, length, digest, 1000, flags, store_call_done, call);
}

void
store_harness_send (Apm2Store *store, Apm2JobSpec *spec, StoreCall *call)
{
  send (store, spec, APM2_STORE_SUBMIT_NONE, call);
}

Apm2StoredJob *
store_harness_submit (StoreHarness *self,
                      Apm2JobSpec *spec,
                      gboolean *ret_created,
                      GError **error)
{
  g_auto (StoreCall) call = { NULL };

  send (self->store, spec, self->flags, &call);
  return apm2_store_submit_finish (
      self->store, store_call_wait (&call), ret_created, NULL, error);
}

char *
store_harness_add (StoreHarness *self, const char *name)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec (name);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_submit (self, spec, NULL, &error);
  g_assert_no_error (error);
  return g_strdup (job->id);
}

GPtrArray *
store_harness_claim (StoreHarness *self, const char *lane, guint n_jobs)
{
  const Apm2LaneRoom room = { lane, n_jobs };
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  GPtrArray *jobs;

  apm2_store_claim (self->store,
                    &room,
                    1,
                    "w1",
                    BOOT_ID,
                    n_jobs,
                    NULL,
                    store_call_done,
                    &call);
  jobs = apm2_store_claim_finish (self->store, store_call_wait (&call), &error);
  g_assert_no_error (error);
  return jobs;
}

Apm2StoredJob *
store_harness_claim_one (StoreHarness *self)
{
  g_autoptr (GPtrArray) jobs = store_harness_claim (self, "bulk", 1);

  return jobs->len == 0 ? NULL : g_ptr_array_steal_index (jobs, 0);
}

Apm2JobSpec *
store_harness_attached_spec (const char *job_id)
{
  Apm2JobSpec *spec = store_harness_spec ("attached");
  Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  spec->kind = APM2_JOB_KIND_ATTACHED;
  spec->job_id = g_strdup (job_id);
  step->working_directory = g_strdup ("/");
  return spec;
}

Apm2StoredJob *
store_harness_claim_named (StoreHarness *self,
                           const char *job_id,
                           GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_claim_one (
      self->store, job_id, "run-7-70", BOOT_ID, store_call_done, &call);
  return apm2_store_claim_one_finish (
      self->store, store_call_wait (&call), error);
}

Apm2Receipt *
store_harness_receipt (Apm2JobState outcome,
                       Apm2Verdict verdict,
                       const char *reason)
{
  Apm2Receipt *receipt = apm2_receipt_new ();

  receipt->outcome = outcome;
  receipt->verdict = verdict;
  receipt->reason = g_strdup (reason);
  return receipt;
}

Apm2Receipt *
store_harness_passed (void)
{
  return store_harness_receipt (
      APM2_JOB_STATE_COMPLETED, APM2_VERDICT_PASSED, NULL);
}

Apm2StoredJob *
store_harness_finish (StoreHarness *self,
                      const char *job_id,
                      guint64 token,
                      Apm2Receipt *receipt,
                      gboolean may_retry,
                      GPtrArray **ret_effects,
                      GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_finish (self->store,
                     job_id,
                     token,
                     receipt,
                     may_retry ? &self->backoff : NULL,
                     store_call_done,
                     &call);
  return apm2_store_finish_finish (
      self->store, store_call_wait (&call), ret_effects, error);
}

Apm2StoredJob *
store_harness_give_back (StoreHarness *self,
                         const char *job_id,
                         guint64 token,
                         gboolean lost,
                         GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_give_back (
      self->store, job_id, token, lost, store_call_done, &call);
  return apm2_store_give_back_finish (
      self->store, store_call_wait (&call), error);
}

Apm2StoredJob *
store_harness_cancel (StoreHarness *self,
                      const char *job_id,
                      const char *reason,
                      GPtrArray **ret_effects,
                      GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_request_cancel (
      self->store, job_id, reason, store_call_done, &call);
  return apm2_store_request_cancel_finish (
      self->store, store_call_wait (&call), ret_effects, error);
}

void
store_harness_pause (StoreHarness *self, const char *lane, gboolean paused)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;

  apm2_store_set_paused (self->store, lane, paused, store_call_done, &call);
  g_assert_true (apm2_store_set_paused_finish (
      self->store, store_call_wait (&call), &error));
  g_assert_no_error (error);
}

guint
store_harness_wake (StoreHarness *self, gint64 *ret_next_unix)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  guint woken = 0;

  apm2_store_wake_delayed (self->store, store_call_done, &call);
  g_assert_true (apm2_store_wake_delayed_finish (
      self->store, store_call_wait (&call), &woken, ret_next_unix, &error));
  g_assert_no_error (error);
  return woken;
}

Apm2StoredJob *
store_harness_get (StoreHarness *self, const char *job_id, GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_get (self->store, job_id, store_call_done, &call);
  return apm2_store_get_finish (self->store, store_call_wait (&call), error);
}

GPtrArray *
store_harness_list (StoreHarness *self,
                    guint state_mask,
                    Apm2Verdict verdict,
                    const char *lane,
                    gint64 before_sequence,
                    guint limit)
{
  const Apm2StoreFilter filter
      = { .state_mask = state_mask, .verdict = verdict, .lane = lane };
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  GPtrArray *jobs;

  apm2_store_list (
      self->store, &filter, before_sequence, limit, store_call_done, &call);
  jobs = apm2_store_list_finish (self->store, store_call_wait (&call), &error);
  g_assert_no_error (error);
  return jobs;
}

GPtrArray *
store_harness_receipts (StoreHarness *self,
                        gboolean oldest_first,
                        guint64 from_sequence,
                        guint limit,
                        gboolean with_text)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  GPtrArray *receipts;

  apm2_store_list_receipts (self->store,
                            oldest_first,
                            from_sequence,
                            limit,
                            with_text,
                            store_call_done,
                            &call);
  receipts = apm2_store_list_receipts_finish (
      self->store, store_call_wait (&call), &error);
  g_assert_no_error (error);
  return receipts;
}

char *
store_harness_get_receipt (StoreHarness *self,
                           const char *name,
                           char **ret_digest,
                           GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_get_receipt (self->store, name, store_call_done, &call);
  return apm2_store_get_receipt_finish (
      self->store, store_call_wait (&call), ret_digest, error);
}

guint64
store_harness_verify_chain (StoreHarness *self)
{
  g_autoptr (GPtrArray) receipts = NULL;
  g_autoptr (GError) error = NULL;
  Apm2ReceiptChain chain = { 0 };

  receipts = store_harness_receipts (self, TRUE, 0, 100000, TRUE);
  for (guint i = 0; i < receipts->len; i++)
    {
      const Apm2StoredReceipt *receipt = g_ptr_array_index (receipts, i);

      g_assert_true (apm2_receipt_chain_verify (&chain,
                                                receipt->text,
                                                strlen (receipt->text),
                                                receipt->digest,
                                                &error));
      g_assert_no_error (error);
      g_assert_cmpuint (receipt->sequence, ==, i + 1);
    }
  return receipts->len;
}
