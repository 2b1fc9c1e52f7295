/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Clients of the operator socket by sd-bus, the lightest there is, so that what
 * is measured is the broker.
 *
 * They say Hello and add no match rule: they get no signals.
 */

#include "bench-client.h"

#include <systemd/sd-event.h>

#include "apm2-names.h"

#include "bench-figure.h"

/* A call that never ends is a fault of the broker, not a slow disk. */
#define PATIENCE_USEC (30 * (guint64) G_USEC_PER_SEC)

/**
 * bench_bus_check:
 * @code: what sd-bus returned
 * @what: what was tried
 *
 * Ends the program if it failed.
 */
void
bench_bus_check (int code, const char *what)
{
  if (code >= 0)
    return;
  g_printerr ("bench: cannot %s: %s\n", what, g_strerror (-code));
  exit (EXIT_FAILURE);
}

/**
 * bench_bus_check_reply:
 * @reply: a reply
 * @what: what was called
 *
 * Ends the program if it is an error.
 */
void
bench_bus_check_reply (sd_bus_message *reply, const char *what)
{
  const sd_bus_error *error = sd_bus_message_get_error (reply);

  if (error == NULL)
    return;
  g_printerr ("bench: %s failed: %s: %s\n", what, error->name, error->message);
  exit (EXIT_FAILURE);
}

/**
 * bench_bus_open:
 * @address: address of an operator socket
 *
 * Returns: (transfer full): a connection that has said Hello
 */
sd_bus *
bench_bus_open (const char *address)
{
  sd_bus *bus = NULL;

  bench_bus_check (sd_bus_new (&bus), "make a connection");
  bench_bus_check (sd_bus_set_address (bus, address), "use the address");
  bench_bus_check (sd_bus_set_bus_client (bus, 1), "be a client");
  bench_bus_check (sd_bus_start (bus), "connect");
  sd_bus_message_unref (bench_bus_call (
      bus, APM2_OBJECT_ROOT, "org.freedesktop.DBus.Peer", "Ping", NULL));
  return bus;
}

/**
 * bench_bus_call:
 * @bus: a connection
 * @path: an object
 * @interface: one of its interfaces
 * @member: a method
 * @types: (nullable): its arguments, as for sd_bus_message_append()
 * @...: the arguments
 *
 * Calls and waits.
 *
 * Returns: (transfer full): the reply
 */
sd_bus_message *
bench_bus_call (sd_bus *bus,
                const char *path,
                const char *interface,
                const char *member,
                const char *types,
                ...)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message *reply = NULL;
  va_list args;
  int code;

  va_start (args, types);
  code = sd_bus_call_methodv (
      bus, APM2_BUS_NAME, path, interface, member, &error, &reply, types, args);
  va_end (args);
  if (code < 0)
    {
      g_printerr (
          "bench: %s failed: %s: %s\n", member, error.name, error.message);
      exit (EXIT_FAILURE);
    }
  return reply;
}

/**
 * bench_bus_turn:
 * @bus: a connection with calls under way
 *
 * Handles one thing that comes in, and waits for it if need be.
 */
void
bench_bus_turn (sd_bus *bus)
{
  int code = sd_bus_process (bus, NULL);

  bench_bus_check (code, "read a message");
  if (code > 0)
    return;
  code = sd_bus_wait (bus, PATIENCE_USEC);
  bench_bus_check (code, "wait for a message");
  if (code == 0)
    bench_bus_check (-ETIMEDOUT, "get an answer");
}

/**
 * bench_spec:
 * @lane: a lane
 *
 * Returns: (transfer full): a job spec of a usual size
 */
char *
bench_spec (const char *lane)
{
  return g_strdup_printf (
      "{\"schema\":\"" APM2_SCHEMA_JOB_SPEC "\",\"kind\":\"command\","
      "\"lane\":\"%s\",\"steps\":[{\"name\":\"test\",\"argv\":"
      "[\"/usr/bin/make\",\"-C\",\"/srv/project\",\"check\"],"
      "\"env\":{\"LANG\":\"C.UTF-8\"},\"timeout_sec\":600}],"
      "\"labels\":{\"from\":\"bench\"}}",
      lane);
}

