/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Figures of the queue as tables.
 */

#include "apm2-metrics-text.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-page.h"
#include "apm2-properties.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-word.h"

static const Apm2Column lane_columns[] = {
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("JOBS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("MEDIAN"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("P95"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("MAX"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WAIT MEDIAN"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WAIT P95"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WAIT MAX"), APM2_COLUMN_RIGHT, 0 },
};

static const Apm2Column outcome_columns[] = {
  { N_ ("OUTCOME"), APM2_COLUMN_LEFT, 0 },
  { N_ ("VERDICT"), APM2_COLUMN_LEFT, 0 },
  { N_ ("REASON"), APM2_COLUMN_LEFT, 0 },
  { N_ ("JOBS"), APM2_COLUMN_RIGHT, 0 },
};

static void
add_word (Apm2Table *table, const char *word)
{
  apm2_table_add (
      table, word[0] != '\0' ? apm2_word_get (word) : "-", APM2_STYLE_NORMAL);
}

static void
add_times (Apm2Table *table, GVariant *lane, const char *name)
{
  static const char *const suffixes[] = { "median", "p95", "max" };
  g_autofree char *count_key = g_strdup_printf ("%s_count", name);
  const guint64 count = apm2_properties_get_count (lane, count_key);

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *key = g_strdup_printf ("%s_%s_usec", name, suffixes[i]);
      g_autofree char *span
          = apm2_time_format_span (apm2_properties_get_count (lane, key));

      apm2_table_add (table, count > 0 ? span : "-", APM2_STYLE_NORMAL);
    }
}

static void
add_lane (Apm2Table *table, GVariant *lane, const char *name)
{
  apm2_table_add (table, name, APM2_STYLE_NORMAL);
  apm2_table_add_count (table, apm2_properties_get_count (lane, "count"));
  add_times (table, lane, "duration");
  add_times (table, lane, "wait");
}

static void
print_table (const Apm2CommandCall *call, const Apm2Table *table)
{
  puts ("");
  apm2_page_print_table (call, table);
}

static void
print_lanes (const Apm2CommandCall *call, GVariant *metrics)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (lane_columns, G_N_ELEMENTS (lane_columns));
  g_autoptr (GVariant) lanes
      = g_variant_lookup_value (metrics, "lanes", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) total
      = g_variant_lookup_value (metrics, "total", G_VARIANT_TYPE_VARDICT);

  for (gsize i = 0; lanes != NULL && i < g_variant_n_children (lanes); i++)
    {
      g_autoptr (GVariant) lane = g_variant_get_child_value (lanes, i);

      add_lane (table, lane, apm2_properties_get_text (lane, "lane"));
    }
  if (total != NULL)
    add_lane (table, total, _ ("all"));
  print_table (call, table);
}

static void
print_outcomes (const Apm2CommandCall *call, GVariant *metrics)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (outcome_columns, G_N_ELEMENTS (outcome_columns));
  g_autoptr (GVariant) outcomes
      = g_variant_lookup_value (metrics, "outcomes", G_VARIANT_TYPE ("aa{sv}"));
  const gsize n = outcomes != NULL ? g_variant_n_children (outcomes) : 0;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) outcome = g_variant_get_child_value (outcomes, i);

      add_word (table, apm2_properties_get_text (outcome, "outcome"));
      add_word (table, apm2_properties_get_text (outcome, "verdict"));
      add_word (table, apm2_properties_get_text (outcome, "reason"));
      apm2_table_add_count (table,
                            apm2_properties_get_count (outcome, "count"));
    }
  if (n > 0)
    print_table (call, table);
}

/**
 * apm2_metrics_print:
 * @call: how it was asked for
 * @metrics: a{sv}, as GetMetrics of the queue returns it
 *
 * Prints tables.
 */
void
apm2_metrics_print (const Apm2CommandCall *call, GVariant *metrics)
{
  const guint64 since = apm2_properties_get_count (metrics, "since");
  const guint64 until = apm2_properties_get_count (metrics, "until");
  g_autofree char *span = apm2_time_format_span (until - MIN (since, until));
  double rate = 0;

  (void) g_variant_lookup (metrics, "jobs_per_hour", "d", &rate);
  apm2_page_begin (call);
  printf (_ ("Last %s: %.1f jobs per hour\n"), span, rate);
  if (!apm2_properties_get_flag (metrics, "complete"))
    puts (_ ("Not further back: there are more receipts than are looked at."));
  print_lanes (call, metrics);
  print_outcomes (call, metrics);
}
