/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Parts of a job that are called off, denied or tried again, and how they are
 * counted.
 */

#include "store-cases.h"

#include <string.h>

#include "apm2-error.h"
#include "parts-scene.h"

static void
assert_cancelled (StoreHarness *h, const char *cancelled)
{
  g_autoptr (Apm2StoredJob) one = NULL;
  g_autoptr (Apm2StoredJob) two = NULL;
  g_autoptr (Apm2StoredJob) named = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  g_autoptr (GPtrArray) last = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autofree char *steps = NULL;
  g_autoptr (GError) error = NULL;

  parts_scene_add (h);
  one = parts_scene_claim (h, "all-p1");
  two = parts_scene_claim (h, "all-p2");
  first = parts_scene_end (h, one, "checkout build test", NULL);
  named = store_harness_cancel (h, cancelled, "why not", &effects, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (named->id, ==, cancelled);
  parts_scene_assert_state (h, "all-p3", APM2_JOB_STATE_CANCELLED);
  parts_scene_assert_state (h, "all", APM2_JOB_STATE_LEASED);
  g_assert_cmpuint (effects->len, ==, 2);
  store_harness_restart (h);
  ended = store_harness_finish (h,
                                "all-p2",
                                two->token,
                                store_harness_receipt (APM2_JOB_STATE_CANCELLED,
                                                       APM2_VERDICT_NONE,
                                                       APM2_REASON_CANCELLED),
                                TRUE,
                                &last,
                                &error);
  g_assert_no_error (error);
  receipt = parts_scene_receipt (h, "all");
  steps = parts_scene_describe (receipt);
  g_assert_cmpint (receipt->outcome, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpstr (receipt->message, ==, "why not");
  g_assert_cmpstr (steps,
                   ==,
                   "checkout:passed build:passed lint:skipped test:passed "
                   "docs:skipped");
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 4);
}

static void
the_whole_is_called_off (StoreHarness *h)
{
  assert_cancelled (h, "all");
}

static void
with_a_part_all_is_called_off (StoreHarness *h)
{
  assert_cancelled (h, "all-p2");
}

static void
what_waits_is_called_off_at_once (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) later = store_harness_spec ("later");
  g_autoptr (Apm2StoredJob) waiting = NULL;
  g_autoptr (Apm2StoredJob) whole = NULL;

  parts_scene_add (h);
  later->after = g_strsplit ("all", " ", -1);
  waiting = store_harness_submit (h, later, NULL, NULL);
  whole = store_harness_cancel (h, "all", "", NULL, NULL);
  g_assert_cmpint (whole->state, ==, APM2_JOB_STATE_CANCELLED);
  parts_scene_assert_state (h, "all-p1", APM2_JOB_STATE_CANCELLED);
  parts_scene_assert_state (h, waiting->id, APM2_JOB_STATE_DENIED);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 5);
}

static void
parts_wait_for_what_the_whole_waits_for (StoreHarness *h)
{
  g_autofree char *first = store_harness_add (h, "first");
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2JobSpec) later = store_harness_spec ("later");
  g_autoptr (Apm2StoredJob) whole = NULL;
  g_autoptr (Apm2StoredJob) waiting = NULL;
  g_autoptr (Apm2StoredJob) claimed = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GPtrArray) effects = NULL;

  spec->after = g_strsplit (first, " ", -1);
  whole = store_harness_submit (h, spec, NULL, NULL);
  later->after = g_strsplit ("all", " ", -1);
  waiting = store_harness_submit (h, later, NULL, NULL);
  g_assert_false (waiting->ready);
  g_assert_null (parts_scene_claim (h, NULL));
  claimed = store_harness_claim_one (h);
  ended = store_harness_finish (
      h, first, claimed->token, store_harness_passed (), TRUE, &effects, NULL);
  g_assert_cmpuint (effects->len, ==, 3);
  for (guint i = 1; i <= 3; i++)
    {
      static const char *const gates[]
          = { "checkout build test", "checkout lint", "checkout docs" };
      g_autofree char *id = g_strdup_printf ("all-p%u", i);
      g_autoptr (Apm2StoredJob) part = parts_scene_claim (h, id);
      g_autoptr (GPtrArray) list
          = parts_scene_end (h, part, gates[i - 1], NULL);

      g_assert_cmpuint (list->len, ==, i == 3 ? 2 : 0);
    }
  g_clear_pointer (&claimed, apm2_stored_job_free);
  claimed = store_harness_claim_one (h);
  g_assert_cmpstr (claimed->id, ==, waiting->id);
}

