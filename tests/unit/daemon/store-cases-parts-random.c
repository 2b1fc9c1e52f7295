/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs in parts, whatever happens to them in whatever order: a whole has ended
 * if all its parts have, never before and never later, and the counts are those
 * of the wholes.
 */

#include "store-cases.h"

#include "apm2-error.h"
#include "apm2-gate-strands.h"

#define N_ACTS 300

typedef struct
{
  StoreHarness *h;
  GPtrArray *wholes; /* (element-type utf8) ids */
  GPtrArray *leased; /* (element-type Apm2StoredJob) */
} Play;

static void
submit (Play *play)
{
  static const char *const gates[]
      = { "a b", "a b c:a", "a b c d", "a b:a c d:c e" };
  const char *chosen = gates[g_test_rand_int_range (0, 4)];
  g_auto (GStrv) words = g_strsplit (chosen, " ", -1);
  g_autoptr (Apm2JobSpec) spec = store_harness_gates_spec ('a', NULL);
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], ":", 2);
      Apm2Step *step = apm2_step_new (parts[0]);

      step->argv = g_strsplit ("/bin/true", " ", -1);
      if (parts[1] != NULL)
        step->needs = g_strsplit (parts[1], ",", -1);
      g_ptr_array_add (spec->steps, step);
    }
  spec->max_attempts = 2;
  spec->retry_on = g_strsplit (APM2_REASON_OOM, " ", -1);
  if (play->wholes->len > 0 && g_test_rand_int_range (0, 3) == 0)
    spec->after = g_strsplit (
        g_ptr_array_index (play->wholes, play->wholes->len - 1), " ", -1);
  job = store_harness_submit (play->h, spec, NULL, &error);
  g_assert_no_error (error);
  g_ptr_array_add (play->wholes, g_strdup (job->id));
}

static void
claim (Play *play)
{
  g_autoptr (GPtrArray) claimed = store_harness_claim (play->h, "gates", 2);

  while (claimed->len > 0)
    g_ptr_array_add (play->leased, g_ptr_array_steal_index (claimed, 0));
}

static Apm2StoredJob *
pick (Play *play)
{
  return g_ptr_array_steal_index (
      play->leased,
      (guint) g_test_rand_int_range (0, (gint32) play->leased->len));
}

/* One that is called off ends as a worker would end it. */
static void
finish (Play *play)
{
  static const char *const reasons[]
      = { NULL, NULL, APM2_REASON_OOM, "signal" };
  g_autoptr (Apm2StoredJob) leased = pick (play);
  g_autoptr (Apm2StoredJob) now = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GError) error = NULL;
  const char *reason = reasons[g_test_rand_int_range (0, 4)];
  Apm2Receipt *receipt;

  now = store_harness_get (play->h, leased->id, NULL);
  receipt = now->cancel_requested
                ? store_harness_receipt (APM2_JOB_STATE_CANCELLED,
                                         APM2_VERDICT_NONE,
                                         APM2_REASON_CANCELLED)
                : store_harness_receipt (APM2_JOB_STATE_COMPLETED,
                                         reason == NULL ? APM2_VERDICT_PASSED
                                                        : APM2_VERDICT_FAILED,
                                         reason);
  ended = store_harness_finish (
      play->h, leased->id, leased->token, receipt, TRUE, NULL, &error);
  g_assert_no_error (error);
}

static void
cancel (Play *play, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2StoredJob) job
      = store_harness_cancel (play->h, id, "", NULL, &error);

  if (job == NULL)
    g_assert_error (error, APM2_ERROR, APM2_ERROR_BAD_STATE);
}

/* As the queue does: what was called off meanwhile ends now. */
static void
lose (Play *play)
{
  g_autoptr (Apm2StoredJob) leased = pick (play);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2StoredJob) back = store_harness_give_back (
      play->h, leased->id, leased->token, TRUE, &error);

  g_assert_no_error (error);
  if (back->cancel_requested)
    cancel (play, back->id);
}

static void
cancel_any (Play *play)
{
  const char *id = g_ptr_array_index (
      play->wholes,
      (guint) g_test_rand_int_range (0, (gint32) play->wholes->len));
  g_autoptr (Apm2StoredJob) whole = store_harness_get (play->h, id, NULL);
  guint number = (guint) g_test_rand_int_range (0, (gint32) whole->n_parts + 1);
  g_autofree char *part = apm2_gate_part_id (id, number);

  cancel (play, number == 0 ? id : part);
}

