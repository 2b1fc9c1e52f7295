/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BenchFigure:
 *
 * One thing that is measured: a value per round.
 */
typedef struct
{
  const char *name;
  const char *unit;
  GArray *rounds; /* (element-type double) */
} BenchFigure;

double bench_now_usec (void);

BenchFigure *bench_figure_new (const char *name, const char *unit);
void bench_figure_free (BenchFigure *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchFigure, bench_figure_free)

void bench_figure_add (BenchFigure *self, double value);
void bench_figure_add_median (BenchFigure *self, GArray *samples);
double bench_figure_last (const BenchFigure *self);
void bench_figure_print (const BenchFigure *self);

typedef enum
{
  BENCH_AT_MOST,
  BENCH_AT_LEAST,
} BenchDirection;

void bench_goal_print (const BenchFigure *ratio,
                       const BenchFigure *floor,
                       BenchDirection direction,
                       double goal);
void bench_noise_print (const BenchFigure *floor);

G_END_DECLS
