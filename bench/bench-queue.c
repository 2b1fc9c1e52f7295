/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What jobs cost on their way out: lease and finish beside raw SQLite, and
 * what an operator's questions cost when 100,000 jobs wait instead of 100.
 */

#include "apm2-names.h"

#include "bench-broker.h"
#include "bench-client.h"
#include "bench-figure.h"
#include "bench-raw-store.h"
#include "bench-worker.h"

#define CLIENTS 64
#define SHALLOW 100

static int rounds = 11;
static int jobs = 1000;
static int samples = 200;
static int depth = 100000;

static const GOptionEntry entries[] = {
  { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Rounds (11)", "N" },
  { "jobs", 0, 0, G_OPTION_ARG_INT, &jobs, "Drained each round (1000)", "N" },
  { "samples", 0, 0, G_OPTION_ARG_INT, &samples, "Of each a round (200)", "N" },
  { "depth", 0, 0, G_OPTION_ARG_INT, &depth, "Jobs that wait (100000)", "N" },
  { NULL },
};

/* --- lease and finish --- */

typedef struct
{
  guint slots;
  BenchFigure *rate;
  BenchFigure *ratio;
} DrainCase;

static void
drain (const BenchBroker *broker, DrainCase *c, const BenchFigure *raw)
{
  g_autofree char *spec = bench_spec ("bulk");
  g_autoptr (BenchWorker) worker = NULL;

  (void) bench_submit_many (broker->address, spec, CLIENTS, (guint) jobs);
  worker = bench_worker_new (broker->address, c->slots);
  bench_figure_add (c->rate,
                    bench_worker_drain (worker, c->slots, (guint) jobs));
  bench_figure_add (c->ratio,
                    bench_figure_last (c->rate) / bench_figure_last (raw));
}

static void
measure_drain (const char *place)
{
  g_autoptr (BenchBroker) broker = bench_broker_start (place, "drain");
  g_autoptr (BenchRawStore) raw_store = bench_raw_store_new (place);
  g_autoptr (BenchFigure) raw
      = bench_figure_new ("floor: raw SQLite, claim + done", "jobs/s");
  DrainCase cases[] = {
    { 1,
      bench_figure_new ("lease + finish, 1 slot", "jobs/s"),
      bench_figure_new ("lease+finish, 1 slot / raw SQLite", "") },
    { 8,
      bench_figure_new ("lease + finish, 8 slots", "jobs/s"),
      bench_figure_new ("lease+finish, 8 slots / raw SQLite", "") },
  };

  for (int i = 0; i < rounds; i++)
    {
      bench_raw_store_fill (raw_store, (guint) jobs);
      bench_figure_add (raw, bench_raw_store_drain (raw_store, (guint) jobs));
      for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
        drain (broker, &cases[k], raw);
    }

  bench_figure_print (raw);
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    bench_figure_print (cases[k].rate);
  g_print ("\n");
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      bench_goal_print (cases[k].ratio, raw, BENCH_AT_LEAST, 0.7);
      bench_figure_free (cases[k].rate);
      bench_figure_free (cases[k].ratio);
    }
  bench_noise_print (raw);
  g_print ("\n");
}

/* --- depth --- */

/* A broker with jobs that wait in a paused lane, and a worker for the other. */
typedef struct
{
  BenchBroker *broker;
  sd_bus *bus;
  BenchWorker *worker;
} Queue;

typedef double (*Question) (Queue *queue);

static void
queue_open (Queue *self, const char *place, const char *name, guint n)
{
  g_autofree char *spec = bench_spec ("bulk");

  self->broker = bench_broker_start (place, name);
  self->bus = bench_bus_open (self->broker->address);
  sd_bus_message_unref (bench_bus_call (self->bus,
                                        APM2_OBJECT_QUEUE,
                                        APM2_IFACE_QUEUE,
                                        "Pause",
                                        "sa{sv}",
                                        "bulk",
                                        0));
  (void) bench_submit_many (self->broker->address, spec, CLIENTS, n);
  self->worker = bench_worker_new (self->broker->address, 1);
}

static void
queue_close (Queue *self)
{
  bench_worker_free (self->worker);
  (void) sd_bus_close_unref (self->bus);
  bench_broker_stop (self->broker);
}

/* The worker's call is parked before: a reply to Ping on the same connection
 * says that it was read. */