static void
all_are_denied_with_what_they_wait_for (StoreHarness *h)
{
  g_autofree char *first = store_harness_add (h, "first");
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2JobSpec) late = parts_scene_spec ();
  g_autoptr (Apm2StoredJob) whole = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (Apm2Receipt) receipt = NULL;

  spec->after = g_strsplit (first, " ", -1);
  whole = store_harness_submit (h, spec, NULL, NULL);
  ended = store_harness_cancel (h, first, "", NULL, NULL);
  receipt = parts_scene_receipt (h, "all");
  g_assert_cmpint (receipt->outcome, ==, APM2_JOB_STATE_DENIED);
  g_assert_cmpstr (receipt->reason, ==, APM2_REASON_DEPENDENCY_FAILED);

  /* One that comes too late is denied as it comes, without parts. */
  late->after = g_strsplit (first, " ", -1);
  g_free (late->job_id);
  late->job_id = g_strdup ("late");
  g_clear_pointer (&whole, apm2_stored_job_free);
  whole = store_harness_submit (h, late, NULL, NULL);
  g_assert_cmpint (whole->state, ==, APM2_JOB_STATE_DENIED);
  g_assert_cmpuint (whole->n_parts, ==, 0);
}

static void
a_part_is_tried_again (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2StoredJob) whole = NULL;
  g_autoptr (Apm2StoredJob) part = NULL;
  g_autoptr (Apm2StoredJob) again = NULL;
  g_autoptr (GPtrArray) effects = NULL;

  spec->max_attempts = 2;
  spec->retry_on = g_strsplit (APM2_REASON_OOM, " ", -1);
  whole = store_harness_submit (h, spec, NULL, NULL);
  part = parts_scene_claim (h, "all-p1");
  effects = parts_scene_end (h, part, "checkout build test", APM2_REASON_OOM);
  parts_scene_assert_state (h, "all-p1", APM2_JOB_STATE_PENDING);
  again = parts_scene_claim (h, "all-p1");
  g_assert_cmpuint (again->attempt, ==, 2);
}

static void
only_the_whole_is_counted (StoreHarness *h)
{
  const Apm2StoreCounts *counts;
  g_autoptr (GPtrArray) wholes = NULL;
  g_autoptr (Apm2StoredJob) part = NULL;
  g_autoptr (Apm2StoredJob) cancelled = NULL;

  parts_scene_add (h);
  store_harness_restart (h);
  counts = &h->snapshot->counts;
  g_assert_cmpuint (counts->pending, ==, 1);
  part = parts_scene_claim (h, "all-p1");
  store_harness_restart (h);
  counts = &h->snapshot->counts;
  g_assert_cmpuint (counts->pending, ==, 0);
  g_assert_cmpuint (counts->leased, ==, 1);
  g_assert_cmpuint (h->snapshot->open_jobs->len, ==, 4);
  cancelled = store_harness_cancel (h, "all", "", NULL, NULL);
  g_clear_pointer (&cancelled, apm2_stored_job_free);
  cancelled = store_harness_give_back (h, "all-p1", part->token, FALSE, NULL);
  g_clear_pointer (&cancelled, apm2_stored_job_free);
  cancelled = store_harness_cancel (h, "all-p1", "", NULL, NULL);
  store_harness_restart (h);
  counts = &h->snapshot->counts;
  g_assert_cmpuint (counts->cancelled, ==, 1);
  g_assert_cmpuint (counts->passed, ==, 0);
  g_assert_cmpuint (counts->leased, ==, 0);
  g_assert_cmpuint (h->snapshot->ended_jobs->len, ==, 1);
  wholes = store_harness_list (h, 0, APM2_VERDICT_NONE, NULL, 0, 100);
  g_assert_cmpuint (wholes->len, ==, 1);
}

static void
an_id_must_leave_room_for_parts (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2JobSpec) taken = store_harness_spec ("taken");
  g_autoptr (Apm2StoredJob) other = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  g_free (spec->job_id);
  spec->job_id = g_strnfill (62, 'x');
  none = store_harness_submit (h, spec, NULL, &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  taken->job_id = g_strdup ("mine-p3");
  other = store_harness_submit (h, taken, NULL, NULL);
  g_free (spec->job_id);
  spec->job_id = g_strdup ("mine");
  none = store_harness_submit (h, spec, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
}

const StoreCase store_cases_parts_end[] = {
  { "parts/the-whole-is-called-off", the_whole_is_called_off },
  { "parts/with-a-part-all-is-called-off", with_a_part_all_is_called_off },
  { "parts/what-waits-is-called-off-at-once",
    what_waits_is_called_off_at_once },
  { "parts/wait-for-what-the-whole-waits-for",
    parts_wait_for_what_the_whole_waits_for },
  { "parts/all-are-denied-with-what-they-wait-for",
    all_are_denied_with_what_they_wait_for },
  { "parts/a-part-is-tried-again", a_part_is_tried_again },
  { "parts/only-the-whole-is-counted", only_the_whole_is_counted },
  { "parts/an-id-must-leave-room", an_id_must_leave_room_for_parts },
  { NULL, NULL },
};
