/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A worker of the broker's protocol. The answer to a lease is Finish, and right
 * behind it, without waiting, the next Lease for the slot that became free.
 */

#include "bench-worker.h"

#include <unistd.h>

#include "apm2-names.h"

#include "bench-client.h"
#include "bench-figure.h"

/**
 * bench_worker_new:
 * @address: address of an operator socket
 * @slots: how many jobs at once
 *
 * Returns: (transfer full): a registered worker with a name of its own
 */
BenchWorker *
bench_worker_new (const char *address, guint slots)
{
  static guint last = 0;
  BenchWorker *self = g_new0 (BenchWorker, 1);
  g_autofree char *name = g_strdup_printf ("bench-%u", ++last);

  self->bus = bench_bus_open (address);
  sd_bus_message_unref (bench_bus_call (self->bus,
                                        APM2_OBJECT_BROKER,
                                        APM2_IFACE_BROKER,
                                        "RegisterWorker",
                                        "sua(st)a{sv}",
                                        name,
                                        slots,
                                        0,
                                        0));
  return self;
}

void
bench_worker_free (BenchWorker *self)
{
  (void) sd_bus_close_unref (self->bus);
  g_free (self);
}

static int
on_finished (sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
  BenchWorker *self = user_data;

  bench_bus_check_reply (reply, "Finish");
  self->n_finished++;
  return 0;
}

static void
finish (BenchWorker *self, const char *job_id, guint64 token)
{
  bench_bus_check (sd_bus_call_method_async (self->bus,
                                             NULL,
                                             APM2_BUS_NAME,
                                             APM2_OBJECT_BROKER,
                                             APM2_IFACE_BROKER,
                                             "Finish",
                                             on_finished,
                                             self,
                                             "sta{sv}",
                                             job_id,
                                             token,
                                             4,
                                             "outcome",
                                             "s",
                                             "completed",
                                             "verdict",
                                             "s",
                                             "passed",
                                             "containment",
                                             "s",
                                             "none",
                                             "steps",
                                             "aa{sv}",
                                             1,
                                             3,
                                             "name",
                                             "s",
                                             "test",
                                             "result",
                                             "s",
                                             "passed",
                                             "exit_status",
                                             "i",
                                             0),
                   "finish a job");
}

static int
on_leased (sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
  BenchWorker *self = user_data;
  const char *job_id = NULL;
  guint64 token = 0;

  bench_bus_check_reply (reply, "Lease");
  self->leased_at = bench_now_usec ();
  bench_bus_check (sd_bus_message_read (reply, "st", &job_id, &token),
                   "read a lease");
  finish (self, job_id, token);
  if (self->to_lease > 0)
    bench_worker_lease (self);
  return 0;
}

/**
 * bench_worker_lease:
 * @self: a worker with a free slot
 *
 * Asks for a job; bench_bus_turn() handles the answer.
 */
void
bench_worker_lease (BenchWorker *self)
{
  self->to_lease -= MIN (self->to_lease, 1);
  bench_bus_check (sd_bus_call_method_async (self->bus,
                                             NULL,
                                             APM2_BUS_NAME,
                                             APM2_OBJECT_BROKER,
                                             APM2_IFACE_BROKER,
                                             "Lease",
                                             on_leased,
                                             self,
                                             "a{sv}",
                                             0),
                   "ask for a job");
}

/**
 * bench_worker_drain:
 * @self: a worker that has done nothing yet
 * @slots: how many leases at once
 * @n: how many jobs to take; as many are pending
 *
 * Returns: jobs per second, from the first Lease to the last reply to Finish
 */
double
bench_worker_drain (BenchWorker *self, guint slots, guint n)
{
  double start = bench_now_usec ();

  self->to_lease = n;
  for (guint i = 0; i < slots; i++)
    bench_worker_lease (self);
  while (self->n_finished < n)
    bench_bus_turn (self->bus);
  return n * 1e6 / (bench_now_usec () - start);
}
