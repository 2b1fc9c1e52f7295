/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Figures over receipts: how many, how long, why.
 *
 * A percentile is that of the nearest rank: a time that some job really took.
 */

#include "apm2-metrics.h"

#include <string.h>

typedef struct
{
  guint64 count;
  GArray *durations; /* (element-type gint64) usec; from start to end */
  GArray *waits;     /* (element-type gint64) usec; from submission to start */
} LaneFigures;

struct _Apm2Metrics
{
  gint64 since; /* usec UTC */
  gint64 until;
  LaneFigures *all;
  GHashTable *lanes; /* (element-type utf8 LaneFigures) */
  GHashTable
      *outcomes; /* (element-type utf8 guint64) "outcome verdict reason" */
};

static LaneFigures *
lane_figures_new (void)
{
  LaneFigures *self = g_new0 (LaneFigures, 1);

  self->durations = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->waits = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

static void
lane_figures_free (gpointer data)
{
  LaneFigures *self = data;

  g_array_unref (self->durations);
  g_array_unref (self->waits);
  g_free (self);
}

/**
 * apm2_metrics_new:
 * @since: usec UTC; where the span begins
 * @until: usec UTC; where it ends
 *
 * Returns: (transfer full): figures of nothing
 */
Apm2Metrics *
apm2_metrics_new (gint64 since, gint64 until)
{
  Apm2Metrics *self = g_new0 (Apm2Metrics, 1);

  self->since = since;
  self->until = until;
  self->all = lane_figures_new ();
  self->lanes = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, lane_figures_free);
  self->outcomes
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/**
 * apm2_metrics_free:
 * @self: (transfer full): figures
 */
void
apm2_metrics_free (Apm2Metrics *self)
{
  g_return_if_fail (self != NULL);

  lane_figures_free (self->all);
  g_hash_table_unref (self->lanes);
  g_hash_table_unref (self->outcomes);
  g_free (self);
}

static void
add_times (LaneFigures *lane, const Apm2ReceiptSample *sample)
{
  gint64 usec;

  lane->count++;
  if (sample->started_at <= 0)
    return;
  usec = MAX (sample->finished_at - sample->started_at, 0);
  g_array_append_val (lane->durations, usec);
  if (sample->submitted_at <= 0)
    return;
  usec = MAX (sample->started_at - sample->submitted_at, 0);
  g_array_append_val (lane->waits, usec);
}

/**
 * apm2_metrics_add:
 * @self: figures
 * @sample: of one receipt; those of parts do not count
 */
void
apm2_metrics_add (Apm2Metrics *self, const Apm2ReceiptSample *sample)
{
  const char *name = sample->lane != NULL ? sample->lane : "";
  LaneFigures *lane = g_hash_table_lookup (self->lanes, name);
  g_autofree char *outcome = NULL;
  guint64 *count;

  if (sample->is_part)
    return;
  if (lane == NULL)
    {
      lane = lane_figures_new ();
      g_hash_table_insert (self->lanes, g_strdup (name), lane);
    }
  add_times (self->all, sample);
  add_times (lane, sample);

  outcome = g_strdup_printf ("%s %s %s",
                             apm2_job_state_to_string (sample->outcome),
                             apm2_verdict_to_string (sample->verdict),
                             sample->reason != NULL ? sample->reason : "");
  count = g_hash_table_lookup (self->outcomes, outcome);
  if (count == NULL)
    {
      count = g_new0 (guint64, 1);
      g_hash_table_insert (self->outcomes, g_steal_pointer (&outcome), count);
    }
  (*count)++;
}

/**
 * apm2_metrics_set_since:
 * @self: figures
 * @since: usec UTC; later than what was asked for
 *
 * Says that older receipts were not looked at.
 */
void
apm2_metrics_set_since (Apm2Metrics *self, gint64 since)
{
  self->since = since;
}

/**
 * apm2_metrics_find_rank:
 * @sorted: (element-type gint64): values, the smallest first
 * @percent: 1 to 100
 *
 * Returns: the smallest value that at least so many percent of all do not
 *   exceed; 0 if there is none
 */
gint64
apm2_metrics_find_rank (GArray *sorted, guint percent)
{
  guint rank;

  if (sorted->len == 0)
    return 0;
  rank = (guint) (((guint64) sorted->len * percent + 99) / 100);
  return g_array_index (sorted, gint64, MAX (rank, 1) - 1);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const gint64 one = *(const gint64 *) a;
  const gint64 other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

static void
put_times (GVariantDict *dict, const char *name, GArray *times)
{
  static const struct
  {
    const char *suffix;
    guint percent;
  } ranks[] = { { "median", 50 }, { "p95", 95 }, { "max", 100 } };
  g_autofree char *count = g_strdup_printf ("%s_count", name);

  g_array_sort (times, compare_times);
  g_variant_dict_insert (dict, count, "t", (guint64) times->len);
  for (gsize i = 0; i < G_N_ELEMENTS (ranks); i++)
    {
      g_autofree char *key
          = g_strdup_printf ("%s_%s_usec", name, ranks[i].suffix);
      const gint64 usec = apm2_metrics_find_rank (times, ranks[i].percent);

      g_variant_dict_insert (dict, key, "t", (guint64) usec);
    }
}

static GVariant *
lane_to_variant (const char *name, LaneFigures *lane)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "lane", "s", name);
  g_variant_dict_insert (&dict, "count", "t", lane->count);
  put_times (&dict, "duration", lane->durations);
  put_times (&dict, "wait", lane->waits);
  return g_variant_dict_end (&dict);
}

