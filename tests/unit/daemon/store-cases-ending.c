/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conformance: how jobs end: once, with one receipt in one chain.
 */

#include "store-cases.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-receipt-json.h"

static Apm2Receipt *
failed_with (const char *reason)
{
  return store_harness_receipt (
      APM2_JOB_STATE_COMPLETED, APM2_VERDICT_FAILED, reason);
}

static void
finish_ends_a_job_with_its_receipt (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_finish (
      h, id, leased->token, store_harness_passed (), TRUE, &effects, &error);
  g_assert_no_error (error);
  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_COMPLETED);
  g_assert_cmpint (job->verdict, ==, APM2_VERDICT_PASSED);
  g_assert_cmpuint (effects->len, ==, 0);

  text = store_harness_get_receipt (h, id, &digest, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (digest, ==, job->receipt_digest);
  receipt = apm2_receipt_from_json (text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (receipt->sequence, ==, 1);
  g_assert_null (receipt->previous_digest);
  g_assert_cmpstr (receipt->job_id, ==, id);
  g_assert_cmpstr (receipt->spec_digest, ==, job->spec_digest);
  g_assert_cmpstr (receipt->lane, ==, "bulk");
  g_assert_cmpuint (receipt->priority, ==, APM2_PRIORITY_DEFAULT);
  g_assert_cmpuint (receipt->attempt, ==, 1);
  g_assert_cmpstr (receipt->worker, ==, "w1");
  g_assert_cmpint (receipt->submitted_at, ==, job->submitted_at);
  g_assert_cmpint (receipt->started_at, ==, leased->started_at);
  g_assert_cmpint (receipt->finished_at, ==, job->finished_at);
  g_assert_cmpint (receipt->finished_at, >, receipt->started_at);
}

static void
finish_again_gives_the_same_answer (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (Apm2StoredJob) stale = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_finish (
      h, id, leased->token, store_harness_passed (), FALSE, NULL, NULL);
  again = store_harness_finish (
      h, id, leased->token, failed_with ("timeout"), FALSE, NULL, NULL);
  g_assert_cmpint (again->verdict, ==, APM2_VERDICT_PASSED);
  g_assert_cmpstr (again->receipt_digest, ==, job->receipt_digest);

  stale = store_harness_finish (
      h, id, leased->token + 1, store_harness_passed (), FALSE, NULL, &error);
  g_assert_null (stale);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_STALE);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 1);
}

static void
racing_finishes_issue_one_receipt (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  StoreCall calls[32] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    apm2_store_finish (h->store,
                       id,
                       leased->token,
                       i % 2 == 0 ? store_harness_passed ()
                                  : failed_with ("timeout"),
                       NULL,
                       store_call_done,
                       &calls[i]);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (Apm2StoredJob) job = apm2_store_finish_finish (
          h->store, store_call_wait (&calls[i]), NULL, NULL);

      g_assert_cmpint (job->verdict, ==, APM2_VERDICT_PASSED);
      store_call_clear (&calls[i]);
    }
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 1);
}

