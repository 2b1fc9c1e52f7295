/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How long it takes from the wish to run a job to its first instruction, with a
 * slot armed: from the call of Submit on an open connection, and from the start
 * of a process 'apm2 fac submit'. Beside it systemd-run with the same sandbox,
 * and nq and tsp, which have none and keep nothing.
 *
 * Runs where the services do; bench/dispatch makes such a place.
 */

#include <string.h>

#include <glib/gstdio.h>

#include "apm2-names.h"
#include "apm2-paths.h"

#include "bench-client.h"
#include "bench-figure.h"
#include "bench-spawn.h"

/* For the slots to be armed again. */
#define PATIENCE_USEC 60e6
#define LOOK_USEC     5000
/* What the manager and the services do after a slot is armed. */
#define SETTLE_USEC 60000

static int rounds = 5;
static int samples = 15;
static char **only;

static const GOptionEntry entries[] = {
  { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Rounds (5)", "N" },
  { "samples", 0, 0, G_OPTION_ARG_INT, &samples, "Of each a round (15)", "N" },
  { "only",
    0,
    0,
    G_OPTION_ARG_STRING_ARRAY,
    &only,
    "Measure this way only (all): program, nq, tsp, call, process, "
    "systemd-run; "
    "may be given several times",
    "WAY" },
  { NULL },
};

typedef struct
{
  Apm2Paths *paths;
  char *lanes; /* directory with what the slots say */
  char *place; /* where nothing else lies */
  char *mark;  /* file in it to which jobs write */
  sd_bus *bus;
  const char *job;
  char *spec;
  const char *const *systemd_run; /* writes to mark */
} Bench;

typedef double (*Way) (Bench *bench);

/* --- the ways --- */

static double
run_program (Bench *bench)
{
  const char *const argv[] = { bench->job, bench->mark, NULL };
  double start = bench_spawn (argv, NULL);

  return bench_await_start (bench->mark) - start;
}

static double
run_nq (Bench *bench)
{
  const char *const argv[] = { "nq", bench->job, bench->mark, NULL };
  g_autofree char *name = NULL;
  g_autofree char *file = NULL;
  double start = bench_spawn (argv, &name);
  double usec = bench_await_start (bench->mark) - start;

  /* It reads what is left of all jobs before. */
  file = g_build_filename (bench->place, name, NULL);
  (void) g_unlink (file);
  return usec;
}

static double
run_tsp (Bench *bench)
{
  const char *const argv[] = { "tsp", "-n", bench->job, bench->mark, NULL };
  const char *const forget[] = { "tsp", "-C", NULL };
  double start = bench_spawn (argv, NULL);
  double usec = bench_await_start (bench->mark) - start;

  (void) bench_spawn (forget, NULL);
  return usec;
}

static double
run_systemd_run (Bench *bench)
{
  double start = bench_spawn (bench->systemd_run, NULL);

  return bench_await_start (bench->mark) - start;
}

static double
await_job (const Bench *bench, const char *id)
{
  g_autofree char *log = apm2_paths_get_log_file (bench->paths, id, 1, 0);

  return bench_await_start (log);
}

static double
run_process (Bench *bench)
{
  const char *const argv[]
      = { "apm2", "fac", "submit", "--", bench->job, NULL };
  g_autofree char *id = NULL;
  double start = bench_spawn (argv, &id);

  return await_job (bench, id) - start;
}

static double
run_call (Bench *bench)
{
  const char *id = NULL;
  double start = bench_now_usec ();
  sd_bus_message *reply = bench_bus_call (bench->bus,
                                          APM2_OBJECT_QUEUE,
                                          APM2_IFACE_QUEUE,
                                          "Submit",
                                          "sa{sv}",
                                          bench->spec,
                                          0);
  double usec = 0;

  bench_bus_check (sd_bus_message_read (reply, "s", &id), "read the id");
  usec = await_job (bench, id) - start;
  sd_bus_message_unref (reply);
  return usec;
}

/* --- quiet --- */

/* A slot says one line when it is armed, and more when it works. */
static gboolean
is_armed (const char *file)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (file, &text, NULL, NULL)
         && g_str_has_prefix (text, "armed")
         && strchr (text, '\n') == text + strlen (text) - 1;
}

static gboolean
are_armed (const Bench *bench)
{
  g_autoptr (GDir) dir = g_dir_open (bench->lanes, 0, NULL);
  guint n = 0;

  for (const char *name = NULL;
       dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *file = g_build_filename (bench->lanes, name, NULL);

      if (!g_str_has_suffix (name, ".events"))
        continue;
      if (!is_armed (file))
        return FALSE;
      n++;
    }
  return n > 0;
}

static void
settle (const Bench *bench)
{
  double end = bench_now_usec () + PATIENCE_USEC;

  while (!are_armed (bench))
    {
      if (bench_now_usec () > end)
        {
          g_printerr ("bench: the slots in %s are not armed\n", bench->lanes);
          exit (EXIT_FAILURE);
        }
      g_usleep (LOOK_USEC);
    }
  (void) g_unlink (bench->mark);
  g_usleep (SETTLE_USEC);
}

/* --- all of it --- */

enum
{
  PROGRAM,
  NQ,
  TSP,
  CALL,
  PROCESS,
  SYSTEMD_RUN,
  N_WAYS,
};

