/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *bench_place_new (void);
void bench_place_free (char *dir);

/**
 * BenchBroker:
 *
 * A broker with a home of its own.
 */
typedef struct
{
  char *home;
  char *address; /* D-Bus address of its operator socket */
  GSubprocess *process;
} BenchBroker;

BenchBroker *bench_broker_start (const char *place, const char *name);
void bench_broker_stop (BenchBroker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchBroker, bench_broker_stop)

G_END_DECLS
