/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BenchRawStore:
 *
 * A table of jobs in SQLite without a broker around it.
 */
typedef struct _BenchRawStore BenchRawStore;

BenchRawStore *bench_raw_store_new (const char *dir);
void bench_raw_store_free (BenchRawStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchRawStore, bench_raw_store_free)

void bench_raw_store_fill (BenchRawStore *self, guint n);
double bench_raw_store_drain (BenchRawStore *self, guint n);

G_END_DECLS
