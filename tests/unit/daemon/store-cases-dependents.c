/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conformance: jobs that wait for others.
 */

#include "store-cases.h"

#include "apm2-error.h"

static Apm2StoredJob *
add_after (StoreHarness *h, const char *const *after)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("waits");
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *job;

  spec->after = g_strdupv ((char **) after);
  job = store_harness_submit (h, spec, NULL, &error);
  g_assert_no_error (error);
  return job;
}

static Apm2StoredJob *
add_after_one (StoreHarness *h, const char *id)
{
  const char *after[] = { id, NULL };

  return add_after (h, after);
}

static void
pass_next (StoreHarness *h, const char *id, GPtrArray **ret_effects)
{
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) ended = NULL;

  g_assert_cmpstr (leased->id, ==, id);
  ended = store_harness_finish (
      h, id, leased->token, store_harness_passed (), FALSE, ret_effects, NULL);
  g_assert_cmpint (ended->state, ==, APM2_JOB_STATE_COMPLETED);
}

static void
a_job_waits_for_all_it_names (StoreHarness *h)
{
  g_autofree char *one = store_harness_add (h, "one");
  g_autofree char *two = store_harness_add (h, "two");
  const char *after[] = { one, two, one, NULL };
  g_autoptr (Apm2StoredJob) job = add_after (h, after);
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  const Apm2StoreEffect *effect;

  g_assert_false (job->ready);
  pass_next (h, one, &none);
  g_assert_cmpuint (none->len, ==, 0);
  store_harness_restart (h);
  pass_next (h, two, &effects);

  g_assert_cmpuint (effects->len, ==, 1);
  effect = g_ptr_array_index (effects, 0);
  g_assert_true (effect->became_ready);
  g_assert_cmpstr (effect->job->id, ==, job->id);
  pass_next (h, job->id, NULL);
}

static void
what_passed_before_does_not_block (StoreHarness *h)
{
  g_autofree char *one = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) job = NULL;

  pass_next (h, one, NULL);
  job = add_after_one (h, one);

  g_assert_true (job->ready);
}

static void
what_failed_before_denies_at_once (StoreHarness *h)
{
  g_autofree char *one = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) cancelled = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;

  cancelled = store_harness_cancel (h, one, NULL, NULL, NULL);
  job = add_after_one (h, one);

  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_DENIED);
  g_assert_cmpstr (job->reason, ==, APM2_REASON_DEPENDENCY_FAILED);
  g_assert_nonnull (job->receipt_digest);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 2);
}

/* A diamond and a tail: each is denied once, whatever the ways that lead to
 * it. */
static void
a_failure_reaches_all_that_wait (StoreHarness *h)
{
  g_autofree char *top = store_harness_add (h, "top");
  g_autoptr (Apm2StoredJob) left = add_after_one (h, top);
  g_autoptr (Apm2StoredJob) right = add_after_one (h, top);
  const char *both[] = { left->id, right->id, NULL };
  g_autoptr (Apm2StoredJob) bottom = add_after (h, both);
  g_autoptr (Apm2StoredJob) tail = add_after_one (h, bottom->id);
  g_autofree char *apart = store_harness_add (h, "apart");
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  const char *const expected[] = { left->id, right->id, bottom->id, tail->id };

  ended = store_harness_cancel (h, top, NULL, &effects, NULL);

  g_assert_cmpuint (effects->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < effects->len; i++)
    {
      const Apm2StoreEffect *effect = g_ptr_array_index (effects, i);

      g_assert_cmpstr (effect->job->id, ==, expected[i]);
      g_assert_cmpint (effect->job->state, ==, APM2_JOB_STATE_DENIED);
      g_assert_nonnull (effect->job->receipt_digest);
      g_assert_false (effect->became_ready);
    }
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 5);
  pass_next (h, apart, NULL);
}

#define CHAIN_LENGTH 300

/* Job "link-N" waits for "link-(N-1)"; all at once, so that they share a
 * sync. */
static void
send_chain (StoreHarness *h)
{
  g_autofree StoreCall *calls = g_new0 (StoreCall, CHAIN_LENGTH);

  for (guint i = 0; i < CHAIN_LENGTH; i++)
    {
      g_autoptr (Apm2JobSpec) spec = store_harness_spec ("link");
      g_autofree char *before = g_strdup_printf ("link-%u", i - 1);
      const char *after[] = { before, NULL };

      spec->job_id = g_strdup_printf ("link-%u", i);
      if (i > 0)
        spec->after = g_strdupv ((char **) after);
      store_harness_send (h->store, spec, &calls[i]);
    }
  for (guint i = 0; i < CHAIN_LENGTH; i++)
    {
      g_autoptr (Apm2StoredJob) job = apm2_store_submit_finish (
          h->store, store_call_wait (&calls[i]), NULL, NULL, NULL);

      g_assert_true (job->ready == (i == 0));
      store_call_clear (&calls[i]);
    }
}

static void
a_long_chain_is_denied_to_its_end (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GPtrArray) effects = NULL;

  send_chain (h);
  ended = store_harness_cancel (h, "link-0", NULL, &effects, NULL);

  g_assert_cmpuint (effects->len, ==, CHAIN_LENGTH - 1);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, CHAIN_LENGTH);
}

static void
a_retried_job_is_still_waited_for (StoreHarness *h)
{
  const char *retry_on[] = { "timeout", NULL };
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("flaky");
  g_autoptr (Apm2StoredJob) first = NULL;
  g_autoptr (Apm2StoredJob) waits = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) effects = NULL;

  spec->max_attempts = 2;
  spec->retry_on = g_strdupv ((char **) retry_on);
  first = store_harness_submit (h, spec, NULL, NULL);
  waits = add_after_one (h, first->id);
  leased = store_harness_claim_one (h);
  again = store_harness_finish (h,
                                first->id,
                                leased->token,
                                store_harness_receipt (APM2_JOB_STATE_COMPLETED,
                                                       APM2_VERDICT_FAILED,
                                                       "timeout"),
                                TRUE,
                                &none,
                                NULL);
  g_assert_cmpuint (none->len, ==, 0);

  pass_next (h, first->id, &effects);
  g_assert_cmpuint (effects->len, ==, 1);
}

static void
time_and_job_are_both_waited_for (StoreHarness *h)
{
  g_autofree char *one = store_harness_add (h, "one");
  const char *after[] = { one, NULL };
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("late");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GPtrArray) effects = NULL;

  spec->after = g_strdupv ((char **) after);
  spec->not_before_unix = 4000000000;
  job = store_harness_submit (h, spec, NULL, NULL);
  pass_next (h, one, &effects);

  g_assert_false (job->ready);
  g_assert_cmpuint (effects->len, ==, 0);
}

const StoreCase store_cases_dependents[] = {
  { "after/a-job-waits-for-all-it-names", a_job_waits_for_all_it_names },
  { "after/what-passed-before-does-not-block",
    what_passed_before_does_not_block },
  { "after/what-failed-before-denies-at-once",
    what_failed_before_denies_at_once },
  { "after/a-failure-reaches-all-that-wait", a_failure_reaches_all_that_wait },
  { "after/a-long-chain-is-denied-to-its-end",
    a_long_chain_is_denied_to_its_end },
  { "after/a-retried-job-is-still-waited-for",
    a_retried_job_is_still_waited_for },
  { "after/time-and-job-are-both-waited-for",
    time_and_job_are_both_waited_for },
  { NULL },
};