static GList *
list_keys (GHashTable *table)
{
  return g_list_sort (g_hash_table_get_keys (table), (GCompareFunc) strcmp);
}

static GVariant *
lanes_to_variant (Apm2Metrics *self)
{
  g_autoptr (GList) names = list_keys (self->lanes);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = names; l != NULL; l = l->next)
    g_variant_builder_add_value (
        &builder,
        lane_to_variant (l->data, g_hash_table_lookup (self->lanes, l->data)));
  return g_variant_builder_end (&builder);
}

static GVariant *
outcomes_to_variant (Apm2Metrics *self)
{
  g_autoptr (GList) names = list_keys (self->outcomes);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = names; l != NULL; l = l->next)
    {
      const guint64 *count = g_hash_table_lookup (self->outcomes, l->data);
      g_auto (GStrv) words = g_strsplit (l->data, " ", 3);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "outcome", "s", words[0]);
      g_variant_dict_insert (&dict, "verdict", "s", words[1]);
      g_variant_dict_insert (&dict, "reason", "s", words[2]);
      g_variant_dict_insert (&dict, "count", "t", *count);
      g_variant_builder_add_value (&builder, g_variant_dict_end (&dict));
    }
  return g_variant_builder_end (&builder);
}

/**
 * apm2_metrics_to_variant:
 * @self: figures
 *
 * Returns: (transfer floating): a{sv}, as GetMetrics of the queue returns it,
 *   but for "complete"
 */
GVariant *
apm2_metrics_to_variant (Apm2Metrics *self)
{
  const gint64 span = MAX (self->until - self->since, 1);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "since", "t", (guint64) self->since);
  g_variant_dict_insert (&dict, "until", "t", (guint64) self->until);
  g_variant_dict_insert (&dict,
                         "jobs_per_hour",
                         "d",
                         (double) self->all->count * (double) G_TIME_SPAN_HOUR
                             / (double) span);
  g_variant_dict_insert_value (&dict, "total", lane_to_variant ("", self->all));
  g_variant_dict_insert_value (&dict, "lanes", lanes_to_variant (self));
  g_variant_dict_insert_value (&dict, "outcomes", outcomes_to_variant (self));
  return g_variant_dict_end (&dict);
}
