/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-gate-strands.h"

#include "apm2-gate-verdict.h"
#include "apm2-job-gates.h"

/* Words "NAME" or "NAME:NEEDED,NEEDED". */
static Apm2JobSpec *
new_spec (const char *gates)
{
  g_auto (GStrv) words = g_strsplit (gates, " ", -1);
  Apm2JobSpec *spec = apm2_job_spec_new ();

  spec->kind = APM2_JOB_KIND_GATES;
  spec->source_repository = g_strdup ("/srv/r");
  spec->source_commit = g_strnfill (40, 'c');
  spec->source_tree = g_strnfill (40, '7');
  spec->source_project = g_strdup ("r");
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i], ":", 2);
      Apm2Step *step = apm2_step_new (parts[0]);

      step->argv = g_strsplit ("true", " ", -1);
      if (parts[1] != NULL)
        step->needs = g_strsplit (parts[1], ",", -1);
      g_ptr_array_add (spec->steps, step);
    }
  g_assert_true (apm2_job_spec_validate (spec, NULL));
  return spec;
}

static void
assert_strands (const char *gates, const char *expected)
{
  g_autoptr (Apm2JobSpec) spec = new_spec (gates);
  g_autoptr (GPtrArray) strands = apm2_gate_strands_find (spec->steps);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < strands->len; i++)
    {
      g_autofree char *names
          = apm2_gate_part_describe (g_ptr_array_index (strands, i));

      g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", names);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_gates_alone_are_strands (void)
{
  assert_strands ("a", "a");
  assert_strands ("a b c", "a; b; c");
}

static void
test_what_is_tied_is_one_strand (void)
{
  assert_strands ("a b:a", "a, b");
  assert_strands ("a b c:a d:c", "a, c, d; b");
  assert_strands ("a b c d:b e:a", "a, e; b, d; c");
}

/* Two strands that a later gate ties, in either order. */
static void
test_strands_grow_together (void)
{
  assert_strands ("a b c:a d:b e:c,d", "a, b, c, d, e");
  assert_strands ("a b c:b,a", "a, b, c");
  assert_strands ("a b c d:c e:d,b f:a", "a, f; b, c, d, e");
}

static void
test_most_gates (void)
{
  g_autoptr (GString) apart = g_string_new ("g0");
  g_autoptr (GString) tied = g_string_new ("g0");
  g_autoptr (Apm2JobSpec) loose = NULL;
  g_autoptr (Apm2JobSpec) chain = NULL;
  g_autoptr (GPtrArray) many = NULL;
  g_autoptr (GPtrArray) one = NULL;

  for (guint i = 1; i < APM2_STEPS_MAX; i++)
    {
      g_string_append_printf (apart, " g%u", i);
      g_string_append_printf (tied, " g%u:g%u", i, i - 1);
    }
  loose = new_spec (apart->str);
  chain = new_spec (tied->str);
  many = apm2_gate_strands_find (loose->steps);
  one = apm2_gate_strands_find (chain->steps);
  g_assert_cmpuint (many->len, ==, APM2_STEPS_MAX);
  g_assert_cmpuint (one->len, ==, 1);
}

static void
test_a_part_is_a_valid_job (void)
{
  g_autoptr (Apm2JobSpec) spec = new_spec ("a b c:a");
  g_autoptr (GPtrArray) strands = apm2_gate_strands_find (spec->steps);
  g_autoptr (Apm2JobSpec) part = NULL;
  g_autofree char *id = apm2_gate_part_id ("x-p1", 12);
  g_autofree char *whole = apm2_gate_part_get_whole (id);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (id, ==, "x-p1-p12");
  g_assert_cmpstr (whole, ==, "x-p1");
  spec->priority = 3;
  spec->max_attempts = 2;
  spec->retry_on = g_strsplit ("oom", " ", -1);
  spec->limits.timeout_sec = 9;
  spec->labels = g_strsplit ("name=x", " ", -1);
  spec->idempotency_key = g_strdup ("key");
  part = apm2_gate_part_new (spec, id, g_ptr_array_index (strands, 0));
  g_assert_true (apm2_job_spec_validate (part, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (part->steps->len, ==, 2);
  g_assert_cmpuint (part->priority, ==, 3);
  g_assert_cmpuint (part->max_attempts, ==, 2);
  g_assert_cmpuint (part->limits.timeout_sec, ==, 9);
  g_assert_cmpstr (part->source_tree, ==, spec->source_tree);
  g_assert_null (part->idempotency_key);
  g_assert_null (part->labels);
}

/* --- the verdict on the whole --- */

static Apm2Receipt *
new_part (Apm2JobState outcome, const char *reason, const char *steps)
{
  g_auto (GStrv) words = g_strsplit (steps, " ", -1);
  Apm2Receipt *receipt = apm2_receipt_new ();

  receipt->outcome = outcome;
  if (outcome == APM2_JOB_STATE_COMPLETED)
    receipt->verdict
        = reason == NULL ? APM2_VERDICT_PASSED : APM2_VERDICT_FAILED;
  receipt->reason = g_strdup (reason);
  receipt->worker = g_strdup ("w1");
  for (guint i = 0; *steps != '\0' && words[i] != NULL; i++)
    {
      g_auto (GStrv) word = g_strsplit (words[i], ":", 2);
      Apm2StepResult *step = apm2_step_result_new (word[0]);

      step->result = g_strdup (word[1]);
      g_ptr_array_add (receipt->steps, step);
    }
  return receipt;
}

static Apm2Receipt *
join (const char *gates, Apm2Receipt *one, Apm2Receipt *two)
{
  g_autoptr (Apm2JobSpec) spec = new_spec (gates);
  g_autoptr (GPtrArray) parts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_receipt_free);
  Apm2Receipt *whole = apm2_receipt_new ();

  g_ptr_array_add (parts, one);
  g_ptr_array_add (parts, two);
  apm2_gate_verdict_join (whole, spec, parts);
  return whole;
}

static void
assert_steps (const Apm2Receipt *whole, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < whole->steps->len; i++)
    {
      const Apm2StepResult *step = g_ptr_array_index (whole->steps, i);

      g_string_append_printf (
          text, "%s%s:%s", i > 0 ? " " : "", step->name, step->result);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_gravest_end_counts (void)
{
  static const struct
  {
    Apm2JobState outcome;
    const char *reason;
  } ends[] = {
    { APM2_JOB_STATE_COMPLETED, NULL },
    { APM2_JOB_STATE_DENIED, APM2_REASON_DISK_SPACE },
    { APM2_JOB_STATE_COMPLETED, APM2_REASON_STEP_FAILED },
    { APM2_JOB_STATE_QUARANTINED, APM2_REASON_WORKER_LOST },
    { APM2_JOB_STATE_CANCELLED, APM2_REASON_CANCELLED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    for (guint n = 0; n < G_N_ELEMENTS (ends); n++)
      {
        guint gravest = MAX (i, n);
        g_autoptr (Apm2Receipt) whole
            = join ("a b",
                    new_part (ends[i].outcome, ends[i].reason, ""),
                    new_part (ends[n].outcome, ends[n].reason, ""));

        g_assert_cmpint (whole->outcome, ==, ends[gravest].outcome);
        g_assert_cmpstr (whole->reason, ==, ends[gravest].reason);
        g_assert_cmpint (
            whole->verdict == APM2_VERDICT_PASSED, ==, i == 0 && n == 0);
        assert_steps (whole, "a:skipped b:skipped");
      }
}

static void
test_gates_stand_in_the_order_of_the_spec (void)
{
  g_autoptr (Apm2Receipt) whole
      = join ("a b c:a",
              new_part (APM2_JOB_STATE_COMPLETED,
                        APM2_REASON_STEP_FAILED,
                        "fetch:passed checkout:passed a:failed c:skipped"),
              new_part (APM2_JOB_STATE_COMPLETED,
                        NULL,
                        "fetch:passed checkout:passed b:passed"));

  assert_steps (whole,
                "fetch:passed checkout:passed a:failed b:passed c:skipped");
  g_assert_cmpstr (whole->worker, ==, "w1");
}

static void
test_source_that_failed_is_told (void)
{
  g_autoptr (Apm2Receipt) whole = join (
      "a b",
      new_part (APM2_JOB_STATE_COMPLETED, NULL, "checkout:passed a:passed"),
      new_part (APM2_JOB_STATE_DENIED,
                APM2_REASON_SOURCE_MISMATCH,
                "checkout:failed b:skipped"));

  assert_steps (whole, "checkout:failed a:passed b:skipped");
}

/* A gate may be called like what brings the source. */
static void
test_gate_called_checkout (void)
{
  g_autoptr (Apm2Receipt) whole = join (
      "a checkout",
      new_part (APM2_JOB_STATE_COMPLETED, NULL, "checkout:passed a:passed"),
      new_part (APM2_JOB_STATE_COMPLETED,
                APM2_REASON_STEP_FAILED,
                "checkout:passed checkout:failed"));

  assert_steps (whole, "checkout:passed a:passed checkout:failed");
}

static void
test_what_differs_is_not_said (void)
{
  Apm2Receipt *one = new_part (APM2_JOB_STATE_COMPLETED, NULL, "");
  Apm2Receipt *two = new_part (APM2_JOB_STATE_COMPLETED, NULL, "");
  g_autoptr (Apm2Receipt) whole = NULL;

  one->containment = g_strdup ("memory tasks");
  two->containment = g_strdup ("none");
  one->started_at = 20;
  two->started_at = 10;
  whole = join ("a b", one, two);
  g_assert_null (whole->containment);
  g_assert_cmpint (whole->started_at, ==, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add_func ("/apm2/gate-strands/" path, test)
  ADD ("find/gates-alone", test_gates_alone_are_strands);
  ADD ("find/what-is-tied", test_what_is_tied_is_one_strand);
  ADD ("find/strands-grow-together", test_strands_grow_together);
  ADD ("find/most-gates", test_most_gates);
  ADD ("part/is-a-valid-job", test_a_part_is_a_valid_job);
  ADD ("verdict/gravest-end-counts", test_gravest_end_counts);
  ADD ("verdict/order-of-the-spec", test_gates_stand_in_the_order_of_the_spec);
  ADD ("verdict/source-that-failed", test_source_that_failed_is_told);
  ADD ("verdict/gate-called-checkout", test_gate_called_checkout);
  ADD ("verdict/what-differs-is-not-said", test_what_differs_is_not_said);
  return g_test_run ();
}
