/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lanes as people read them: one line each, and below it who holds it.
 */

#include "apm2-lanes-text.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-format.h"
#include "apm2-properties.h"
#include "apm2-size.h"
#include "apm2-table.h"

const Apm2Column apm2_lanes_text_columns[] = {
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("SLOTS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("CPUS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("MEMORY"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("RUNNING"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("WAITING"), APM2_COLUMN_RIGHT, 0 },
};

/* Without titles. */
static const Apm2Column holder_columns[] = {
  { "", APM2_COLUMN_LEFT, 0 },                     /* job */
  { "", APM2_COLUMN_RIGHT, 0 },                    /* slots */
  { "", APM2_COLUMN_LEFT, 0 },                     /* since */
  { "", APM2_COLUMN_LEFT, 0 },                     /* exclusive names */
  { "", APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 }, /* command */
  { "", APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 }, /* directory */
};

static char *
format_count (guint64 count)
{
  return g_strdup_printf ("%" PRIu64, count);
}

/* Hundredths of CPUs, without zeros that say nothing. */
static char *
format_cpus (guint64 percent)
{
  if (percent % 100 == 0)
    return format_count (percent / 100);
  if (percent % 10 == 0)
    return g_strdup_printf (
        "%" PRIu64 ".%" PRIu64, percent / 100, percent / 10 % 10);
  return g_strdup_printf (
      "%" PRIu64 ".%02" PRIu64, percent / 100, percent % 100);
}

/* "used/budget"; without a bound only what is used, and never a bare 0, which
 * reads as if nothing were left. */
static void
add_usage (Apm2Table *table,
           guint64 used,
           guint64 budget,
           char *(*format) (guint64 value))
{
  g_autofree char *have = format (used);
  g_autofree char *bound = format (budget);
  g_autofree char *both = g_strconcat (have, "/", bound, NULL);

  if (budget > 0)
    apm2_table_add (
        table, both, used >= budget ? APM2_STYLE_WARN : APM2_STYLE_NORMAL);
  else
    apm2_table_add (table, used > 0 ? have : "-", APM2_STYLE_NORMAL);
}

/**
 * apm2_lanes_text_add_state:
 * @table: a table
 * @lane: properties of a lane
 * @all_paused: whether the whole queue is
 *
 * Adds a cell: whether jobs may start, and if not why.
 */
void
apm2_lanes_text_add_state (Apm2Table *table,
                           GVariant *lane,
                           gboolean all_paused)
{
  const gboolean paused
      = all_paused || apm2_properties_get_flag (lane, "Paused");
  const char *closed = apm2_properties_get_text (lane, "Closed");

  if (paused)
    apm2_table_add (table, _ ("paused"), APM2_STYLE_WARN);
  else if (g_strcmp0 (closed, "pressure") == 0)
    apm2_table_add (table, _ ("pressure"), APM2_STYLE_WARN);
  else
    apm2_table_add (table, _ ("open"), APM2_STYLE_GOOD);
}

static void
add_lane (Apm2Table *table, GVariant *lane, gboolean all_paused)
{
  apm2_table_add (
      table, apm2_properties_get_text (lane, "Name"), APM2_STYLE_NORMAL);
  apm2_lanes_text_add_state (table, lane, all_paused);
  add_usage (table,
             apm2_properties_get_count (lane, "UsedSlots"),
             apm2_properties_get_count (lane, "BudgetSlots"),
             format_count);
  add_usage (table,
             apm2_properties_get_count (lane, "UsedCpuPercent"),
             apm2_properties_get_count (lane, "BudgetCpuPercent"),
             format_cpus);
  add_usage (table,
             apm2_properties_get_count (lane, "UsedMemoryBytes"),
             apm2_properties_get_count (lane, "BudgetMemoryBytes"),
             apm2_size_to_string);
  apm2_table_add_count (table, apm2_properties_get_count (lane, "Running"));
  apm2_table_add_count (table, apm2_properties_get_count (lane, "Pending"));
}

static GVariant *
get_holders (GVariant *lane)
{
  return g_variant_lookup_value (lane, "Holders", G_VARIANT_TYPE ("aa{sv}"));
}

static guint
count_holders (GVariant *lane)
{
  g_autoptr (GVariant) holders = get_holders (lane);

  return holders == NULL ? 0 : (guint) g_variant_n_children (holders);
}

/* What it has alone. */
static void
add_names (Apm2Table *table, GVariant *holder)
{
  g_autofree const char **names = NULL;
  g_autofree char *text = NULL;

  if (!g_variant_lookup (holder, "exclusive", "^a&s", &names))
    {
      apm2_table_add (table, "", APM2_STYLE_NORMAL);
      return;
    }
  text = g_strjoinv (",", (char **) names);
  apm2_table_add (table, text, APM2_STYLE_WARN);
}

static void
add_holder (Apm2Table *table, GVariant *holder, gint64 now_usec, gboolean utf8)
{
  const guint64 n = apm2_properties_get_count (holder, "slots");
  g_autofree char *id
      = g_strconcat (utf8 ? "  └ " : "  - ",
                     apm2_properties_get_text (holder, "job_id"),
                     NULL);
  g_autofree char *slots = g_strdup_printf (
      ngettext ("%" PRIu64 " slot", "%" PRIu64 " slots", (gulong) n), n);
  g_autofree char *since = apm2_format_ago (
      apm2_properties_get_count (holder, "since_usec"), now_usec);

  apm2_table_add (table, id, APM2_STYLE_NORMAL);
  apm2_table_add (table, slots, APM2_STYLE_NORMAL);
  apm2_table_add (table, since, APM2_STYLE_NORMAL);
  add_names (table, holder);
  apm2_table_add (
      table, apm2_properties_get_text (holder, "command"), APM2_STYLE_BOLD);
  apm2_table_add (
      table, apm2_properties_get_text (holder, "directory"), APM2_STYLE_DIM);
}

static void
add_holders (Apm2Table *table, GVariant *lane, gint64 now_usec, gboolean utf8)
{
  g_autoptr (GVariant) holders = get_holders (lane);

  for (gsize i = 0; holders != NULL && i < g_variant_n_children (holders); i++)
    {
      g_autoptr (GVariant) holder = g_variant_get_child_value (holders, i);

      add_holder (table, holder, now_usec, utf8);
    }
}

/* Moves the first line of @rest to @out. */
static void
take_line (GString *out, const char **rest)
{
  gsize length = strcspn (*rest, "\n");

  length += (*rest)[length] == '\n' ? 1 : 0;
  g_string_append_len (out, *rest, (gssize) length);
  *rest += length;
}

/**
 * apm2_lanes_text_format:
 * @lanes: (element-type GVariant): properties of each
 * @columns: (nullable) (element-type guint): which columns, without the
 *   holders; %NULL: all
 * @all_paused: the queue is paused as a whole
 * @now_usec: the time now
 * @legend: whether a line of titles comes first
 * @width: columns that a line may take; 0 for no bound
 * @utf8: whether the stream shows UTF-8
 * @color: whether the stream gets colour
 *
 * Returns: (transfer full): lines
 */
char *
apm2_lanes_text_format (GPtrArray *lanes,
                        const GArray *columns,
                        gboolean all_paused,
                        gint64 now_usec,
                        gboolean legend,
                        guint width,
                        gboolean utf8,
                        gboolean color)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (apm2_lanes_text_columns, APM2_LANES_TEXT_N_COLUMNS);
  g_autoptr (Apm2Table) below
      = apm2_table_new (holder_columns, G_N_ELEMENTS (holder_columns));
  g_autofree char *rows = NULL;
  g_autofree char *holders = NULL;
  GString *out = g_string_new (NULL);
  const char *row = NULL;
  const char *holder = NULL;

  for (guint i = 0; i < lanes->len; i++)
    {
      add_lane (table, g_ptr_array_index (lanes, i), all_paused);
      add_holders (below, g_ptr_array_index (lanes, i), now_usec, utf8);
    }
  if (columns != NULL)
    {
      g_autoptr (Apm2Table) picked = apm2_table_pick (table, columns);

      g_string_free (out, TRUE);
      return apm2_table_to_string (picked, legend, width, utf8, color);
    }
  rows = apm2_table_to_string (table, legend, width, utf8, color);
  holders = apm2_table_to_string (below, FALSE, width, utf8, color);

  row = rows;
  holder = holders;
  if (legend)
    take_line (out, &row);
  for (guint i = 0; i < lanes->len; i++)
    {
      const guint n = count_holders (g_ptr_array_index (lanes, i));

      take_line (out, &row);
      for (guint j = 0; j < n; j++)
        take_line (out, &holder);
    }
  return g_string_free (out, FALSE);
}
