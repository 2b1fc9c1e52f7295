/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conformance: what a store tells: lists, receipts, counts, pauses.
 */

#include "store-cases.h"

#include "apm2-error.h"

#define MASK(state) (1u << APM2_JOB_STATE_##state)

static void
end_next (StoreHarness *h, Apm2Verdict verdict)
{
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) ended = NULL;

  ended = store_harness_finish (
      h,
      leased->id,
      leased->token,
      store_harness_receipt (APM2_JOB_STATE_COMPLETED,
                             verdict,
                             verdict == APM2_VERDICT_FAILED ? "timeout" : NULL),
      FALSE,
      NULL,
      NULL);
  g_assert_nonnull (ended);
}

/* Sequences 1..7: passed, failed, leased, cancelled, denied, pending,
 * quarantined. */
static void
fill (StoreHarness *h)
{
  g_autofree char *one = store_harness_add (h, "1");
  g_autofree char *two = store_harness_add (h, "2");
  g_autofree char *three = store_harness_add (h, "3");
  g_autofree char *four = NULL;
  g_autofree char *five = NULL;
  g_autofree char *six = NULL;
  g_autofree char *seven = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) cancelled = NULL;
  g_autoptr (Apm2StoredJob) denied = NULL;
  g_autoptr (Apm2StoredJob) quarantined = NULL;

  end_next (h, APM2_VERDICT_PASSED);
  end_next (h, APM2_VERDICT_FAILED);
  leased = store_harness_claim_one (h);
  four = store_harness_add (h, "4");
  five = store_harness_add (h, "5");
  six = store_harness_add (h, "6");
  seven = store_harness_add (h, "7");
  cancelled = store_harness_cancel (h, four, NULL, NULL, NULL);
  denied = store_harness_finish (h,
                                 five,
                                 0,
                                 store_harness_receipt (APM2_JOB_STATE_DENIED,
                                                        APM2_VERDICT_NONE,
                                                        "unknown_lane"),
                                 FALSE,
                                 NULL,
                                 NULL);
  quarantined = store_harness_finish (
      h,
      seven,
      0,
      store_harness_receipt (
          APM2_JOB_STATE_QUARANTINED, APM2_VERDICT_NONE, "malformed"),
      FALSE,
      NULL,
      NULL);
  g_assert_nonnull (leased);
  g_assert_nonnull (quarantined);
}

static char *
listed (StoreHarness *h,
        guint mask,
        Apm2Verdict verdict,
        const char *lane,
        gint64 before,
        guint limit)
{
  g_autoptr (GPtrArray) jobs
      = store_harness_list (h, mask, verdict, lane, before, limit);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (jobs, i);

      g_string_append_printf (text, "%" G_GINT64_FORMAT, job->sequence);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
list_gives_what_is_asked_for_newest_first (StoreHarness *h)
{
  const struct
  {
    guint mask;
    Apm2Verdict verdict;
    const char *lane;
    gint64 before;
    guint limit;
    const char *expected;
  } questions[] = {
    { 0, APM2_VERDICT_NONE, NULL, 0, 100, "7654321" },
    { 0, APM2_VERDICT_NONE, NULL, 0, 3, "765" },
    { 0, APM2_VERDICT_NONE, NULL, 5, 3, "432" },
    { 0, APM2_VERDICT_NONE, NULL, 1, 3, "" },
    { 0, APM2_VERDICT_NONE, "bulk", 0, 100, "7654321" },
    { 0, APM2_VERDICT_NONE, "gates", 0, 100, "" },
    { MASK (PENDING), APM2_VERDICT_NONE, NULL, 0, 9, "6" },
    { MASK (LEASED), APM2_VERDICT_NONE, NULL, 0, 9, "3" },
    { MASK (RUNNING), APM2_VERDICT_NONE, NULL, 0, 9, "3" },
    { MASK (COMPLETED), APM2_VERDICT_NONE, NULL, 0, 9, "21" },
    { MASK (COMPLETED), APM2_VERDICT_FAILED, NULL, 0, 9, "2" },
    { 0, APM2_VERDICT_FAILED, NULL, 0, 9, "2" },
    { 0, APM2_VERDICT_PASSED, NULL, 0, 9, "1" },
    { MASK (DENIED), APM2_VERDICT_PASSED, NULL, 0, 9, "" },
    { MASK (DENIED), APM2_VERDICT_NONE, NULL, 0, 9, "5" },
    { MASK (QUARANTINED), APM2_VERDICT_NONE, NULL, 0, 9, "7" },
    { MASK (CANCELLED), APM2_VERDICT_NONE, NULL, 0, 9, "4" },
    { MASK (PENDING) | MASK (LEASED), APM2_VERDICT_NONE, NULL, 0, 9, "63" },
    { MASK (PENDING) | MASK (COMPLETED), APM2_VERDICT_NONE, NULL, 0, 2, "62" },
    { MASK (DENIED) | MASK (CANCELLED), APM2_VERDICT_NONE, NULL, 5, 9, "4" },
  };

  fill (h);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autofree char *found = listed (h,
                                       questions[i].mask,
                                       questions[i].verdict,
                                       questions[i].lane,
                                       questions[i].before,
                                       questions[i].limit);

      g_test_message ("question %u", i);
      g_assert_cmpstr (found, ==, questions[i].expected);
    }
}