static void
the_broker_may_end_what_nobody_holds (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autofree char *other = store_harness_add (h, "two");
  g_autoptr (Apm2StoredJob) denied = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  denied = store_harness_finish (h,
                                 id,
                                 0,
                                 store_harness_receipt (APM2_JOB_STATE_DENIED,
                                                        APM2_VERDICT_NONE,
                                                        "unknown_lane"),
                                 FALSE,
                                 NULL,
                                 &error);
  g_assert_no_error (error);
  g_assert_cmpint (denied->state, ==, APM2_JOB_STATE_DENIED);
  g_assert_cmpstr (denied->reason, ==, "unknown_lane");

  leased = store_harness_claim_one (h);
  g_assert_cmpstr (leased->id, ==, other);
  none = store_harness_finish (h,
                               other,
                               0,
                               store_harness_receipt (APM2_JOB_STATE_DENIED,
                                                      APM2_VERDICT_NONE,
                                                      "unknown_lane"),
                               FALSE,
                               NULL,
                               &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
}

static void
a_job_cannot_end_as_what_is_no_end (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (GError) error = NULL;

  /* What never ran has not completed. */
  none = store_harness_finish (
      h, id, 0, store_harness_passed (), FALSE, NULL, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
  g_clear_error (&error);

  leased = store_harness_claim_one (h);
  none = store_harness_finish (
      h,
      id,
      leased->token,
      store_harness_receipt (APM2_JOB_STATE_PENDING, APM2_VERDICT_NONE, NULL),
      FALSE,
      NULL,
      &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
}

static void
retry_gives_another_attempt_and_no_receipt (StoreHarness *h)
{
  const char *retry_on[] = { "oom", "timeout", NULL };
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("flaky");
  g_autoptr (Apm2StoredJob) job = NULL;
  const char *reasons[] = { "timeout", "oom", "timeout" };

  spec->max_attempts = 3;
  spec->retry_on = g_strdupv ((char **) retry_on);
  job = store_harness_submit (h, spec, NULL, NULL);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
      g_autoptr (Apm2StoredJob) ended = NULL;

      g_assert_cmpuint (leased->attempt, ==, i + 1);
      ended = store_harness_finish (h,
                                    job->id,
                                    leased->token,
                                    failed_with (reasons[i]),
                                    TRUE,
                                    NULL,
                                    NULL);
      g_assert_cmpint (ended->state,
                       ==,
                       i < 2 ? APM2_JOB_STATE_PENDING
                             : APM2_JOB_STATE_COMPLETED);
      g_assert_true ((ended->receipt_digest != NULL) == (i == 2));
    }
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 1);
}

/* A wait of hours: the test ends long before. */
static void
retry_waits_for_its_back_off (StoreHarness *h)
{
  const char *retry_on[] = { "timeout", NULL };
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("flaky");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) cancelled = NULL;
  gint64 before = 0;
  gint64 next = 0;

  spec->max_attempts = 2;
  spec->retry_on = g_strdupv ((char **) retry_on);
  job = store_harness_submit (h, spec, NULL, NULL);
  leased = store_harness_claim_one (h);
  h->backoff = (Apm2Backoff){ 7200, 10000 };
  before = g_get_real_time ();
  ended = store_harness_finish (
      h, job->id, leased->token, failed_with ("timeout"), TRUE, NULL, NULL);

  g_assert_cmpint (ended->state, ==, APM2_JOB_STATE_PENDING);
  g_assert_false (ended->ready);
  g_assert_cmpint (
      ended->not_before, >=, before + (gint64) 7200 * G_USEC_PER_SEC);
  g_assert_cmpint (ended->not_before,
                   <=,
                   g_get_real_time () + (gint64) 7202 * G_USEC_PER_SEC);
  g_assert_cmpint (ended->not_before % G_USEC_PER_SEC, ==, 0);
  g_assert_cmpuint (store_harness_wake (h, &next), ==, 0);
  g_assert_cmpint (next, ==, ended->not_before / G_USEC_PER_SEC);

  store_harness_restart (h);
  g_assert_cmpint (h->snapshot->next_ready_unix, ==, next);
  g_assert_cmpuint (store_harness_wake (h, NULL), ==, 0);
  none = store_harness_claim_one (h);
  g_assert_null (none);
  none = store_harness_get (h, job->id, NULL);
  g_assert_cmpint (none->not_before, ==, ended->not_before);

  cancelled = store_harness_cancel (h, job->id, NULL, NULL, NULL);
  g_assert_cmpint (cancelled->state, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpint (cancelled->not_before, ==, 0);
  g_assert_cmpuint (store_harness_wake (h, &next), ==, 0);
  g_assert_cmpint (next, ==, 0);
}

static void
a_lost_worker_makes_no_wait (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) back = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;

  h->backoff = (Apm2Backoff){ 7200, 7200 };
  back = store_harness_give_back (h, id, leased->token, TRUE, NULL);
  g_assert_true (back->ready);
  g_assert_cmpint (back->not_before, ==, 0);
  again = store_harness_claim_one (h);
  g_assert_cmpstr (again->id, ==, id);
}

