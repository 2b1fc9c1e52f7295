/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conformance: how jobs go out to workers: in order, once per token.
 */

#include "store-cases.h"

#include "apm2-error.h"

static void
an_empty_store_gives_nothing (StoreHarness *h)
{
  g_autoptr (GPtrArray) jobs = store_harness_claim (h, "bulk", 5);

  g_assert_cmpuint (jobs->len, ==, 0);
}

static void
a_lease_says_all_about_itself (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) job = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) again = store_harness_claim_one (h);
  const Apm2StoredJob *open;

  g_assert_cmpstr (job->id, ==, id);
  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpuint (job->attempt, ==, 1);
  g_assert_cmpuint (job->token, >, 0);
  g_assert_cmpstr (job->worker, ==, "w1");
  g_assert_nonnull (job->boot_id);
  g_assert_nonnull (job->spec_text);
  g_assert_cmpint (job->started_at, >, job->submitted_at);
  g_assert_false (job->ready);
  g_assert_null (again);

  store_harness_restart (h);
  open = g_ptr_array_index (h->snapshot->open_jobs, 0);
  g_assert_cmpuint (open->token, ==, job->token);
  g_assert_cmpint (open->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpuint (h->snapshot->counts.leased, ==, 1);
}

/* The reference for the order: everything by plain comparison. */
typedef struct
{
  gint64 rank;
  char *id;
} Waiting;

static void
waiting_clear (gpointer data)
{
  Waiting *self = data;

  g_free (self->id);
}

static int
compare_waiting (gconstpointer a, gconstpointer b)
{
  const Waiting *one = a;
  const Waiting *other = b;

  if (one->rank != other->rank)
    return one->rank < other->rank ? -1 : 1;
  return g_strcmp0 (one->id, other->id);
}

#define SOME_MAX 64

/* All at once, so that they share a sync. */
static void
submit_some (StoreHarness *h, guint n, GArray *reference)
{
  StoreCall calls[SOME_MAX] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (Apm2JobSpec) spec = store_harness_spec ("some");

      spec->priority = (guint) g_test_rand_int_range (0, APM2_PRIORITY_MAX + 1);
      store_harness_send (h->store, spec, &calls[i]);
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (Apm2StoredJob) job = apm2_store_submit_finish (
          h->store, store_call_wait (&calls[i]), NULL, NULL, NULL);
      const Waiting waiting
          = { job->submitted_at
                  + (gint64) job->priority * STORE_CASES_AGING_USEC,
              g_strdup (job->id) };

      g_array_append_val (reference, waiting);
      store_call_clear (&calls[i]);
    }
  g_array_sort (reference, compare_waiting);
}

static void
claim_some (StoreHarness *h, guint n, GArray *reference)
{
  g_autoptr (GPtrArray) jobs = store_harness_claim (h, "bulk", n);

  g_assert_cmpuint (jobs->len, ==, MIN (n, reference->len));
  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (jobs, i);

      g_assert_cmpstr (job->id, ==, g_array_index (reference, Waiting, i).id);
    }
  g_array_remove_range (reference, 0, jobs->len);
}

/* Ids made by the store sort by submission, so that they break ties as its
 * sequence does. */
static void
order_is_that_of_a_plain_sort (StoreHarness *h)
{
  g_autoptr (GArray) reference = g_array_new (FALSE, FALSE, sizeof (Waiting));
  guint n_left = 2000;

  g_array_set_clear_func (reference, waiting_clear);
  while (n_left > 0)
    {
      guint some = (guint) g_test_rand_int_range (1, SOME_MAX);
      guint n = MIN (n_left, some);

      submit_some (h, n, reference);
      n_left -= n;
      claim_some (h, (guint) g_test_rand_int_range (1, SOME_MAX), reference);
    }
  store_harness_restart (h);
  claim_some (h, reference->len, reference);
  g_assert_cmpuint (reference->len, ==, 0);
}

static void
add_to_lane (StoreHarness *h, const char *lane, guint priority)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec (lane);
  g_autoptr (Apm2StoredJob) job = NULL;

  g_free (spec->lane);
  spec->lane = g_strdup (lane);
  spec->priority = priority;
  job = store_harness_submit (h, spec, NULL, NULL);
  g_assert_nonnull (job);
}