static void
counts_are_right_after_a_restart (StoreHarness *h)
{
  const Apm2StoreCounts *counts;

  fill (h);
  store_harness_restart (h);

  counts = &h->snapshot->counts;
  g_assert_cmpuint (counts->pending, ==, 1);
  g_assert_cmpuint (counts->leased, ==, 1);
  g_assert_cmpuint (counts->passed, ==, 1);
  g_assert_cmpuint (counts->failed, ==, 1);
  g_assert_cmpuint (counts->denied, ==, 1);
  g_assert_cmpuint (counts->quarantined, ==, 1);
  g_assert_cmpuint (counts->cancelled, ==, 1);
}

static void
a_snapshot_tells_what_ended_last (StoreHarness *h)
{
  const gint64 expected[] = { 1, 2, 4, 5, 7 };

  fill (h);
  store_harness_restart (h);

  g_assert_cmpuint (h->snapshot->ended_jobs->len, ==, 5);
  for (guint i = 0; i < 5; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (h->snapshot->ended_jobs, i);

      g_assert_cmpint (job->sequence, ==, expected[i]);
    }
  g_assert_cmpuint (h->snapshot->open_jobs->len, ==, 2);
}

static void
receipts_are_listed_from_both_ends (StoreHarness *h)
{
  const struct
  {
    gboolean oldest_first;
    guint64 from;
    guint limit;
    guint64 first;
    guint len;
  } questions[] = {
    { TRUE, 0, 100, 1, 5 }, { TRUE, 3, 2, 3, 2 },  { TRUE, 6, 2, 0, 0 },
    { FALSE, 0, 2, 5, 2 },  { FALSE, 2, 9, 2, 2 },
  };

  fill (h);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autoptr (GPtrArray) receipts
          = store_harness_receipts (h,
                                    questions[i].oldest_first,
                                    questions[i].from,
                                    questions[i].limit,
                                    FALSE);
      const Apm2StoredReceipt *first;

      g_assert_cmpuint (receipts->len, ==, questions[i].len);
      if (receipts->len == 0)
        continue;
      first = g_ptr_array_index (receipts, 0);
      g_assert_cmpuint (first->sequence, ==, questions[i].first);
      g_assert_null (first->text);
      g_assert_nonnull (first->digest);
      g_assert_nonnull (first->job_id);
    }
}

static void
a_receipt_is_found_by_digest_and_job (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autofree char *missing = NULL;
  g_autofree char *by_job = NULL;
  g_autofree char *by_digest = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  missing = store_harness_get_receipt (h, id, NULL, &error);
  g_assert_null (missing);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);

  job = store_harness_cancel (h, id, NULL, NULL, NULL);
  by_job = store_harness_get_receipt (h, id, &digest, NULL);
  by_digest = store_harness_get_receipt (h, job->receipt_digest, NULL, NULL);
  g_assert_cmpstr (by_job, ==, by_digest);
  g_assert_cmpstr (digest, ==, job->receipt_digest);
}

static void
an_unknown_job_is_not_found (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  none = store_harness_get (h, "nobody", &error);

  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

static void
pauses_survive_a_restart (StoreHarness *h)
{
  store_harness_pause (h, "gates", TRUE);
  store_harness_pause (h, "", TRUE);
  store_harness_pause (h, "bulk", TRUE);
  store_harness_pause (h, "bulk", TRUE);
  store_harness_pause (h, "bulk", FALSE);
  store_harness_restart (h);

  g_assert_cmpuint (g_strv_length (h->snapshot->paused_lanes), ==, 2);
  g_assert_cmpstr (h->snapshot->paused_lanes[0], ==, "");
  g_assert_cmpstr (h->snapshot->paused_lanes[1], ==, "gates");
}

static void
nothing_is_told_after_the_end (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("late");
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  store_harness_close (h->store);
  none = store_harness_submit (h, spec, NULL, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_clear_error (&error);

  none = store_harness_get (h, "nobody", &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
}

static void
answers_come_in_the_order_of_the_calls (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) get = { NULL };
  g_auto (StoreCall) ping = { NULL };
  g_autoptr (Apm2StoredJob) job = NULL;

  spec->job_id = g_strdup ("mine");
  store_harness_send (h->store, spec, &submit);
  apm2_store_get (h->store, "mine", store_call_done, &get);
  apm2_store_ping (h->store, store_call_done, &ping);

  g_assert_true (
      apm2_store_ping_finish (h->store, store_call_wait (&ping), NULL));
  g_assert_nonnull (submit.result);
  g_assert_nonnull (get.result);
  job = apm2_store_get_finish (h->store, get.result, NULL);
  g_assert_cmpstr (job->id, ==, "mine");
}

const StoreCase store_cases_reading[] = {
  { "list/gives-what-is-asked-for-newest-first",
    list_gives_what_is_asked_for_newest_first },
  { "open/counts-are-right-after-a-restart", counts_are_right_after_a_restart },
  { "open/a-snapshot-tells-what-ended-last", a_snapshot_tells_what_ended_last },
  { "receipts/are-listed-from-both-ends", receipts_are_listed_from_both_ends },
  { "receipts/a-receipt-is-found-by-digest-and-job",
    a_receipt_is_found_by_digest_and_job },
  { "get/an-unknown-job-is-not-found", an_unknown_job_is_not_found },
  { "pause/pauses-survive-a-restart", pauses_survive_a_restart },
  { "close/nothing-is-told-after-the-end", nothing_is_told_after_the_end },
  { "ping/answers-come-in-the-order-of-the-calls",
    answers_come_in_the_order_of_the_calls },
  { NULL },
};
