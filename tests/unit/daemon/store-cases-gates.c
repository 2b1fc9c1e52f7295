/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One job answers for all who ask for the same gates of the same tree.
 */

#include "store-cases.h"

#include "apm2-error.h"
#include "apm2-gate-set.h"

static Apm2JobSpec *
gates_of (char tree)
{
  return store_harness_gates_spec (tree, "build", "test:build", NULL);
}

static char *
submit (StoreHarness *h, Apm2JobSpec *spec, gboolean *ret_created)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2StoredJob) job
      = store_harness_submit (h, spec, ret_created, &error);

  g_assert_no_error (error);
  return g_strdup (job->id);
}

/* Submits gates that nobody answers for. */
static char *
submit_new (StoreHarness *h, Apm2JobSpec *spec)
{
  gboolean created = FALSE;
  char *id = submit (h, spec, &created);

  g_assert_true (created);
  return id;
}

static void
assert_answered_by (StoreHarness *h, Apm2JobSpec *spec, const char *expected)
{
  gboolean created = TRUE;
  g_autofree char *id = submit (h, spec, &created);

  g_assert_false (created);
  g_assert_cmpstr (id, ==, expected);
}

static void
end_with (StoreHarness *h, const char *id, Apm2Receipt *receipt)
{
  g_autoptr (GPtrArray) claimed = store_harness_claim (h, "gates", 1);
  const Apm2StoredJob *job = g_ptr_array_index (claimed, 0);
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (job->id, ==, id);
  ended = store_harness_finish (h, id, job->token, receipt, TRUE, NULL, &error);
  g_assert_no_error (error);
}

static void
pass (StoreHarness *h, const char *id)
{
  end_with (h, id, store_harness_passed ());
}

static char *
admitted (StoreHarness *h, const Apm2JobSpec *spec, char **ret_digest)
{
  g_autofree char *gate_set = apm2_gate_set_get_digest (spec->steps);
  g_auto (StoreCall) call = { NULL };
  g_autoptr (GError) error = NULL;
  char *text;

  apm2_store_admitted (h->store,
                       spec->source_project,
                       spec->source_tree,
                       gate_set,
                       store_call_done,
                       &call);
  text = apm2_store_admitted_finish (
      h->store, store_call_wait (&call), ret_digest, &error);
  if (text == NULL)
    g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  return text;
}

static void
assert_not_admitted (StoreHarness *h, const Apm2JobSpec *spec)
{
  g_assert_null (admitted (h, spec, NULL));
}

static void
gates_that_passed_answer_for_all (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autoptr (Apm2JobSpec) other = gates_of ('a');
  g_autofree char *id = NULL;

  g_free (other->source_commit);
  other->source_commit = g_strnfill (40, 'e');
  other->priority = 1;
  id = submit_new (h, spec);
  pass (h, id);
  assert_answered_by (h, other, id);
  store_harness_restart (h);
  assert_answered_by (h, other, id);
}

static void
gates_that_failed_answer_for_none (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *again = NULL;

  end_with (h,
            id,
            store_harness_receipt (APM2_JOB_STATE_COMPLETED,
                                   APM2_VERDICT_FAILED,
                                   APM2_REASON_STEP_FAILED));
  assert_not_admitted (h, spec);
  again = submit_new (h, spec);
  g_assert_cmpstr (again, !=, id);
}