static const struct
{
  Way way;
  const char *word;
  const char *name;
} ways[N_WAYS] = {
  [PROGRAM] = { run_program, "program", "floor: start of the program alone" },
  [NQ] = { run_nq, "nq", "nq, no sandbox" },
  [TSP] = { run_tsp, "tsp", "tsp, no sandbox" },
  [CALL] = { run_call, "call", "Submit on an open connection, sandbox" },
  [PROCESS] = { run_process, "process", "apm2 fac submit, sandbox" },
  [SYSTEMD_RUN]
  = { run_systemd_run, "systemd-run", "systemd-run, the same sandbox" },
};

static gboolean
is_wanted (int way)
{
  return only == NULL
         || g_strv_contains ((const char *const *) only, ways[way].word);
}

static const struct
{
  int one;
  int other;
  double goal;
  const char *name;
} ratios[] = {
  { PROCESS, SYSTEMD_RUN, 0.1, "apm2 fac submit / systemd-run" },
  { PROCESS, NQ, 2.5, "apm2 fac submit / nq" },
  { CALL, NQ, 1.0, "Submit / nq" },
};

/* One of each in turns, so that all meet the same noise. */
static void
measure_round (Bench *bench, BenchFigure **figures)
{
  GArray *lists[N_WAYS];

  for (int k = 0; k < N_WAYS; k++)
    lists[k] = g_array_new (FALSE, FALSE, sizeof (double));
  for (int i = 0; i < samples; i++)
    for (int k = 0; k < N_WAYS; k++)
      {
        double usec = 0;

        if (!is_wanted (k))
          continue;
        settle (bench);
        usec = ways[k].way (bench);
        g_array_append_val (lists[k], usec);
      }
  for (int k = 0; k < N_WAYS; k++)
    if (is_wanted (k))
      bench_figure_add_median (figures[k], lists[k]);
    else
      g_array_unref (lists[k]);
}

static void
measure (Bench *bench)
{
  BenchFigure *figures[N_WAYS];
  BenchFigure *results[G_N_ELEMENTS (ratios)];

  for (int k = 0; k < N_WAYS; k++)
    figures[k] = bench_figure_new (ways[k].name, "usec");
  for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
    results[k] = bench_figure_new (ratios[k].name, "");
  for (int i = 0; i < rounds; i++)
    {
      measure_round (bench, figures);
      for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
        if (is_wanted (ratios[k].one) && is_wanted (ratios[k].other))
          bench_figure_add (results[k],
                            bench_figure_last (figures[ratios[k].one])
                                / bench_figure_last (figures[ratios[k].other]));
    }

  for (int k = 0; k < N_WAYS; k++)
    if (is_wanted (k))
      bench_figure_print (figures[k]);
  g_print ("\n");
  for (guint k = 0; k < G_N_ELEMENTS (ratios); k++)
    {
      if (is_wanted (NQ) && is_wanted (ratios[k].one)
          && is_wanted (ratios[k].other))
        bench_goal_print (
            results[k], figures[NQ], BENCH_AT_MOST, ratios[k].goal);
      bench_figure_free (results[k]);
    }
  if (is_wanted (NQ))
    bench_noise_print (figures[NQ]);
  for (int k = 0; k < N_WAYS; k++)
    bench_figure_free (figures[k]);
}

static void
check (gboolean ok, const GError *error)
{
  if (ok)
    return;
  g_printerr ("bench: %s\n", error->message);
  exit (EXIT_FAILURE);
}

static void
open_bench (Bench *bench, char **args)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;

  bench->paths = apm2_paths_new (APM2_MODE_AUTO, &error);
  check (bench->paths != NULL, error);
  address = apm2_paths_get_operator_address (bench->paths);
  bench->lanes = g_build_filename (bench->paths->runtime_dir, "lanes", NULL);
  bench->place = g_strdup (args[1]);
  bench->mark = g_build_filename (bench->place, "mark", NULL);
  bench->bus = bench_bus_open (address);
  bench->job = args[0];
  bench->spec = g_strdup_printf ("{\"schema\":\"" APM2_SCHEMA_JOB_SPEC "\","
                                 "\"kind\":\"command\",\"lane\":\"bulk\","
                                 "\"steps\":[{\"name\":\"start\","
                                 "\"argv\":[\"%s\"]}]}",
                                 bench->job);
  bench->systemd_run = (const char *const *) args + 2;
  (void) g_setenv ("NQDIR", bench->place, TRUE);
}

static void
close_bench (Bench *bench)
{
  (void) sd_bus_close_unref (bench->bus);
  apm2_paths_free (bench->paths);
  g_free (bench->lanes);
  g_free (bench->place);
  g_free (bench->mark);
  g_free (bench->spec);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context
      = g_option_context_new ("JOB DIR SYSTEMD-RUN-COMMAND…");
  g_autoptr (GError) error = NULL;
  Bench bench = { 0 };

  g_option_context_set_summary (
      context,
      "JOB is bench-dispatch-job, and the command ends with it and writes what "
      "it says to DIR/mark.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_strict_posix (context, TRUE);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 4
      || rounds < 1 || samples < 1)
    {
      g_printerr ("bench: %s\n", error != NULL ? error->message : "too few");
      return 2;
    }
  open_bench (&bench, argv + 1);
  measure (&bench);
  close_bench (&bench);
  return 0;
}
