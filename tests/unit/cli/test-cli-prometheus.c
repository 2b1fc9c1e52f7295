/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The text format of Prometheus: what stands in it, and that nothing in a value
 * can leave it.
 */

#include <math.h>

#include "apm2-prometheus.h"

static void
test_a_family (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *const labels[] = { "lane", "bulk", "quantile", "0.5", NULL };

  apm2_prometheus_add_family (out, "a_seconds", "gauge", "How \"long\".");
  apm2_prometheus_add_sample (out, "a_seconds", NULL, 1.5);
  apm2_prometheus_add_sample (out, "a_seconds", labels, 12345678901234.0);
  g_assert_cmpstr (out->str,
                   ==,
                   "# HELP a_seconds How \"long\".\n"
                   "# TYPE a_seconds gauge\n"
                   "a_seconds 1.5\n"
                   "a_seconds{lane=\"bulk\",quantile=\"0.5\"} "
                   "12345678901234\n");
}

static void
test_values_are_escaped (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *const labels[] = { "a", "x\\y\"z\nb 1", "b", "\xff", NULL };

  apm2_prometheus_add_family (out, "a", "gauge", "one\\two\nthree");
  apm2_prometheus_add_sample (out, "a", labels, 0);
  g_assert_cmpstr (out->str,
                   ==,
                   "# HELP a one\\\\two\\nthree\n"
                   "# TYPE a gauge\n"
                   "a{a=\"x\\\\y\\\"z\\nb 1\",b=\"\xef\xbf\xbd\"} 0\n");
}

static void
test_no_number_is_written_as_c_does (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  apm2_prometheus_add_sample (out, "a", NULL, (double) NAN);
  apm2_prometheus_add_sample (out, "a", NULL, (double) INFINITY);
  apm2_prometheus_add_sample (out, "a", NULL, -(double) INFINITY);
  g_assert_cmpstr (out->str, ==, "a NaN\na +Inf\na -Inf\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/cli/prometheus/a-family", test_a_family);
  g_test_add_func ("/apm2/cli/prometheus/values-are-escaped",
                   test_values_are_escaped);
  g_test_add_func ("/apm2/cli/prometheus/no-number-is-written-as-c-does",
                   test_no_number_is_written_as_c_does);
  return g_test_run ();
}
