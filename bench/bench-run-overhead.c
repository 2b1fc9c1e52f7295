/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What it costs to run a command by apm2 run where a slot is free: the whole
 * process, from its start to its end, of a command that does nothing. Beside it
 * the command alone, below flock, and in a scope of systemd-run.
 *
 * Runs where the services do; bench/run-overhead makes such a place.
 */

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-figure.h"

static int rounds = 5;
static int samples = 30;

static const GOptionEntry entries[] = {
  { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Rounds (5)", "N" },
  { "samples", 0, 0, G_OPTION_ARG_INT, &samples, "Of each a round (30)", "N" },
  { NULL },
};

enum
{
  BARE,
  FLOCK,
  RUN,
  SCOPE,
  N_WAYS,
};

static const char *const bare[] = { "true", NULL };
static const char *const below_flock[] = { "flock", ".lock", "true", NULL };
static const char *const below_run[] = { "apm2", "run", "--", "true", NULL };
static const char *const in_scope[]
    = { "systemd-run", "--user", "--scope", "--quiet",
        "--collect",   "--",     "true",    NULL };

static const struct
{
  const char *const *argv;
  const char *name;
} ways[N_WAYS] = {
  [BARE] = { bare, "floor: the command alone" },
  [FLOCK] = { below_flock, "flock, no scope" },
  [RUN] = { below_run, "apm2 run, slot, scope and receipt" },
  [SCOPE] = { in_scope, "systemd-run --scope" },
};

static const struct
{
  int one;
  int other;
  double goal;
  const char *name;
} ratios[] = {
  { RUN, SCOPE, 0.6, "apm2 run / systemd-run --scope" },
};

static double
run (const char *const *argv)
{
  double start = bench_now_usec ();
  int status = 0;
  pid_t pid = 0;

  if (posix_spawnp (&pid, argv[0], NULL, NULL, (char *const *) argv, environ)
          != 0
      || waitpid (pid, &status, 0) != pid || status != 0)
    {
      g_printerr ("bench: %s did not succeed\n", argv[0]);
      exit (EXIT_FAILURE);
    }
  return bench_now_usec () - start;
}

/* One of each in turns, so that all meet the same noise. */
static void
measure_round (BenchFigure **figures)
{
  GArray *lists[N_WAYS];

  for (int k = 0; k < N_WAYS; k++)
    lists[k] = g_array_new (FALSE, FALSE, sizeof (double));
  for (int i = 0; i < samples; i++)
    for (int k = 0; k < N_WAYS; k++)
      {
        double usec = run (ways[k].argv);

        g_array_append_val (lists[k], usec);
      }
  for (int k = 0; k < N_WAYS; k++)
    bench_figure_add_median (figures[k], lists[k]);
}

static void
measure (void)
{
  BenchFigure *figures[N_WAYS];
  BenchFigure *results[G_N_ELEMENTS (ratios)];

  for (int k = 0; k < N_WAYS; k++)
    figures[k] = bench_figure_new (ways[k].name, "usec");
  for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
    results[k] = bench_figure_new (ratios[k].name, "");
  for (int i = 0; i < rounds; i++)
    {
      measure_round (figures);
      for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
        bench_figure_add (results[k],
                          bench_figure_last (figures[ratios[k].one])
                              / bench_figure_last (figures[ratios[k].other]));
    }
  for (int k = 0; k < N_WAYS; k++)
    bench_figure_print (figures[k]);
  g_print ("\n");
  for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
    {
      bench_goal_print (
          results[k], figures[FLOCK], BENCH_AT_MOST, ratios[k].goal);
      bench_figure_free (results[k]);
    }
  bench_noise_print (figures[FLOCK]);
  for (int k = 0; k < N_WAYS; k++)
    bench_figure_free (figures[k]);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context
      = g_option_context_new ("- what apm2 run costs");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1
      || rounds < 1 || samples < 1)
    {
      g_printerr ("bench: %s\n", error != NULL ? error->message : "see --help");
      return EXIT_FAILURE;
    }
  measure ();
  return EXIT_SUCCESS;
}
