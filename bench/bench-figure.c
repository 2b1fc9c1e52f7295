/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Figures: a value per round, shown as the median of the rounds with the
 * smallest and the largest beside it.
 *
 * A ratio is a figure of its own, taken within each round, so that a machine
 * which is busy for a while slows both sides of it.
 */

#include "bench-figure.h"

#include <time.h>

/* How much a floor may vary between rounds of one run. */
#define NOISE_MAX 2

/**
 * bench_now_usec:
 *
 * Returns: monotonic time in microseconds
 */
double
bench_now_usec (void)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

/**
 * bench_figure_new:
 * @name: what is measured; a literal
 * @unit: its unit; a literal
 *
 * Returns: (transfer full): a figure without rounds
 */
BenchFigure *
bench_figure_new (const char *name, const char *unit)
{
  BenchFigure *self = g_new0 (BenchFigure, 1);

  self->name = name;
  self->unit = unit;
  self->rounds = g_array_new (FALSE, FALSE, sizeof (double));
  return self;
}

void
bench_figure_free (BenchFigure *self)
{
  g_array_unref (self->rounds);
  g_free (self);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double one = *(const double *) a;
  double other = *(const double *) b;

  return one < other ? -1 : one > other;
}

static double
median_of (const GArray *values)
{
  g_autoptr (GArray) sorted = NULL;

  g_return_val_if_fail (values->len > 0, 0);

  sorted = g_array_copy ((GArray *) values);
  g_array_sort (sorted, compare);
  return g_array_index (sorted, double, sorted->len / 2);
}

void
bench_figure_add (BenchFigure *self, double value)
{
  g_array_append_val (self->rounds, value);
}

/**
 * bench_figure_add_median:
 * @self: a figure
 * @samples: (element-type double) (transfer full): what one round measured
 */
void
bench_figure_add_median (BenchFigure *self, GArray *samples)
{
  bench_figure_add (self, median_of (samples));
  g_array_unref (samples);
}

/**
 * bench_figure_last:
 * @self: a figure with at least one round
 *
 * Returns: the value of the latest round
 */
double
bench_figure_last (const BenchFigure *self)
{
  g_return_val_if_fail (self->rounds->len > 0, 0);

  return g_array_index (self->rounds, double, self->rounds->len - 1);
}

static void
get_range (const BenchFigure *self, double *ret_min, double *ret_max)
{
  *ret_min = *ret_max = g_array_index (self->rounds, double, 0);
  for (guint i = 1; i < self->rounds->len; i++)
    {
      double value = g_array_index (self->rounds, double, i);

      *ret_min = MIN (*ret_min, value);
      *ret_max = MAX (*ret_max, value);
    }
}

void
bench_figure_print (const BenchFigure *self)
{
  double min = 0;
  double max = 0;

  get_range (self, &min, &max);
  g_print ("%-48s %10.1f %-6s [%.1f .. %.1f]\n",
           self->name,
           median_of (self->rounds),
           self->unit,
           min,
           max);
}

/* The value of @self in the round in which @floor had its best. */
static double
at_quietest (const BenchFigure *self, const BenchFigure *floor)
{
  gboolean is_rate = g_str_has_suffix (floor->unit, "/s");
  guint best = 0;

  for (guint i = 1; i < floor->rounds->len; i++)
    {
      double value = g_array_index (floor->rounds, double, i);
      double known = g_array_index (floor->rounds, double, best);

      if (is_rate ? value > known : value < known)
        best = i;
    }
  return g_array_index (self->rounds, double, best);
}

/**
 * bench_goal_print:
 * @ratio: a ratio, taken in each round
 * @floor: what it was measured beside, in the same rounds
 * @direction: which side of the goal is good
 * @goal: the goal
 *
 * Prints the one line of a goal. It is judged by the median; the round in which
 * the machine had the most time for the floor stands beside it.
 */
void
bench_goal_print (const BenchFigure *ratio,
                  const BenchFigure *floor,
                  BenchDirection direction,
                  double goal)
{
  double value = median_of (ratio->rounds);
  gboolean reached = direction == BENCH_AT_MOST ? value <= goal : value >= goal;
  double min = 0;
  double max = 0;

  get_range (ratio, &min, &max);
  g_print ("goal  %-38s %5.2f [%.2f .. %.2f], quietest round %.2f; "
           "goal %s %.1f: %s\n",
           ratio->name,
           value,
           min,
           max,
           at_quietest (ratio, floor),
           direction == BENCH_AT_MOST ? "<=" : ">=",
           goal,
           reached ? "reached" : "not reached");
}

/**
 * bench_noise_print:
 * @floor: a floor
 *
 * Says so if the machine was too busy with other things for the ratios to this
 * floor to mean much: a slow disk hides a slow broker.
 */
void
bench_noise_print (const BenchFigure *floor)
{
  double min = 0;
  double max = 0;

  get_range (floor, &min, &max);
  if (max > min * NOISE_MAX)
    g_print ("noise %s: from %.1f to %.1f %s; measure again on a quiet "
             "machine before you believe the goals\n",
             floor->name,
             min,
             max,
             floor->unit);
}