static void
all_that_come_at_once_share_one_job (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  StoreCall calls[64] = { 0 };
  g_autofree char *first = NULL;
  guint n_created = 0;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    store_harness_send (h->store, spec, &calls[i]);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      gboolean created = FALSE;
      g_autoptr (Apm2StoredJob) job = apm2_store_submit_finish (
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
a_running_job_is_joined (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);
  g_autoptr (GPtrArray) claimed = store_harness_claim (h, "gates", 1);

  g_assert_cmpuint (claimed->len, ==, 1);
  assert_answered_by (h, spec, id);
  store_harness_restart (h);
  assert_answered_by (h, spec, id);
}

static Apm2JobSpec *
urgent_gates (char tree, guint priority, const char *more)
{
  Apm2JobSpec *spec = store_harness_gates_spec (tree, "build", more, NULL);

  spec->priority = priority;
  return spec;
}

/* One whose second gate is a strand of its own, and so a part. */
static void
whoever_joins_may_make_it_more_urgent (StoreHarness *h)
{
  static const guint joins[] = { 60, 20, 90, 10 };
  g_autoptr (Apm2JobSpec) spec = urgent_gates ('a', 70, "lint");
  g_autoptr (Apm2JobSpec) rival = urgent_gates ('b', 15, NULL);
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *rival_id = submit_new (h, rival);
  g_autoptr (GPtrArray) claimed = NULL;
  const char *order[3];
  g_autofree char *first = g_strconcat (id, "-p1", NULL);
  g_autofree char *second = g_strconcat (id, "-p2", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (joins); i++)
    {
      g_autoptr (Apm2JobSpec) joining = urgent_gates ('a', joins[i], "lint");
      g_autoptr (Apm2StoredJob) joined = NULL;
      gboolean created = TRUE;

      joined = store_harness_submit (h, joining, &created, NULL);
      g_assert_false (created);
      g_assert_cmpuint (joined->priority, ==, i == 0 ? 60 : i < 3 ? 20 : 10);
    }
  store_harness_restart (h);
  claimed = store_harness_claim (h, "gates", 3);
  g_assert_cmpuint (claimed->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (claimed, i);

      order[i] = job->id;
      g_assert_cmpuint (job->priority, ==, i < 2 ? 10 : 15);
    }
  g_assert_cmpstr (order[0], ==, first);
  g_assert_cmpstr (order[1], ==, second);
  g_assert_cmpstr (order[2], ==, rival_id);
}

static void
a_job_that_is_called_off_is_not_joined (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);
  g_autoptr (GPtrArray) claimed = store_harness_claim (h, "gates", 1);
  g_autoptr (Apm2StoredJob) called_off
      = store_harness_cancel (h, id, "", NULL, NULL);
  g_autofree char *again = submit_new (h, spec);

  g_assert_cmpuint (claimed->len, ==, 1);
  g_assert_cmpstr (again, !=, id);
  assert_answered_by (h, spec, again);
}

static void
a_job_that_waits_is_not_joined (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autoptr (Apm2JobSpec) late = gates_of ('a');
  g_autofree char *delayed = NULL;
  g_autofree char *id = NULL;

  late->not_before_unix = 4000000000;
  delayed = submit_new (h, late);
  id = submit_new (h, spec);
  g_assert_cmpstr (id, !=, delayed);
  /* And one that shall wait does not join one that need not. */
  g_free (delayed);
  delayed = submit_new (h, late);
  pass (h, id);
  assert_answered_by (h, late, id);
}

static void
other_gates_are_other_jobs (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);

  pass (h, id);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Apm2JobSpec) other
          = i == 3 ? store_harness_gates_spec ('a', "build", NULL)
                   : gates_of (i == 0 ? 'b' : 'a');
      Apm2Step *step = g_ptr_array_index (other->steps, 0);
      g_autofree char *new_id = NULL;

      if (i == 1)
        {
          g_free (other->source_project);
          other->source_project = g_strdup ("another");
        }
      if (i == 2)
        step->allow_failure = TRUE;
      assert_not_admitted (h, other);
      new_id = submit_new (h, other);
      g_assert_cmpstr (new_id, !=, id);
      pass (h, new_id);
    }
  assert_answered_by (h, spec, id);
}

static void
force_runs_them_again (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *forced = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *newest = NULL;
  g_autofree char *text = NULL;

  pass (h, id);
  h->flags = APM2_STORE_SUBMIT_FORCE;
  forced = submit_new (h, spec);
  h->flags = APM2_STORE_SUBMIT_NONE;
  g_assert_cmpstr (forced, !=, id);
  assert_answered_by (h, spec, id);
  pass (h, forced);

  text = admitted (h, spec, &digest);
  g_free (store_harness_get_receipt (h, forced, &newest, NULL));
  g_assert_nonnull (text);
  g_assert_cmpstr (digest, ==, newest);
}

