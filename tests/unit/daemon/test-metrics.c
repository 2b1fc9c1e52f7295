/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Figures over receipts, against what was counted by hand.
 */

#include "apm2-metrics.h"

#define SEC G_USEC_PER_SEC

static void
add (Apm2Metrics *metrics,
     const char *lane,
     Apm2Verdict verdict,
     const char *reason,
     gint64 wait_sec,
     gint64 duration_sec)
{
  Apm2ReceiptSample sample = {
    .outcome = APM2_JOB_STATE_COMPLETED,
    .verdict = verdict,
    .reason = (char *) reason,
    .lane = (char *) lane,
    .submitted_at = 1000 * SEC,
  };

  sample.started_at = sample.submitted_at + wait_sec * SEC;
  sample.finished_at = sample.started_at + duration_sec * SEC;
  apm2_metrics_add (metrics, &sample);
}

static GVariant *
get_figures (Apm2Metrics *metrics)
{
  return g_variant_ref_sink (apm2_metrics_to_variant (metrics));
}

static void
assert_count (GVariant *dict, const char *key, guint64 expected)
{
  guint64 value = G_MAXUINT64;

  g_assert_true (g_variant_lookup (dict, key, "t", &value));
  g_assert_cmpuint (value, ==, expected);
}

static GVariant *
get_child (GVariant *metrics, const char *key, gsize i)
{
  g_autoptr (GVariant) list
      = g_variant_lookup_value (metrics, key, G_VARIANT_TYPE ("aa{sv}"));

  g_assert_cmpuint (i, <, g_variant_n_children (list));
  return g_variant_get_child_value (list, i);
}

static void
test_ranks_are_values_that_were_there (void)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_assert_cmpint (apm2_metrics_find_rank (values, 50), ==, 0);
  for (gint64 i = 1; i <= 20; i++)
    {
      const gint64 value = i * 10;

      g_array_append_val (values, value);
      g_assert_cmpint (apm2_metrics_find_rank (values, 100), ==, value);
      g_assert_cmpint (
          apm2_metrics_find_rank (values, 50), ==, (i + 1) / 2 * 10);
      g_assert_cmpint (apm2_metrics_find_rank (values, 1), ==, 10);
    }
  g_assert_cmpint (apm2_metrics_find_rank (values, 95), ==, 190);
}

static void
test_lanes_and_outcomes_are_told_apart (void)
{
  g_autoptr (Apm2Metrics) metrics
      = apm2_metrics_new (0, 2 * (gint64) G_TIME_SPAN_HOUR);
  g_autoptr (GVariant) figures = NULL;
  g_autoptr (GVariant) bulk = NULL;
  g_autoptr (GVariant) gates = NULL;
  g_autoptr (GVariant) total = NULL;
  g_autoptr (GVariant) failed = NULL;
  g_autoptr (GVariant) timeout = NULL;
  const char *reason = NULL;
  double rate = 0;

  for (gint64 i = 100; i >= 1; i--)
    add (metrics, "bulk", APM2_VERDICT_PASSED, NULL, i, 2 * i);
  add (metrics, "gates", APM2_VERDICT_FAILED, "timeout", 5, 900);
  add (metrics, "gates", APM2_VERDICT_FAILED, "step_failed", 5, 1);
  add (metrics, "gates", APM2_VERDICT_FAILED, "step_failed", 5, 1);

  figures = get_figures (metrics);
  g_assert_true (g_variant_lookup (figures, "jobs_per_hour", "d", &rate));
  g_assert_cmpfloat_with_epsilon (rate, 51.5, 1e-9);
  bulk = get_child (figures, "lanes", 0);
  assert_count (bulk, "count", 100);
  assert_count (bulk, "duration_median_usec", 100 * (guint64) SEC);
  assert_count (bulk, "duration_p95_usec", 190 * (guint64) SEC);
  assert_count (bulk, "duration_max_usec", 200 * (guint64) SEC);
  assert_count (bulk, "wait_median_usec", 50 * (guint64) SEC);
  assert_count (bulk, "wait_p95_usec", 95 * (guint64) SEC);
  assert_count (bulk, "wait_max_usec", 100 * (guint64) SEC);
  gates = get_child (figures, "lanes", 1);
  assert_count (gates, "count", 3);
  assert_count (gates, "duration_max_usec", 900 * (guint64) SEC);
  total = g_variant_lookup_value (figures, "total", G_VARIANT_TYPE_VARDICT);
  assert_count (total, "count", 103);
  assert_count (total, "duration_max_usec", 900 * (guint64) SEC);
  failed = get_child (figures, "outcomes", 0);
  assert_count (failed, "count", 2);
  timeout = get_child (figures, "outcomes", 1);
  assert_count (timeout, "count", 1);
  g_assert_true (g_variant_lookup (timeout, "reason", "&s", &reason));
  g_assert_cmpstr (reason, ==, "timeout");
}

static void
test_what_never_started_has_no_times (void)
{
  g_autoptr (Apm2Metrics) metrics = apm2_metrics_new (0, SEC);
  Apm2ReceiptSample denied = {
    .outcome = APM2_JOB_STATE_DENIED,
    .lane = (char *) "bulk",
    .submitted_at = 5,
    .finished_at = 10,
  };
  Apm2ReceiptSample part = denied;
  g_autoptr (GVariant) figures = NULL;
  g_autoptr (GVariant) bulk = NULL;

  part.is_part = TRUE;
  apm2_metrics_add (metrics, &denied);
  apm2_metrics_add (metrics, &part);
  figures = get_figures (metrics);
  bulk = get_child (figures, "lanes", 0);
  assert_count (bulk, "count", 1);
  assert_count (bulk, "duration_count", 0);
  assert_count (bulk, "wait_count", 0);
  assert_count (bulk, "duration_median_usec", 0);
}

/* The wall clock may be set between two moments. */
static void
test_no_time_is_negative (void)
{
  g_autoptr (Apm2Metrics) metrics = apm2_metrics_new (0, SEC);
  g_autoptr (GVariant) figures = NULL;
  g_autoptr (GVariant) bulk = NULL;

  add (metrics, "bulk", APM2_VERDICT_PASSED, NULL, -3, -7);
  figures = get_figures (metrics);
  bulk = get_child (figures, "lanes", 0);
  assert_count (bulk, "duration_max_usec", 0);
  assert_count (bulk, "wait_max_usec", 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/metrics/ranks-are-values-that-were-there",
                   test_ranks_are_values_that_were_there);
  g_test_add_func ("/apm2/metrics/lanes-and-outcomes-are-told-apart",
                   test_lanes_and_outcomes_are_told_apart);
  g_test_add_func ("/apm2/metrics/what-never-started-has-no-times",
                   test_what_never_started_has_no_times);
  g_test_add_func ("/apm2/metrics/no-time-is-negative",
                   test_no_time_is_negative);
  return g_test_run ();
}
