/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac metrics: figures of real jobs, as JSON and for Prometheus.
 */

#include <string.h>

#include <glib/gstdio.h>

#include "rig-cli.h"
#include "rig-client.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define N_CANCELLED 1203 /* more than two pages of the broker */

static void
end_jobs (Rig *rig)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *held = rig_spec ("'lane':'gates'");

  {
    g_autofree char *id = rig_submit (rig->client, held);
    g_autoptr (RigWorker) worker = rig_worker_new (rig->home, "w", 1);
    g_autoptr (RigLease) lease = rig_worker_lease (worker);

    rig_worker_report_step (worker, lease);
    g_free (rig_worker_finish (worker,
                               lease,
                               "{'outcome': <'completed'>, 'verdict': "
                               "<'failed'>, 'reason': <'timeout'>, "
                               "'started_at': <uint64 1>}",
                               NULL));
  }
  for (guint i = 0; i < N_CANCELLED; i++)
    {
      g_autofree char *id = rig_submit (rig->client, spec);

      g_variant_unref (
          rig_queue (rig->client, "Cancel", "(%s, @a{sv} {})", id));
    }
}

static guint64
get_count (GVariant *metrics)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (metrics, 0);
  g_autoptr (GVariant) total
      = g_variant_lookup_value (dict, "total", G_VARIANT_TYPE_VARDICT);
  guint64 count = G_MAXUINT64;

  g_assert_true (g_variant_lookup (total, "count", "t", &count));
  return count;
}

/* The grammar of the format, line by line; each sample belongs to the family
 * before it, and none comes twice. */
static void
assert_is_prometheus (const char *text)
{
  g_autoptr (GRegex) help = g_regex_new (
      "^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\\\\\n]|\\\\\\\\|\\\\n)*$",
      0,
      0,
      NULL);
  g_autoptr (GRegex) type = g_regex_new (
      "^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:counter|gauge)$", 0, 0, NULL);
  g_autoptr (GRegex) sample = g_regex_new (
      "^([a-zA-Z_:][a-zA-Z0-9_:]*)"
      "(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\""
      "(?:,[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\")*\\})?"
      " [0-9.e+-]+$",
      0,
      0,
      NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) seen
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *family = NULL;
  guint n_samples = 0;

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpstr (lines[g_strv_length (lines) - 1], ==, "");
  for (gsize i = 0; lines[i + 1] != NULL; i++)
    {
      g_autoptr (GMatchInfo) match = NULL;
      g_autofree char *name = NULL;

      if (g_str_has_prefix (lines[i], "# HELP "))
        {
          g_assert_true (g_regex_match (help, lines[i], 0, &match));
          g_free (family);
          family = g_match_info_fetch (match, 1);
          g_assert_true (g_hash_table_add (seen, g_strdup (family)));
          continue;
        }
      if (g_str_has_prefix (lines[i], "# TYPE "))
        g_assert_true (g_regex_match (type, lines[i], 0, &match));
      else
        {
          char *labels;

          if (!g_regex_match (sample, lines[i], 0, &match))
            rig_fail ("not a sample: %s", lines[i]);
          labels = g_match_info_fetch (match, 2);
          name = g_match_info_fetch (match, 1);
          g_assert_true (
              g_hash_table_add (seen, g_strconcat (name, " ", labels, NULL)));
          g_free (labels);
          n_samples++;
        }
      g_free (name);
      name = g_match_info_fetch (match, 1);
      g_assert_cmpstr (name, ==, family);
    }
  g_assert_cmpuint (n_samples, >, 10);
}

static void
test_figures (void)
{
  g_autoptr (Rig) rig = rig_new ("[lane gates]\n[lane bulk]\n");
  g_autofree char *json = NULL;
  g_autofree char *text = NULL;
  g_autofree char *prometheus = NULL;
  g_autofree char *content = NULL;
  g_autofree char *file = g_build_filename (rig->home->dir, "a.prom", NULL);

  end_jobs (rig);
  {
    g_autoptr (GVariant) all = rig_queue (
        rig->client, "GetMetrics", "(uint64 3600000000, @a{sv} {})");
    g_autoptr (GVariant) none
        = rig_queue (rig->client, "GetMetrics", "(uint64 1, @a{sv} {})");

    g_assert_cmpuint (get_count (all), ==, N_CANCELLED + 1);
    g_assert_cmpuint (get_count (none), ==, 0);
  }
  g_free (rig_queue_fails (rig->client,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "GetMetrics",
                           "(uint64 0, @a{sv} {})"));
  g_free (rig_queue_fails (rig->client,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "GetMetrics",
                           "(uint64 18446744073709551615, @a{sv} {})"));

  json = RIG_CLI (rig->home, 0, "fac", "metrics", "--json=short");
  rig_cli_assert_schema (rig->home, json);
  rig_cli_assert_has (json, "\"reason\":\"timeout\"");
  text = RIG_CLI (rig->home, 0, "fac", "metrics", "--since", "1h");
  rig_cli_assert_has (text, "1203");
  rig_cli_assert_has (text, "timeout");

  prometheus = RIG_CLI (rig->home, 0, "fac", "metrics", "--prometheus");
  rig_cli_assert_has (prometheus,
                      "apm2_jobs_ended_total{outcome=\"cancelled\"} 1203\n");
  rig_cli_assert_has (prometheus,
                      "apm2_window_jobs{outcome=\"completed\",verdict="
                      "\"failed\",reason=\"timeout\"} 1\n");
  g_free (RIG_CLI (
      rig->home, 0, "fac", "metrics", "--prometheus", "--output", file));
  g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
  assert_is_prometheus (content);
  g_free (RIG_CLI_FAILS (rig->home, 2, "fac", "metrics", "--output", file));
  g_free (RIG_CLI_FAILS (rig->home, 2, "fac", "metrics", "--since", "0"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/metrics-live/figures", test_figures);
  return g_test_run ();
}
