/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conformance: how jobs come in, once each, and stay.
 */

#include "store-cases.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-job-spec-json.h"

static void
a_job_survives_a_restart (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  const Apm2StoredJob *job;

  store_harness_restart (h);

  g_assert_cmpuint (h->snapshot->open_jobs->len, ==, 1);
  job = g_ptr_array_index (h->snapshot->open_jobs, 0);
  g_assert_cmpstr (job->id, ==, id);
  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_PENDING);
  g_assert_true (job->ready);
  g_assert_cmpstr (job->name, ==, "/bin/echo one");
  g_assert_cmpuint (job->step_count, ==, 1);
  g_assert_cmpuint (job->uid, ==, 1000);
  g_assert_null (job->spec_text);
  g_assert_cmpuint (h->snapshot->counts.pending, ==, 1);
  g_assert_cmpuint (h->snapshot->counts.pending_bytes, ==, job->spec_bytes);
}

static void
the_spec_comes_back_byte_for_byte (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("gr\303\274n \"\\\n");
  gsize length = 0;
  g_autofree char *text = apm2_job_spec_to_json (spec, &length);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) got = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_submit (h, spec, NULL, &error);
  g_assert_no_error (error);
  got = store_harness_get (h, job->id, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got->spec_text, ==, text);
  g_assert_cmpuint (got->spec_bytes, ==, length);
}

static void
submissions_never_share_a_time (StoreHarness *h)
{
  gint64 last = 0;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (Apm2JobSpec) spec = store_harness_spec ("again");
      g_autoptr (Apm2StoredJob) job = NULL;

      if (i == 25)
        store_harness_restart (h);
      job = store_harness_submit (h, spec, NULL, NULL);
      g_assert_cmpint (job->submitted_at, >, last);
      last = job->submitted_at;
    }
}

static void
one_key_makes_one_job (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("keyed");
  StoreCall calls[64] = { 0 };
  g_autofree char *first = NULL;
  guint n_created = 0;

  spec->idempotency_key = g_strdup ("key-1");
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    store_harness_send (h->store, spec, &calls[i]);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (Apm2StoredJob) job = NULL;
      gboolean created = FALSE;

      job = apm2_store_submit_finish (
          h->store, store_call_wait (&calls[i]), &created, NULL, NULL);
      n_created += created ? 1 : 0;
      if (first == NULL)
        first = g_strdup (job->id);
      g_assert_cmpstr (job->id, ==, first);
      store_call_clear (&calls[i]);
    }
  g_assert_cmpuint (n_created, ==, 1);
}

static void
a_key_is_known_after_the_job_ended (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("keyed");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  gboolean created = TRUE;

  spec->idempotency_key = g_strdup ("key-1");
  job = store_harness_submit (h, spec, NULL, NULL);
  ended = store_harness_cancel (h, job->id, NULL, NULL, NULL);
  store_harness_restart (h);
  again = store_harness_submit (h, spec, &created, NULL);

  g_assert_false (created);
  g_assert_cmpstr (again->id, ==, job->id);
  g_assert_cmpint (again->state, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpstr (again->receipt_digest, ==, ended->receipt_digest);
}

static void
a_key_with_another_spec_is_refused (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");
  g_autoptr (Apm2JobSpec) other = store_harness_spec ("two");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) refused = NULL;
  g_autoptr (GError) error = NULL;

  spec->idempotency_key = g_strdup ("key-1");
  other->idempotency_key = g_strdup ("key-1");
  job = store_harness_submit (h, spec, NULL, NULL);
  refused = store_harness_submit (h, other, NULL, &error);

  g_assert_null (refused);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, job->id));
}

static void
an_id_is_taken_as_it_is (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  gboolean created = FALSE;

  spec->job_id = g_strdup ("My-Job_1");
  job = store_harness_submit (h, spec, &created, NULL);
  g_assert_true (created);
  g_assert_cmpstr (job->id, ==, "My-Job_1");

  again = store_harness_submit (h, spec, &created, NULL);
  g_assert_false (created);
  g_assert_cmpint (again->sequence, ==, job->sequence);
}

