/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

G_BEGIN_DECLS

/**
 * BenchWorker:
 *
 * A worker that runs nothing: each job passes at once.
 */
typedef struct
{
  sd_bus *bus;
  guint to_lease;   /* Lease calls that are still to be made */
  guint n_finished; /* replies to Finish */
  double leased_at; /* when the latest lease came */
} BenchWorker;

BenchWorker *bench_worker_new (const char *address, guint slots);
void bench_worker_free (BenchWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchWorker, bench_worker_free)

void bench_worker_lease (BenchWorker *self);
double bench_worker_drain (BenchWorker *self, guint slots, guint n);

G_END_DECLS