static void
lanes_give_no_more_than_their_room (StoreHarness *h)
{
  const Apm2LaneRoom rooms[] = { { "bulk", 1 }, { "gates", 2 }, { "none", 9 } };
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GPtrArray) jobs = NULL;
  guint n_gates = 0;

  for (guint i = 0; i < 4; i++)
    {
      add_to_lane (h, "bulk", 0);
      add_to_lane (h, "gates", 100);
      add_to_lane (h, "shut", 0);
    }
  apm2_store_claim (
      h->store, rooms, 3, "w1", "b", 9, NULL, store_call_done, &call);
  jobs = apm2_store_claim_finish (h->store, store_call_wait (&call), NULL);

  g_assert_cmpuint (jobs->len, ==, 3);
  for (guint i = 0; i < jobs->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (jobs, i);

      g_assert_cmpstr (job->lane, !=, "shut");
      n_gates += g_str_equal (job->lane, "gates") ? 1 : 0;
    }
  g_assert_cmpuint (n_gates, ==, 2);
}

static void
the_most_urgent_of_all_lanes_goes_first (StoreHarness *h)
{
  const Apm2LaneRoom rooms[] = { { "bulk", 5 }, { "gates", 5 } };
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GPtrArray) jobs = NULL;
  const Apm2StoredJob *job;

  h->aging_usec_per_level = G_USEC_PER_SEC * G_GUINT64_CONSTANT (3600);
  store_harness_restart (h);
  add_to_lane (h, "bulk", 50);
  add_to_lane (h, "gates", 10);
  apm2_store_claim (
      h->store, rooms, 2, "w1", "b", 1, NULL, store_call_done, &call);
  jobs = apm2_store_claim_finish (h->store, store_call_wait (&call), NULL);

  g_assert_cmpuint (jobs->len, ==, 1);
  job = g_ptr_array_index (jobs, 0);
  g_assert_cmpstr (job->lane, ==, "gates");
}

static void
tokens_only_grow (StoreHarness *h)
{
  guint64 last = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *id = store_harness_add (h, "some");
      g_autoptr (Apm2StoredJob) job = store_harness_claim_one (h);

      g_assert_cmpuint (job->token, >, last);
      last = job->token;
      if (i % 5 == 0)
        store_harness_restart (h);
    }
}

static void
a_job_given_back_keeps_its_place (StoreHarness *h)
{
  g_autofree char *first = store_harness_add (h, "first");
  g_autofree char *second = store_harness_add (h, "second");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) back = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;

  back = store_harness_give_back (h, leased->id, leased->token, TRUE, NULL);
  again = store_harness_claim_one (h);

  g_assert_cmpint (back->state, ==, APM2_JOB_STATE_PENDING);
  g_assert_cmpuint (back->lost, ==, 1);
  g_assert_true (back->ready);
  g_assert_null (back->worker);
  g_assert_cmpstr (again->id, ==, leased->id);
  g_assert_cmpuint (again->attempt, ==, 2);
  g_assert_cmpuint (again->lost, ==, 1);
  g_assert_cmpuint (again->token, >, leased->token);
}

static void
an_old_token_opens_nothing (StoreHarness *h)
{
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2StoredJob) old = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) back = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  back = store_harness_give_back (h, id, old->token, FALSE, NULL);
  none = store_harness_finish (
      h, id, old->token, store_harness_passed (), FALSE, NULL, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_STALE);
  g_clear_error (&error);

  again = store_harness_claim_one (h);
  none = store_harness_finish (
      h, id, old->token, store_harness_passed (), FALSE, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_STALE);
  g_clear_error (&error);
  none = store_harness_give_back (h, id, old->token, TRUE, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_STALE);
}

#define ATTACHED_ID "attached-1"

static void
add_attached (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_attached_spec (ATTACHED_ID);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_submit (h, spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (job->ready);
}

/* Not when it came, not when the time of others has come, not after it was
 * given back. */
static void
no_worker_gets_an_attached_job (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) back = NULL;

  add_attached (h);
  none = store_harness_claim_one (h);
  g_assert_null (none);
  g_assert_cmpuint (store_harness_wake (h, NULL), ==, 0);
  none = store_harness_claim_one (h);
  g_assert_null (none);

  job = store_harness_claim_named (h, ATTACHED_ID, NULL);
  back = store_harness_give_back (h, ATTACHED_ID, job->token, FALSE, NULL);
  g_assert_false (back->ready);
  none = store_harness_claim_one (h);
  g_assert_null (none);
}