/* Counts a whole by how it stands; returns how many receipts it should have. */
static guint
check_whole (Play *play, const char *id, Apm2StoreCounts *counts)
{
  g_autoptr (Apm2StoredJob) whole = store_harness_get (play->h, id, NULL);
  guint n_ended = 0;
  guint n_passed = 0;
  gboolean begun = FALSE;

  for (guint i = 1; i <= whole->n_parts; i++)
    {
      g_autofree char *part_id = apm2_gate_part_id (id, i);
      g_autoptr (Apm2StoredJob) part
          = store_harness_get (play->h, part_id, NULL);

      n_ended += apm2_job_state_is_final (part->state) ? 1 : 0;
      n_passed += part->verdict == APM2_VERDICT_PASSED ? 1 : 0;
      begun = begun || part->attempt > 0;
    }
  if (whole->n_parts > 0)
    {
      g_assert_cmpint (apm2_job_state_is_final (whole->state),
                       ==,
                       n_ended == whole->n_parts);
      g_assert_cmpint (whole->verdict == APM2_VERDICT_PASSED,
                       ==,
                       n_passed == whole->n_parts);
      if (!apm2_job_state_is_final (whole->state))
        g_assert_cmpint (whole->state,
                         ==,
                         begun ? APM2_JOB_STATE_LEASED
                               : APM2_JOB_STATE_PENDING);
    }
  counts->pending += whole->state == APM2_JOB_STATE_PENDING ? 1 : 0;
  counts->leased += whole->state == APM2_JOB_STATE_LEASED ? 1 : 0;
  counts->passed += whole->verdict == APM2_VERDICT_PASSED ? 1 : 0;
  counts->failed += whole->verdict == APM2_VERDICT_FAILED ? 1 : 0;
  counts->denied += whole->state == APM2_JOB_STATE_DENIED ? 1 : 0;
  counts->cancelled += whole->state == APM2_JOB_STATE_CANCELLED ? 1 : 0;
  return n_ended + (apm2_job_state_is_final (whole->state) ? 1 : 0);
}

static void
check (Play *play)
{
  Apm2StoreCounts counts = { 0 };
  const Apm2StoreCounts *told;
  guint n_receipts = 0;

  store_harness_restart (play->h);
  told = &play->h->snapshot->counts;
  for (guint i = 0; i < play->wholes->len; i++)
    n_receipts
        += check_whole (play, g_ptr_array_index (play->wholes, i), &counts);
  g_assert_cmpuint (told->pending, ==, counts.pending);
  g_assert_cmpuint (told->leased, ==, counts.leased);
  g_assert_cmpuint (told->passed, ==, counts.passed);
  g_assert_cmpuint (told->failed, ==, counts.failed);
  g_assert_cmpuint (told->denied, ==, counts.denied);
  g_assert_cmpuint (told->cancelled, ==, counts.cancelled);
  g_assert_cmpuint (store_harness_verify_chain (play->h), ==, n_receipts);
}

static void
act (Play *play)
{
  guint dice = (guint) g_test_rand_int_range (0, 20);

  if (dice < 4 || play->wholes->len == 0)
    submit (play);
  else if (dice < 10)
    claim (play);
  else if (dice < 11)
    cancel_any (play);
  else if (play->leased->len > 0 && dice < 13)
    lose (play);
  else if (play->leased->len > 0)
    finish (play);
}

static void
any_order_keeps_the_rules (StoreHarness *h)
{
  g_autoptr (GPtrArray) wholes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) leased
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  Play play = { h, wholes, leased };
  guint n_done;

  h->flags = APM2_STORE_SUBMIT_FORCE;
  for (guint i = 0; i < N_ACTS; i++)
    {
      act (&play);
      if (i % 60 == 59)
        check (&play);
    }
  /* Until nothing is left: ends and retries make others ready. */
  do
    {
      claim (&play);
      n_done = leased->len;
      while (leased->len > 0)
        finish (&play);
    }
  while (n_done > 0);
  check (&play);
  g_assert_cmpuint (h->snapshot->counts.pending, ==, 0);
  g_assert_cmpuint (h->snapshot->counts.leased, ==, 0);
}

const StoreCase store_cases_parts_random[] = {
  { "parts/any-order-keeps-the-rules", any_order_keeps_the_rules },
  { NULL, NULL },
};