static void
an_id_with_another_spec_is_refused (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");
  g_autoptr (Apm2JobSpec) other = store_harness_spec ("two");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) refused = NULL;
  g_autoptr (GError) error = NULL;

  spec->job_id = g_strdup ("mine");
  other->job_id = g_strdup ("mine");
  job = store_harness_submit (h, spec, NULL, NULL);
  refused = store_harness_submit (h, other, NULL, &error);

  g_assert_null (refused);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
}

static void
a_refused_one_leaves_its_neighbours_alone (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) good = store_harness_spec ("good");
  g_autoptr (Apm2JobSpec) bad = store_harness_spec ("bad");
  g_auto (StoreCall) call_1 = { NULL };
  g_auto (StoreCall) call_2 = { NULL };
  g_auto (StoreCall) call_3 = { NULL };
  g_autoptr (Apm2StoredJob) first = NULL;
  g_autoptr (Apm2StoredJob) second = NULL;
  g_autoptr (Apm2StoredJob) third = NULL;
  g_autoptr (GError) error = NULL;
  const char *after[] = { "nobody", NULL };

  bad->after = g_strdupv ((char **) after);
  store_harness_send (h->store, good, &call_1);
  store_harness_send (h->store, bad, &call_2);
  store_harness_send (h->store, good, &call_3);

  first = apm2_store_submit_finish (
      h->store, store_call_wait (&call_1), NULL, NULL, NULL);
  second = apm2_store_submit_finish (
      h->store, store_call_wait (&call_2), NULL, NULL, &error);
  third = apm2_store_submit_finish (
      h->store, store_call_wait (&call_3), NULL, NULL, NULL);
  g_assert_nonnull (first);
  g_assert_null (second);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "nobody"));
  g_assert_cmpint (third->sequence, ==, first->sequence + 1);
}

static void
a_delayed_job_waits_to_be_woken (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) late = store_harness_spec ("late");
  g_autoptr (Apm2JobSpec) soon = store_harness_spec ("soon");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) due = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  gint64 next = 0;

  late->not_before_unix = 4000000000;
  soon->not_before_unix = 1;
  job = store_harness_submit (h, late, NULL, NULL);
  due = store_harness_submit (h, soon, NULL, NULL);

  g_assert_false (job->ready);
  g_assert_true (due->ready);
  g_assert_cmpuint (store_harness_wake (h, &next), ==, 0);
  g_assert_cmpint (next, ==, 4000000000);
  g_clear_pointer (&due, apm2_stored_job_free);
  due = store_harness_claim_one (h);
  g_assert_nonnull (due);
  none = store_harness_claim_one (h);
  g_assert_null (none);

  store_harness_restart (h);
  g_assert_cmpint (h->snapshot->next_ready_unix, ==, 4000000000);
}

const StoreCase store_cases_intake[] = {
  { "submit/a-job-survives-a-restart", a_job_survives_a_restart },
  { "submit/the-spec-comes-back-byte-for-byte",
    the_spec_comes_back_byte_for_byte },
  { "submit/submissions-never-share-a-time", submissions_never_share_a_time },
  { "submit/one-key-makes-one-job", one_key_makes_one_job },
  { "submit/a-key-is-known-after-the-job-ended",
    a_key_is_known_after_the_job_ended },
  { "submit/a-key-with-another-spec-is-refused",
    a_key_with_another_spec_is_refused },
  { "submit/an-id-is-taken-as-it-is", an_id_is_taken_as_it_is },
  { "submit/an-id-with-another-spec-is-refused",
    an_id_with_another_spec_is_refused },
  { "submit/a-refused-one-leaves-its-neighbours-alone",
    a_refused_one_leaves_its_neighbours_alone },
  { "submit/a-delayed-job-waits-to-be-woken", a_delayed_job_waits_to_be_woken },
  { NULL },
};