static void
a_job_is_leased_by_name (StoreHarness *h)
{
  g_autofree char *other = store_harness_add (h, "before it");
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  add_attached (h);
  job = store_harness_claim_named (h, ATTACHED_ID, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (job->id, ==, ATTACHED_ID);
  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpint (job->kind, ==, APM2_JOB_KIND_ATTACHED);
  g_assert_cmpstr (job->worker, ==, "run-7-70");
  g_assert_cmpuint (job->attempt, ==, 1);
  g_assert_cmpuint (job->token, >, 0);
  g_assert_nonnull (job->boot_id);
  g_assert_nonnull (job->spec_text);
}

static void
only_a_pending_job_is_leased_by_name (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GError) error = NULL;

  again = store_harness_claim_named (h, ATTACHED_ID, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_clear_error (&error);

  add_attached (h);
  job = store_harness_claim_named (h, ATTACHED_ID, NULL);
  again = store_harness_claim_named (h, ATTACHED_ID, &error);
  g_assert_null (again);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
  g_clear_error (&error);

  ended = store_harness_finish (
      h, ATTACHED_ID, job->token, store_harness_passed (), FALSE, NULL, NULL);
  g_assert_nonnull (ended);
  again = store_harness_claim_named (h, ATTACHED_ID, &error);
  g_assert_null (again);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
}

/* The most urgent jobs come faster than jobs are claimed, for ever. */
static void
nothing_starves_beyond_the_bound (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("patient");
  g_autoptr (Apm2StoredJob) victim = NULL;
  gboolean is_claimed = FALSE;
  gint64 bound;

  spec->priority = APM2_PRIORITY_MAX;
  victim = store_harness_submit (h, spec, NULL, NULL);
  bound = victim->submitted_at
          + (gint64) APM2_PRIORITY_MAX * STORE_CASES_AGING_USEC;
  for (guint round = 0; !is_claimed; round++)
    {
      StoreCall calls[8] = { 0 };
      g_autoptr (Apm2StoredJob) claimed = NULL;

      for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
        {
          g_autoptr (Apm2JobSpec) urgent = store_harness_spec ("urgent");

          urgent->priority = 0;
          store_harness_send (h->store, urgent, &calls[i]);
        }
      for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
        {
          g_autoptr (Apm2StoredJob) job = apm2_store_submit_finish (
              h->store, store_call_wait (&calls[i]), NULL, NULL, NULL);

          g_assert_nonnull (job);
          store_call_clear (&calls[i]);
        }
      claimed = store_harness_claim_one (h);
      is_claimed = g_str_equal (claimed->id, victim->id);
      if (!is_claimed)
        g_assert_cmpint (claimed->submitted_at, <=, bound);
      g_assert_cmpuint (round, <, 100000);
    }
}

const StoreCase store_cases_lease[] = {
  { "claim/an-empty-store-gives-nothing", an_empty_store_gives_nothing },
  { "claim/a-lease-says-all-about-itself", a_lease_says_all_about_itself },
  { "claim/order-is-that-of-a-plain-sort", order_is_that_of_a_plain_sort },
  { "claim/lanes-give-no-more-than-their-room",
    lanes_give_no_more_than_their_room },
  { "claim/the-most-urgent-of-all-lanes-goes-first",
    the_most_urgent_of_all_lanes_goes_first },
  { "claim/nothing-starves-beyond-the-bound",
    nothing_starves_beyond_the_bound },
  { "claim/tokens-only-grow", tokens_only_grow },
  { "give-back/a-job-given-back-keeps-its-place",
    a_job_given_back_keeps_its_place },
  { "give-back/an-old-token-opens-nothing", an_old_token_opens_nothing },
  { "claim-one/no-worker-gets-an-attached-job",
    no_worker_gets_an_attached_job },
  { "claim-one/a-job-is-leased-by-name", a_job_is_leased_by_name },
  { "claim-one/only-a-pending-job-is-leased-by-name",
    only_a_pending_job_is_leased_by_name },
  { NULL },
};