static void
retry_asks_the_rule (StoreHarness *h)
{
  const char *retry_on[] = { "timeout", NULL };
  const struct
  {
    const char *reason;
    gboolean may_retry;
    gboolean cancel;
  } ends[] = {
    { "step_failed", TRUE, FALSE },
    { "time", TRUE, FALSE },
    { "timeout", FALSE, FALSE },
    { "timeout", TRUE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autoptr (Apm2JobSpec) spec = store_harness_spec ("flaky");
      g_autoptr (Apm2StoredJob) job = NULL;
      g_autoptr (Apm2StoredJob) leased = NULL;
      g_autoptr (Apm2StoredJob) asked = NULL;
      g_autoptr (Apm2StoredJob) ended = NULL;

      spec->max_attempts = 3;
      spec->retry_on = g_strdupv ((char **) retry_on);
      job = store_harness_submit (h, spec, NULL, NULL);
      leased = store_harness_claim_one (h);
      if (ends[i].cancel)
        asked = store_harness_cancel (h, job->id, NULL, NULL, NULL);
      ended = store_harness_finish (h,
                                    job->id,
                                    leased->token,
                                    failed_with (ends[i].reason),
                                    ends[i].may_retry,
                                    NULL,
                                    NULL);
      g_assert_cmpint (ended->state, ==, APM2_JOB_STATE_COMPLETED);
    }
}

static void
cancel_ends_a_pending_job (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autofree char *text = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;

  job = store_harness_cancel (h, id, "not needed", NULL, NULL);
  again = store_harness_cancel (h, id, "twice", NULL, NULL);
  none = store_harness_claim_one (h);

  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpstr (again->receipt_digest, ==, job->receipt_digest);
  g_assert_null (none);
  text = store_harness_get_receipt (h, id, NULL, NULL);
  receipt = apm2_receipt_from_json (text, strlen (text), NULL);
  g_assert_cmpstr (receipt->reason, ==, APM2_REASON_CANCELLED);
  g_assert_cmpstr (receipt->message, ==, "not needed");
  g_assert_cmpuint (receipt->attempt, ==, 0);
}

static void
cancel_of_a_leased_job_is_remembered (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) asked = NULL;
  g_autoptr (Apm2StoredJob) back = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  const Apm2StoredJob *open;

  asked = store_harness_cancel (h, id, "enough", NULL, NULL);
  g_assert_cmpint (asked->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_true (asked->cancel_requested);
  store_harness_restart (h);
  open = g_ptr_array_index (h->snapshot->open_jobs, 0);
  g_assert_true (open->cancel_requested);
  g_assert_cmpstr (open->cancel_reason, ==, "enough");

  /* Given back, it does not go out once more. */
  back = store_harness_give_back (h, id, leased->token, FALSE, NULL);
  g_assert_false (back->ready);
  none = store_harness_claim_one (h);
  g_assert_null (none);
  ended = store_harness_cancel (h, id, NULL, NULL, NULL);
  g_assert_cmpint (ended->state, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpstr (ended->message, ==, "enough");
}

static void
cancel_of_what_ended_otherwise_is_refused (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  ended = store_harness_finish (
      h, id, leased->token, store_harness_passed (), FALSE, NULL, NULL);
  none = store_harness_cancel (h, id, NULL, NULL, &error);

  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
}

static void
the_chain_goes_on_after_a_restart (StoreHarness *h)
{
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *id = store_harness_add (h, "some");
      g_autoptr (Apm2StoredJob) ended
          = store_harness_cancel (h, id, NULL, NULL, NULL);

      g_assert_nonnull (ended);
      if (i % 4 == 3)
        store_harness_restart (h);
    }
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 12);
}

const StoreCase store_cases_ending[] = {
  { "finish/ends-a-job-with-its-receipt", finish_ends_a_job_with_its_receipt },
  { "finish/again-gives-the-same-answer", finish_again_gives_the_same_answer },
  { "finish/racing-ones-issue-one-receipt", racing_finishes_issue_one_receipt },
  { "finish/the-broker-may-end-what-nobody-holds",
    the_broker_may_end_what_nobody_holds },
  { "finish/a-job-cannot-end-as-what-is-no-end",
    a_job_cannot_end_as_what_is_no_end },
  { "finish/retry-gives-another-attempt-and-no-receipt",
    retry_gives_another_attempt_and_no_receipt },
  { "finish/retry-waits-for-its-back-off", retry_waits_for_its_back_off },
  { "finish/retry-asks-the-rule", retry_asks_the_rule },
  { "give-back/a-lost-worker-makes-no-wait", a_lost_worker_makes_no_wait },
  { "finish/the-chain-goes-on-after-a-restart",
    the_chain_goes_on_after_a_restart },
  { "cancel/ends-a-pending-job", cancel_ends_a_pending_job },
  { "cancel/of-a-leased-job-is-remembered",
    cancel_of_a_leased_job_is_remembered },
  { "cancel/of-what-ended-otherwise-is-refused",
    cancel_of_what_ended_otherwise_is_refused },
  { NULL },
};
