/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How long a durable Submit takes on the operator socket, and how many a second
 * go through, beside the floors: an append with fdatasync on the same disk and
 * a ping-pong between two processes.
 */

#include <gio/gio.h>

#include "apm2-names.h"

#include "bench-broker.h"
#include "bench-client.h"
#include "bench-figure.h"
#include "bench-floor.h"

#define CLIENTS 64

static int rounds = 11;
static int samples = 400;

static const GOptionEntry entries[] = {
  { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Rounds (11)", "N" },
  { "samples", 0, 0, G_OPTION_ARG_INT, &samples, "Of each a round (400)", "N" },
  { NULL },
};

typedef struct
{
  BenchFigure *append;
  BenchFigure *ping;
  BenchFigure *single;
  BenchFigure *single_rate;
  BenchFigure *gdbus;
  BenchFigure *crowd_rate;
  BenchFigure *latency_ratio;
  BenchFigure *rate_ratio;
} Figures;

static GArray *
new_samples (void)
{
  return g_array_new (FALSE, FALSE, sizeof (double));
}

static void
add (GArray *list, double usec)
{
  g_array_append_val (list, usec);
}

static GDBusConnection *
open_gdbus (const char *address)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection;

  connection = g_dbus_connection_new_for_address_sync (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      NULL,
      &error);
  if (connection == NULL)
    {
      g_printerr ("bench: cannot connect: %s\n", error->message);
      exit (EXIT_FAILURE);
    }
  return connection;
}

static double
submit_by_gdbus (GDBusConnection *connection, const char *spec)
{
  double start = bench_now_usec ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  reply = g_dbus_connection_call_sync (connection,
                                       APM2_BUS_NAME,
                                       APM2_OBJECT_QUEUE,
                                       APM2_IFACE_QUEUE,
                                       "Submit",
                                       g_variant_new ("(sa{sv})", spec, NULL),
                                       G_VARIANT_TYPE ("(sob)"),
                                       G_DBUS_CALL_FLAGS_NONE,
                                       -1,
                                       NULL,
                                       &error);
  if (reply != NULL)
    return bench_now_usec () - start;
  g_printerr ("bench: Submit failed: %s\n", error->message);
  exit (EXIT_FAILURE);
}

static double
submit_by_sd_bus (sd_bus *bus, const char *spec)
{
  double start = bench_now_usec ();

  bench_submit_one (bus, spec);
  return bench_now_usec () - start;
}

static double
sum_of (const GArray *list)
{
  double sum = 0;

  for (guint i = 0; i < list->len; i++)
    sum += g_array_index (list, double, i);
  return sum;
}

/* One of each in turns, so that all meet the same noise. */
static void
measure_singles (Figures *f,
                 BenchFloor *floors,
                 sd_bus *bus,
                 GDBusConnection *connection,
                 const char *spec)
{
  GArray *append = new_samples ();
  GArray *ping = new_samples ();
  GArray *single = new_samples ();
  GArray *gdbus = new_samples ();

  for (int i = 0; i < samples; i++)
    {
      add (append, bench_floor_append (floors));
      add (ping, bench_floor_ping (floors));
      add (single, submit_by_sd_bus (bus, spec));
      add (gdbus, submit_by_gdbus (connection, spec));
    }
  bench_figure_add (f->single_rate, samples * 1e6 / sum_of (single));
  bench_figure_add_median (f->append, append);
  bench_figure_add_median (f->ping, ping);
  bench_figure_add_median (f->single, single);
  bench_figure_add_median (f->gdbus, gdbus);
}

static void
measure (Figures *f, const char *place)
{
  g_autoptr (BenchFloor) floors = bench_floor_new (place);
  g_autoptr (BenchBroker) broker = bench_broker_start (place, "broker");
  g_autofree char *spec = bench_spec ("bulk");
  g_autoptr (GDBusConnection) connection = open_gdbus (broker->address);
  sd_bus *bus = bench_bus_open (broker->address);

  for (int i = 0; i < rounds; i++)
    {
      measure_singles (f, floors, bus, connection, spec);
      bench_figure_add (
          f->crowd_rate,
          bench_submit_many (
              broker->address, spec, CLIENTS, (guint) samples * 10));
      bench_figure_add (
          f->latency_ratio,
          bench_figure_last (f->single)
              / (bench_figure_last (f->append) + bench_figure_last (f->ping)));
      bench_figure_add (f->rate_ratio,
                        bench_figure_last (f->crowd_rate)
                            / bench_figure_last (f->single_rate));
    }
  (void) sd_bus_close_unref (bus);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  char *place;
  Figures f = {
    bench_figure_new ("floor: append 256 B + fdatasync, p50", "usec"),
    bench_figure_new ("floor: ping-pong on a unix socket, p50", "usec"),
    bench_figure_new ("Submit, 1 client, p50", "usec"),
    bench_figure_new ("Submit, 1 client", "jobs/s"),
    bench_figure_new ("Submit, 1 client by GDBus, p50", "usec"),
    bench_figure_new ("Submit, 64 clients", "jobs/s"),
    bench_figure_new ("submit p50 / (fdatasync + ping)", ""),
    bench_figure_new ("submit rate, 64 clients / 1 client", ""),
  };
  BenchFigure *shown[]
      = { f.append, f.ping, f.single, f.single_rate, f.crowd_rate, f.gdbus };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || rounds < 1
      || samples < 1)
    {
      g_printerr ("bench: %s\n", error != NULL ? error->message : "too few");
      return 2;
    }
  place = bench_place_new ();
  measure (&f, place);
  bench_place_free (place);

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    bench_figure_print (shown[i]);
  g_print ("\n");
  bench_goal_print (f.latency_ratio, f.append, BENCH_AT_MOST, 1.6);
  bench_goal_print (f.rate_ratio, f.append, BENCH_AT_LEAST, 8);
  bench_noise_print (f.append);

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    bench_figure_free (shown[i]);
  bench_figure_free (f.latency_ratio);
  bench_figure_free (f.rate_ratio);
  return 0;
}
