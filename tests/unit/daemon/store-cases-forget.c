/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Housekeeping of a store: ended jobs go, their receipts only when told, and
 * nothing that has not ended.
 */

#include "store-cases.h"

#include "apm2-error.h"

static void
end_as (StoreHarness *h,
        const char *id,
        Apm2JobState outcome,
        Apm2Verdict verdict)
{
  g_autoptr (Apm2StoredJob) claimed = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (claimed->id, ==, id);
  ended = store_harness_finish (h,
                                id,
                                claimed->token,
                                store_harness_receipt (outcome, verdict, NULL),
                                FALSE,
                                NULL,
                                &error);
  g_assert_no_error (error);
}

/* Returns: the id of a job that has passed. */
static char *
add_ended (StoreHarness *h, const char *name)
{
  char *id = store_harness_add (h, name);

  end_as (h, id, APM2_JOB_STATE_COMPLETED, APM2_VERDICT_PASSED);
  return id;
}

static GPtrArray *
list_ends (StoreHarness *h, guint64 from, guint limit)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  GPtrArray *ends = NULL;

  apm2_store_list_ends (h->store, from, limit, store_call_done, &call);
  ends
      = apm2_store_list_ends_finish (h->store, store_call_wait (&call), &error);
  g_assert_no_error (error);
  return ends;
}

static GArray *
job_sequences (GPtrArray *ends, guint n)
{
  GArray *sequences = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < n; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (ends, i);

      g_array_append_val (sequences, end->sequence);
    }
  return sequences;
}