static double
ask_lease (Queue *self)
{
  g_autofree char *spec = bench_spec ("gates");
  guint before = self->worker->n_finished;
  double start;

  bench_worker_lease (self->worker);
  sd_bus_message_unref (bench_bus_call (self->worker->bus,
                                        APM2_OBJECT_ROOT,
                                        "org.freedesktop.DBus.Peer",
                                        "Ping",
                                        NULL));
  start = bench_now_usec ();
  bench_submit_async (self->bus, spec);
  while (self->worker->n_finished == before)
    bench_bus_turn (self->worker->bus);
  bench_submit_wait (self->bus);
  return self->worker->leased_at - start;
}

static double
ask_counts (Queue *self)
{
  double start = bench_now_usec ();

  sd_bus_message_unref (bench_bus_call (self->bus,
                                        APM2_OBJECT_QUEUE,
                                        "org.freedesktop.DBus.Properties",
                                        "GetAll",
                                        "s",
                                        APM2_IFACE_QUEUE));
  return bench_now_usec () - start;
}

static double
ask_page (Queue *self)
{
  double start = bench_now_usec ();

  sd_bus_message_unref (bench_bus_call (self->bus,
                                        APM2_OBJECT_QUEUE,
                                        APM2_IFACE_QUEUE,
                                        "List",
                                        "a{sv}usa{sv}",
                                        0,
                                        50,
                                        "",
                                        0));
  return bench_now_usec () - start;
}

typedef struct
{
  Question ask;
  BenchFigure *shallow;
  BenchFigure *deep;
  BenchFigure *ratio;
} DepthCase;

/* In turns, so that both meet the same noise. */
static void
compare (DepthCase *c, Queue *shallow, Queue *deep)
{
  GArray *a = g_array_new (FALSE, FALSE, sizeof (double));
  GArray *b = g_array_new (FALSE, FALSE, sizeof (double));

  for (int i = 0; i < samples; i++)
    {
      double one = c->ask (shallow);
      double other = c->ask (deep);

      g_array_append_val (a, one);
      g_array_append_val (b, other);
    }
  bench_figure_add_median (c->shallow, a);
  bench_figure_add_median (c->deep, b);
  bench_figure_add (
      c->ratio, bench_figure_last (c->deep) / bench_figure_last (c->shallow));
}

static void
measure_depth (const char *place)
{
  Queue shallow = { 0 };
  Queue deep = { 0 };
  DepthCase cases[] = {
    { ask_lease,
      bench_figure_new ("parked Lease, few wait, p50", "usec"),
      bench_figure_new ("parked Lease, many wait, p50", "usec"),
      bench_figure_new ("parked Lease, many / few wait", "") },
    { ask_counts,
      bench_figure_new ("GetAll of the queue, few wait, p50", "usec"),
      bench_figure_new ("GetAll of the queue, many wait, p50", "usec"),
      bench_figure_new ("GetAll of the queue, many / few wait", "") },
    { ask_page,
      bench_figure_new ("first page of List, few wait, p50", "usec"),
      bench_figure_new ("first page of List, many wait, p50", "usec"),
      bench_figure_new ("first page of List, many / few wait", "") },
  };

  queue_open (&shallow, place, "shallow", SHALLOW);
  queue_open (&deep, place, "deep", (guint) depth);
  for (int i = 0; i < rounds; i++)
    for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
      compare (&cases[k], &shallow, &deep);
  queue_close (&shallow);
  queue_close (&deep);

  g_print ("few: %d, many: %d\n", SHALLOW, depth);
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      bench_figure_print (cases[k].shallow);
      bench_figure_print (cases[k].deep);
    }
  g_print ("\n");
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      bench_goal_print (cases[k].ratio, cases[k].shallow, BENCH_AT_MOST, 1.2);
      bench_noise_print (cases[k].shallow);
      bench_figure_free (cases[k].shallow);
      bench_figure_free (cases[k].deep);
      bench_figure_free (cases[k].ratio);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  char *place;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || rounds < 1
      || jobs < 8 || samples < 1 || depth < 1)
    {
      g_printerr ("bench: %s\n", error != NULL ? error->message : "too few");
      return 2;
    }
  place = bench_place_new ();
  measure_drain (place);
  measure_depth (place);
  bench_place_free (place);
  return 0;
}