static void
known_only_accepts_nothing (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autoptr (Apm2JobSpec) other = gates_of ('b');
  g_autoptr (Apm2JobSpec) taken = gates_of ('b');
  g_autofree char *id = submit_new (h, spec);
  Apm2JobSpec *refused[] = { other, taken };
  const Apm2Error codes[] = { APM2_ERROR_NOT_FOUND, APM2_ERROR_EXISTS };

  taken->job_id = g_strdup (id);
  h->flags = APM2_STORE_SUBMIT_KNOWN_ONLY;
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Apm2StoredJob) none
          = store_harness_submit (h, refused[i], NULL, &error);

      g_assert_null (none);
      g_assert_error (error, APM2_ERROR, (int) codes[i]);
    }
  assert_answered_by (h, spec, id);
  h->flags = APM2_STORE_SUBMIT_NONE;
  g_free (submit_new (h, other));
}

static void
an_id_and_a_key_go_first (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autoptr (Apm2JobSpec) named = gates_of ('a');
  g_autoptr (Apm2JobSpec) taken = store_harness_spec ("other");
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *other = NULL;
  g_autoptr (GError) error = NULL;

  taken->job_id = g_strdup ("mine");
  other = submit_new (h, taken);
  named->job_id = g_strdup ("mine");
  none = store_harness_submit (h, named, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);

  g_free (named->job_id);
  named->job_id = g_strdup ("free");
  assert_answered_by (h, named, id);
}

static void
what_is_admitted_is_the_receipt (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *digest = NULL;
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *expected_digest = NULL;

  assert_not_admitted (h, spec);
  pass (h, id);
  store_harness_restart (h);
  text = admitted (h, spec, &digest);
  expected = store_harness_get_receipt (h, id, &expected_digest, NULL);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (digest, ==, expected_digest);
}

static void
a_receipt_admits_as_long_as_it_is_kept (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = gates_of ('a');
  g_autoptr (GArray) one = g_array_new (FALSE, FALSE, sizeof (gint64));
  const gint64 first = 1;
  g_autofree char *id = submit_new (h, spec);
  g_autofree char *last = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  g_auto (StoreCall) jobs = { NULL };
  g_auto (StoreCall) receipts = { NULL };
  g_autoptr (Apm2JobSpec) other = gates_of ('b');

  pass (h, id);
  last = submit_new (h, other);
  pass (h, last);
  g_array_append_val (one, first);
  apm2_store_forget_jobs (h->store, one, 0, store_call_done, &jobs);
  g_assert_true (apm2_store_forget_jobs_finish (
      h->store, store_call_wait (&jobs), NULL, NULL));
  text = admitted (h, spec, NULL);
  g_assert_nonnull (text);
  assert_answered_by (h, spec, id);

  apm2_store_forget_receipts (h->store, one, store_call_done, &receipts);
  g_assert_true (apm2_store_forget_receipts_finish (
      h->store, store_call_wait (&receipts), NULL, NULL));
  assert_not_admitted (h, spec);
  again = submit_new (h, spec);
}

const StoreCase store_cases_gates[] = {
  { "gates/that-passed-answer-for-all", gates_that_passed_answer_for_all },
  { "gates/that-failed-answer-for-none", gates_that_failed_answer_for_none },
  { "gates/all-that-come-at-once-share-one-job",
    all_that_come_at_once_share_one_job },
  { "gates/a-running-job-is-joined", a_running_job_is_joined },
  { "gates/whoever-joins-may-make-it-more-urgent",
    whoever_joins_may_make_it_more_urgent },
  { "gates/a-job-that-is-called-off-is-not-joined",
    a_job_that_is_called_off_is_not_joined },
  { "gates/a-job-that-waits-is-not-joined", a_job_that_waits_is_not_joined },
  { "gates/other-gates-are-other-jobs", other_gates_are_other_jobs },
  { "gates/force-runs-them-again", force_runs_them_again },
  { "gates/known-only-accepts-nothing", known_only_accepts_nothing },
  { "gates/an-id-and-a-key-go-first", an_id_and_a_key_go_first },
  { "gates/what-is-admitted-is-the-receipt", what_is_admitted_is_the_receipt },
  { "gates/a-receipt-admits-as-long-as-it-is-kept",
    a_receipt_admits_as_long_as_it_is_kept },
  { NULL, NULL },
};
