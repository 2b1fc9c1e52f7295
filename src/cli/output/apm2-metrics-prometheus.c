/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Figures of the queue for Prometheus.
 *
 * What the broker counts of all time is a counter; what is about the last span
 * of time may fall and is a gauge.
 */

#include "apm2-metrics-text.h"
#include "apm2-names.h"
#include "apm2-prometheus.h"
#include "apm2-properties.h"

#define USEC_PER_SEC 1e6

typedef struct
{
  const char *label;
  const char *property;
} State;

static double
get_number (GVariant *properties, const char *name)
{
  const guint64 count = apm2_properties_get_count (properties, name);

  return (double) count;
}

static void
add_states (GString *out,
            const char *name,
            const char *label,
            const State *states,
            gsize n_states,
            GVariant *queue)
{
  for (gsize i = 0; i < n_states; i++)
    {
      const char *const labels[] = { label, states[i].label, NULL };

      apm2_prometheus_add_sample (
          out, name, labels, get_number (queue, states[i].property));
    }
}

static void
add_queue (GString *out, GVariant *queue)
{
  static const State now[] = {
    { "pending", "Pending" },
    { "leased", "Leased" },
    { "running", "Running" },
  };
  static const State ended[] = {
    { "passed", "Passed" },       { "failed", "Failed" },
    { "denied", "Denied" },       { "quarantined", "Quarantined" },
    { "cancelled", "Cancelled" },
  };

  apm2_prometheus_add_family (
      out, "apm2_jobs", "gauge", "Jobs that have not ended, by state.");
  add_states (out, "apm2_jobs", "state", now, G_N_ELEMENTS (now), queue);
  apm2_prometheus_add_family (out,
                              "apm2_jobs_ended_total",
                              "counter",
                              "Jobs that have ended, of all time.");
  add_states (out,
              "apm2_jobs_ended_total",
              "outcome",
              ended,
              G_N_ELEMENTS (ended),
              queue);
  apm2_prometheus_add_family (
      out, "apm2_queue_paused", "gauge", "1 if the whole queue is paused.");
  apm2_prometheus_add_sample (out,
                              "apm2_queue_paused",
                              NULL,
                              apm2_properties_get_flag (queue, "Paused"));
}

static void
add_lanes (GString *out,
           const char *name,
           const char *help,
           const char *property,
           GPtrArray *lanes)
{
  apm2_prometheus_add_family (out, name, "gauge", help);
  for (guint i = 0; i < lanes->len; i++)
    {
      GVariant *lane = g_ptr_array_index (lanes, i);
      const char *const labels[]
          = { "lane", apm2_properties_get_text (lane, "Name"), NULL };

      apm2_prometheus_add_sample (
          out, name, labels, get_number (lane, property));
    }
}

static void
add_quantiles (GString *out,
               const char *name,
               const char *help,
               const char *prefix,
               GVariant *lanes)
{
  static const struct
  {
    const char *quantile;
    const char *suffix;
  } quantiles[] = { { "0.5", "median" }, { "0.95", "p95" }, { "1", "max" } };
  g_autofree char *count_key = g_strdup_printf ("%s_count", prefix);

  apm2_prometheus_add_family (out, name, "gauge", help);
  for (gsize i = 0; i < g_variant_n_children (lanes); i++)
    {
      g_autoptr (GVariant) lane = g_variant_get_child_value (lanes, i);
      const char *lane_name = apm2_properties_get_text (lane, "lane");

      if (apm2_properties_get_count (lane, count_key) == 0)
        continue;
      for (gsize q = 0; q < G_N_ELEMENTS (quantiles); q++)
        {
          g_autofree char *key
              = g_strdup_printf ("%s_%s_usec", prefix, quantiles[q].suffix);
          const char *const labels[]
              = { "lane", lane_name, "quantile", quantiles[q].quantile, NULL };

          apm2_prometheus_add_sample (
              out, name, labels, get_number (lane, key) / USEC_PER_SEC);
        }
    }
}

static void
add_outcomes (GString *out, GVariant *outcomes)
{
  apm2_prometheus_add_family (out,
                              "apm2_window_jobs",
                              "gauge",
                              "Jobs that ended within the window, by outcome.");
  for (gsize i = 0; i < g_variant_n_children (outcomes); i++)
    {
      g_autoptr (GVariant) outcome = g_variant_get_child_value (outcomes, i);
      const char *const labels[]
          = { "outcome", apm2_properties_get_text (outcome, "outcome"),
              "verdict", apm2_properties_get_text (outcome, "verdict"),
              "reason",  apm2_properties_get_text (outcome, "reason"),
              NULL };

      apm2_prometheus_add_sample (
          out, "apm2_window_jobs", labels, get_number (outcome, "count"));
    }
}

static void
add_window (GString *out, GVariant *metrics)
{
  const guint64 since = apm2_properties_get_count (metrics, "since");
  const guint64 until = apm2_properties_get_count (metrics, "until");
  g_autoptr (GVariant) lanes
      = g_variant_lookup_value (metrics, "lanes", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) outcomes
      = g_variant_lookup_value (metrics, "outcomes", G_VARIANT_TYPE ("aa{sv}"));

  apm2_prometheus_add_family (out,
                              "apm2_window_seconds",
                              "gauge",
                              "Length of the window of the figures below.");
  apm2_prometheus_add_sample (out,
                              "apm2_window_seconds",
                              NULL,
                              (double) (until - MIN (since, until))
                                  / USEC_PER_SEC);
  if (outcomes != NULL)
    add_outcomes (out, outcomes);
  if (lanes == NULL)
    return;
  add_quantiles (out,
                 "apm2_window_job_duration_seconds",
                 "Time from start to end of jobs that ended within the window.",
                 "duration",
                 lanes);
  add_quantiles (out,
                 "apm2_window_queue_wait_seconds",
                 "Time from submission to start of the same jobs.",
                 "wait",
                 lanes);
}

/**
 * apm2_metrics_to_prometheus:
 * @metrics: a{sv}, as GetMetrics of the queue returns it
 * @objects: all objects with their properties
 *
 * Returns: (transfer full): the text
 */
char *
apm2_metrics_to_prometheus (GVariant *metrics, GVariant *objects)
{
  g_autoptr (GPtrArray) queues
      = apm2_properties_find_all (objects, APM2_IFACE_QUEUE, NULL);
  g_autoptr (GPtrArray) lanes
      = apm2_properties_find_all (objects, APM2_IFACE_LANE, "Name");
  GString *out = g_string_new (NULL);

  if (queues->len > 0)
    add_queue (out, g_ptr_array_index (queues, 0));
  add_lanes (out,
             "apm2_lane_pending",
             "Jobs of the lane that wait.",
             "Pending",
             lanes);
  add_lanes (out,
             "apm2_lane_running",
             "Jobs of the lane that are leased or run.",
             "Running",
             lanes);
  add_window (out, metrics);
  return g_string_free (out, FALSE);
}