static guint
forget_some (StoreHarness *h, GArray *sequences, guint64 mark)
{
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean ok = FALSE;
  guint n = 0;

  apm2_store_forget_jobs (h->store, sequences, mark, store_call_done, &call);
  ok = apm2_store_forget_jobs_finish (
      h->store, store_call_wait (&call), &n, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  return n;
}

/* One call takes only as long as others may wait. */
static guint
forget_jobs (StoreHarness *h, GArray *sequences, guint64 mark)
{
  g_autoptr (GArray) left = g_array_copy (sequences);
  guint total = 0;
  guint n = 0;

  do
    {
      n = forget_some (h, left, mark);
      total += n;
      g_array_remove_range (left, 0, n);
    }
  while (n > 0 && left->len > 0);
  return total;
}

static void
forget_receipts (StoreHarness *h, guint64 first, guint64 last)
{
  g_autoptr (GArray) sequences = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean ok = FALSE;

  for (gint64 i = (gint64) first; i <= (gint64) last; i++)
    g_array_append_val (sequences, i);
  apm2_store_forget_receipts (h->store, sequences, store_call_done, &call);
  ok = apm2_store_forget_receipts_finish (
      h->store, store_call_wait (&call), NULL, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

static void
assert_fates (StoreHarness *h,
              const char *const *ids,
              const Apm2JobFate *expected)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autoptr (GArray) fates = NULL;
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; ids[i] != NULL; i++)
    g_ptr_array_add (list, (gpointer) ids[i]);
  apm2_store_find_fates (h->store, list, store_call_done, &call);
  fates = apm2_store_find_fates_finish (
      h->store, store_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fates->len, ==, list->len);
  for (guint i = 0; i < fates->len; i++)
    g_assert_cmpint (
        g_array_index (fates, Apm2JobFate, i), ==, (int) expected[i]);
}

static void
a_forgotten_job_leaves_its_receipt (StoreHarness *h)
{
  g_autofree char *old = add_ended (h, "old");
  g_autofree char *kept = add_ended (h, "kept");
  g_autofree char *open = store_harness_add (h, "open");
  const char *const ids[] = { old, kept, open, "nobody", NULL };
  const Apm2JobFate fates[] = { APM2_JOB_FATE_GONE,
                                APM2_JOB_FATE_ENDED,
                                APM2_JOB_FATE_OPEN,
                                APM2_JOB_FATE_UNKNOWN };
  g_autoptr (GPtrArray) ends = list_ends (h, 0, 10);
  g_autoptr (GArray) sequences = job_sequences (ends, 1);
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *receipt = NULL;

  g_assert_cmpuint (ends->len, ==, 2);
  g_assert_cmpuint (forget_jobs (h, sequences, 1), ==, 1);

  none = store_harness_get (h, old, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  receipt = store_harness_get_receipt (h, old, NULL, NULL);
  g_assert_nonnull (receipt);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 2);
  assert_fates (h, ids, fates);
  store_harness_restart (h);
  assert_fates (h, ids, fates);
  g_assert_cmpuint (h->snapshot->counts.passed, ==, 1);
}

static void
what_is_gone_is_not_walked_again (StoreHarness *h)
{
  g_autofree char *first = add_ended (h, "first");
  g_autofree char *second = add_ended (h, "second");
  g_autofree char *third = add_ended (h, "third");
  g_autoptr (GPtrArray) ends = list_ends (h, 0, 10);
  g_autoptr (GArray) two = job_sequences (ends, 2);
  g_autoptr (GPtrArray) rest = NULL;
  g_autoptr (GPtrArray) all = NULL;

  g_assert_cmpuint (forget_jobs (h, two, 2), ==, 2);
  store_harness_restart (h);
  rest = list_ends (h, 0, 10);
  g_assert_cmpuint (rest->len, ==, 1);
  g_assert_cmpstr (
      ((Apm2StoredEnd *) g_ptr_array_index (rest, 0))->job_id, ==, third);
  all = list_ends (h, 1, 10);
  g_assert_cmpuint (all->len, ==, 3);
  g_assert_cmpint (
      ((Apm2StoredEnd *) g_ptr_array_index (all, 0))->sequence, ==, 0);
}

static void
what_has_not_ended_is_not_forgotten (StoreHarness *h)
{
  g_autofree char *open = store_harness_add (h, "open");
  g_autofree char *next = store_harness_add (h, "next");
  g_autoptr (Apm2StoredJob) job = store_harness_get (h, open, NULL);
  g_autoptr (GArray) sequences = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (Apm2StoredJob) again = NULL;

  g_array_append_val (sequences, job->sequence);
  (void) forget_jobs (h, sequences, 0);
  again = store_harness_get (h, open, NULL);
  g_assert_nonnull (again);
  g_assert_cmpint (again->state, ==, APM2_JOB_STATE_PENDING);
}

/* A number that was given out is never given again. */
static void
the_newest_job_stays (StoreHarness *h)
{
  g_autofree char *only = add_ended (h, "only");
  g_autoptr (GPtrArray) ends = list_ends (h, 0, 10);
  g_autoptr (GArray) sequences = job_sequences (ends, 1);
  g_autoptr (Apm2StoredJob) job = NULL;

  (void) forget_jobs (h, sequences, 1);
  job = store_harness_get (h, only, NULL);
  g_assert_nonnull (job);
  g_clear_pointer (&ends, g_ptr_array_unref);
  ends = list_ends (h, 0, 10);
  g_assert_cmpuint (ends->len, ==, 1);
  g_assert_true (((Apm2StoredEnd *) g_ptr_array_index (ends, 0))->held);
}

static void
a_key_is_free_again_and_an_id_is_not (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("keyed");
  g_autoptr (Apm2StoredJob) first = NULL;
  g_autoptr (Apm2StoredJob) second = NULL;
  g_autoptr (Apm2StoredJob) third = NULL;
  g_autofree char *other = NULL;
  g_autoptr (GPtrArray) ends = NULL;
  g_autoptr (GArray) sequences = NULL;
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;

  spec->job_id = g_strdup ("mine");
  spec->idempotency_key = g_strdup ("key");
  first = store_harness_submit (h, spec, &created, NULL);
  end_as (h, "mine", APM2_JOB_STATE_COMPLETED, APM2_VERDICT_PASSED);
  other = store_harness_add (h, "other");
  ends = list_ends (h, 0, 10);
  sequences = job_sequences (ends, 1);
  (void) forget_jobs (h, sequences, 1);

  second = store_harness_submit (h, spec, &created, &error);
  g_assert_null (second);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
  g_clear_error (&error);
  g_clear_pointer (&spec->job_id, g_free);
  third = store_harness_submit (h, spec, &created, &error);
  g_assert_no_error (error);
  g_assert_true (created);
}

/* What waited for a job does not hinder that it goes, and runs all the same. */
static void
a_job_that_others_waited_for_may_go (StoreHarness *h)
{
  g_autofree char *before = store_harness_add (h, "before");
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("after");
  const char *const after[] = { before, NULL };
  g_autoptr (Apm2StoredJob) waiting = NULL;
  g_autoptr (Apm2StoredJob) claimed = NULL;
  g_autoptr (GPtrArray) ends = NULL;
  g_autoptr (GArray) sequences = NULL;

  spec->after = g_strdupv ((char **) after);
  waiting = store_harness_submit (h, spec, NULL, NULL);
  end_as (h, before, APM2_JOB_STATE_COMPLETED, APM2_VERDICT_PASSED);
  ends = list_ends (h, 0, 10);
  sequences = job_sequences (ends, 1);
  g_assert_cmpuint (forget_jobs (h, sequences, 1), ==, 1);

  store_harness_restart (h);
  claimed = store_harness_claim_one (h);
  g_assert_cmpstr (claimed->id, ==, waiting->id);
}

static void
assert_receipt (GPtrArray *receipts,
                guint i,
                guint64 sequence,
                gboolean collected)
{
  const Apm2StoredReceipt *receipt = g_ptr_array_index (receipts, i);

  g_assert_cmpuint (receipt->sequence, ==, sequence);
  g_assert_cmpint (receipt->collected, ==, collected);
}

static void
a_receipt_goes_after_its_job_and_the_last_stays (StoreHarness *h)
{
  g_autofree char *first = add_ended (h, "first");
  g_autofree char *second = add_ended (h, "second");
  g_autofree char *third = add_ended (h, "third");
  g_autoptr (GPtrArray) ends = list_ends (h, 0, 10);
  g_autoptr (GArray) sequences = job_sequences (ends, 1);
  g_autoptr (GPtrArray) left = NULL;
  g_autofree char *fourth = NULL;

  (void) forget_jobs (h, sequences, 1);
  forget_receipts (h, 1, 3);
  left = store_harness_receipts (h, FALSE, 0, 10, FALSE);
  g_assert_cmpuint (left->len, ==, 2);
  assert_receipt (left, 1, 2, FALSE);

  store_harness_restart (h);
  fourth = add_ended (h, "fourth");
  g_clear_pointer (&left, g_ptr_array_unref);
  left = store_harness_receipts (h, FALSE, 0, 10, FALSE);
  assert_receipt (left, 0, 4, FALSE);
}

/* Whoever reads the chain is told what the first receipt follows, if they begin
 * there; and it is what that one names. */
static void
the_last_receipt_that_went_is_remembered (StoreHarness *h)
{
  const char *const names[] = { "first", "second", "third", "fourth" };
  g_autoptr (GPtrArray) all = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (add_ended (h, names[i]));
  all = store_harness_receipts (h, TRUE, 0, 10, FALSE);
  g_assert_cmpuint (all->len, ==, 4);
  for (guint n = 1; n <= 2; n++)
    {
      g_autoptr (GPtrArray) ends = list_ends (h, 0, 10);
      g_autoptr (GArray) sequences = job_sequences (ends, 1);
      g_autoptr (GPtrArray) left = NULL;
      g_autoptr (GPtrArray) later = NULL;

      (void) forget_jobs (h, sequences, n);
      /* A hole is not made: the one before it goes with it, or it stays. */
      forget_receipts (h, n + 1, 4);
      forget_receipts (h, n, n);
      store_harness_restart (h);
      left = store_harness_receipts (h, TRUE, n, 1, FALSE);
      g_assert_cmpuint (left->len, ==, 2);
      assert_receipt (left, 0, n, TRUE);
      assert_receipt (left, 1, n + 1, FALSE);
      g_assert_cmpstr (
          ((Apm2StoredReceipt *) g_ptr_array_index (left, 0))->digest,
          ==,
          ((Apm2StoredReceipt *) g_ptr_array_index (all, n - 1))->digest);
      later = store_harness_receipts (h, TRUE, n + 2, 1, FALSE);
      assert_receipt (later, 0, n + 2, FALSE);
    }
}

const StoreCase store_cases_forget[] = {
  { "forget/a-forgotten-job-leaves-its-receipt",
    a_forgotten_job_leaves_its_receipt },
  { "forget/what-is-gone-is-not-walked-again",
    what_is_gone_is_not_walked_again },
  { "forget/what-has-not-ended-is-not-forgotten",
    what_has_not_ended_is_not_forgotten },
  { "forget/the-newest-job-stays", the_newest_job_stays },
  { "forget/a-key-is-free-again-and-an-id-is-not",
    a_key_is_free_again_and_an_id_is_not },
  { "forget/a-job-that-others-waited-for-may-go",
    a_job_that_others_waited_for_may_go },
  { "forget/a-receipt-goes-after-its-job-and-the-last-stays",
    a_receipt_goes_after_its_job_and_the_last_stays },
  { "forget/the-last-receipt-that-went-is-remembered",
    the_last_receipt_that_went_is_remembered },
  { NULL },
};
