/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates that know nothing of each other are parts of one job: they are leased
 * one by one, and the whole ends with the last of them.
 */

#include "store-cases.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-gate-set.h"
#include "apm2-job-spec-json.h"
#include "parts-scene.h"

static void
strands_become_parts (StoreHarness *h)
{
  static const char *const gates[] = { "build", "lint", "docs" };
  g_autoptr (Apm2StoredJob) whole = NULL;

  parts_scene_add (h);
  whole = parts_scene_get (h, "all");
  g_assert_cmpuint (whole->n_parts, ==, 3);
  g_assert_null (whole->parent_id);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *id = g_strdup_printf ("all-p%u", i + 1);
      g_autoptr (Apm2StoredJob) part = parts_scene_claim (h, id);
      g_autoptr (Apm2JobSpec) spec = NULL;
      g_autofree char *digest = NULL;
      const Apm2Step *first;

      g_assert_cmpstr (part->parent_id, ==, "all");
      g_assert_cmpint (part->submitted_at, ==, whole->submitted_at);
      spec = apm2_job_spec_from_json (
          part->spec_text, strlen (part->spec_text), NULL);
      g_assert_nonnull (spec);
      g_assert_cmpuint (spec->steps->len, ==, i == 0 ? 2 : 1);
      first = g_ptr_array_index (spec->steps, 0);
      g_assert_cmpstr (first->name, ==, gates[i]);
      digest = g_compute_checksum_for_string (
          G_CHECKSUM_SHA256, part->spec_text, -1);
      g_assert_cmpstr (part->spec_digest, ==, digest);
    }
  g_assert_null (parts_scene_claim (h, NULL));
}

static void
the_whole_begins_with_the_first (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) first = NULL;
  g_autoptr (Apm2StoredJob) back = NULL;
  g_autoptr (Apm2StoredJob) whole = NULL;

  parts_scene_add (h);
  parts_scene_assert_state (h, "all", APM2_JOB_STATE_PENDING);
  first = parts_scene_claim (h, "all-p1");
  whole = parts_scene_get (h, "all");
  g_assert_cmpint (whole->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpint (whole->started_at, ==, first->started_at);
  g_assert_cmpuint (whole->attempt, ==, 1);
  back = store_harness_give_back (h, "all-p1", first->token, TRUE, NULL);
  parts_scene_assert_state (h, "all-p1", APM2_JOB_STATE_PENDING);
  parts_scene_assert_state (h, "all", APM2_JOB_STATE_LEASED);
}

static void
the_whole_ends_with_the_last (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autofree char *gate_set = apm2_gate_set_get_digest (spec->steps);
  g_autoptr (Apm2StoredJob) one = NULL;
  g_autoptr (Apm2StoredJob) two = NULL;
  g_autoptr (Apm2StoredJob) three = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) none_too = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autoptr (Apm2Receipt) part = NULL;
  g_autofree char *steps = NULL;
  const Apm2StoreEffect *effect;
  const Apm2StepResult *checkout;

  parts_scene_add (h);
  one = parts_scene_claim (h, "all-p1");
  two = parts_scene_claim (h, "all-p2");
  three = parts_scene_claim (h, "all-p3");
  none = parts_scene_end (h, three, "checkout docs", NULL);
  g_assert_cmpuint (none->len, ==, 0);
  none_too = parts_scene_end (h, one, "checkout build test", NULL);
  parts_scene_assert_state (h, "all", APM2_JOB_STATE_LEASED);
  store_harness_restart (h);
  g_assert_cmpuint (h->snapshot->ended_parts->len, ==, 2);
  effects = parts_scene_end (h, two, "checkout lint", NULL);
  g_assert_cmpuint (effects->len, ==, 1);
  effect = g_ptr_array_index (effects, 0);
  g_assert_cmpstr (effect->job->id, ==, "all");
  g_assert_cmpint (effect->job->verdict, ==, APM2_VERDICT_PASSED);

  receipt = parts_scene_receipt (h, "all");
  steps = parts_scene_describe (receipt);
  g_assert_cmpstr (steps,
                   ==,
                   "checkout:passed build:passed lint:passed test:passed "
                   "docs:passed");
  checkout = g_ptr_array_index (receipt->steps, 0);
  g_assert_cmpint (checkout->finished_at, ==, 25); /* that of "build" */
  g_assert_cmpstr (receipt->gate_set_digest, ==, gate_set);
  g_assert_cmpstr (receipt->containment, ==, "none");
  g_assert_null (receipt->part_of);
  part = parts_scene_receipt (h, "all-p2");
  g_assert_cmpstr (part->part_of, ==, "all");
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 4);
}

static void
one_that_failed_fails_the_whole (StoreHarness *h)
{
  g_autoptr (Apm2StoredJob) one = NULL;
  g_autoptr (Apm2StoredJob) two = NULL;
  g_autoptr (Apm2StoredJob) three = NULL;
  g_autoptr (GPtrArray) effects_1 = NULL;
  g_autoptr (GPtrArray) effects_2 = NULL;
  g_autoptr (GPtrArray) effects_3 = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autofree char *steps = NULL;

  parts_scene_add (h);
  one = parts_scene_claim (h, "all-p1");
  two = parts_scene_claim (h, "all-p2");
  three = parts_scene_claim (h, "all-p3");
  effects_1 = parts_scene_end (h, one, "checkout build test", NULL);
  effects_2 = parts_scene_end (h, two, "checkout lint", APM2_REASON_TIMEOUT);
  effects_3 = parts_scene_end (h, three, "checkout docs", NULL);
  receipt = parts_scene_receipt (h, "all");
  steps = parts_scene_describe (receipt);
  g_assert_cmpint (receipt->outcome, ==, APM2_JOB_STATE_COMPLETED);
  g_assert_cmpint (receipt->verdict, ==, APM2_VERDICT_FAILED);
  g_assert_cmpstr (receipt->reason, ==, APM2_REASON_TIMEOUT);
  g_assert_nonnull (strstr (steps, "lint:failed"));
  g_assert_nonnull (strstr (steps, "docs:passed"));
}

static void
only_the_whole_admits (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) lint = store_harness_gates_spec ('a', "lint", NULL);
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (Apm2StoredJob) alone = NULL;
  gboolean created = TRUE;

  parts_scene_add (h);
  for (guint i = 1; i <= 3; i++)
    {
      static const char *const gates[]
          = { "checkout build test", "checkout lint", "checkout docs" };
      g_autofree char *id = g_strdup_printf ("all-p%u", i);
      g_autoptr (Apm2StoredJob) part = parts_scene_claim (h, id);
      g_autoptr (GPtrArray) effects
          = parts_scene_end (h, part, gates[i - 1], NULL);
    }
  g_clear_pointer (&spec->job_id, g_free);
  again = store_harness_submit (h, spec, &created, NULL);
  g_assert_false (created);
  g_assert_cmpstr (again->id, ==, "all");
  alone = store_harness_submit (h, lint, &created, NULL);
  g_assert_true (created);
  g_assert_cmpuint (alone->n_parts, ==, 0);
}

const StoreCase store_cases_parts[] = {
  { "parts/strands-become-parts", strands_become_parts },
  { "parts/the-whole-begins-with-the-first", the_whole_begins_with_the_first },
  { "parts/the-whole-ends-with-the-last", the_whole_ends_with_the_last },
  { "parts/one-that-failed-fails-the-whole", one_that_failed_fails_the_whole },
  { "parts/only-the-whole-admits", only_the_whole_admits },
  { NULL, NULL },
};