/**
 * bench_submit_one:
 * @bus: a connection
 * @spec: a job spec
 *
 * Submits and waits for the reply.
 */
void
bench_submit_one (sd_bus *bus, const char *spec)
{
  sd_bus_message_unref (bench_bus_call (
      bus, APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Submit", "sa{sv}", spec, 0));
}

static guint n_waiting;

static int
on_submitted_alone (sd_bus_message *reply,
                    void *user_data,
                    sd_bus_error *ret_error)
{
  bench_bus_check_reply (reply, "Submit");
  n_waiting--;
  return 0;
}

/**
 * bench_submit_async:
 * @bus: a connection
 * @spec: a job spec
 *
 * Submits and goes on.
 */
void
bench_submit_async (sd_bus *bus, const char *spec)
{
  n_waiting++;
  bench_bus_check (sd_bus_call_method_async (bus,
                                             NULL,
                                             APM2_BUS_NAME,
                                             APM2_OBJECT_QUEUE,
                                             APM2_IFACE_QUEUE,
                                             "Submit",
                                             on_submitted_alone,
                                             NULL,
                                             "sa{sv}",
                                             spec,
                                             0),
                   "submit");
}

/**
 * bench_submit_wait:
 * @bus: a connection with a call of bench_submit_async() under way
 */
void
bench_submit_wait (sd_bus *bus)
{
  while (n_waiting > 0)
    bench_bus_turn (bus);
}

static void
close_bus (gpointer bus)
{
  (void) sd_bus_close_unref (bus);
}

typedef struct
{
  sd_event *loop;
  const char *spec;
  guint to_send;
  guint to_come;
} Crowd;

static int
on_submitted (sd_bus_message *reply, void *user_data, sd_bus_error *ret_error);

static void
submit_next (Crowd *self, sd_bus *bus)
{
  if (self->to_send == 0)
    return;
  self->to_send--;
  bench_bus_check (sd_bus_call_method_async (bus,
                                             NULL,
                                             APM2_BUS_NAME,
                                             APM2_OBJECT_QUEUE,
                                             APM2_IFACE_QUEUE,
                                             "Submit",
                                             on_submitted,
                                             self,
                                             "sa{sv}",
                                             self->spec,
                                             0),
                   "submit");
}

static int
on_submitted (sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
  Crowd *self = user_data;

  bench_bus_check_reply (reply, "Submit");
  submit_next (self, sd_bus_message_get_bus (reply));
  if (--self->to_come == 0)
    (void) sd_event_exit (self->loop, 0);
  return 0;
}

/**
 * bench_submit_many:
 * @address: address of an operator socket
 * @spec: a job spec
 * @n_clients: how many connections, each with one call under way
 * @n: how many jobs they submit together
 *
 * Returns: jobs per second
 */
double
bench_submit_many (const char *address,
                   const char *spec,
                   guint n_clients,
                   guint n)
{
  Crowd self = { .spec = spec, .to_send = n, .to_come = n };
  g_autoptr (GPtrArray) buses = g_ptr_array_new_with_free_func (close_bus);
  double start;
  double usec;

  bench_bus_check (sd_event_new (&self.loop), "make a loop");
  for (guint i = 0; i < n_clients; i++)
    {
      sd_bus *bus = bench_bus_open (address);

      bench_bus_check (sd_bus_attach_event (bus, self.loop, 0), "attach");
      g_ptr_array_add (buses, bus);
    }

  start = bench_now_usec ();
  for (guint i = 0; i < n_clients; i++)
    submit_next (&self, g_ptr_array_index (buses, i));
  bench_bus_check (sd_event_loop (self.loop), "run the loop");
  usec = bench_now_usec () - start;

  for (guint i = 0; i < n_clients; i++)
    (void) sd_bus_detach_event (g_ptr_array_index (buses, i));
  sd_event_unref (self.loop);
  return n * 1e6 / usec;
}
