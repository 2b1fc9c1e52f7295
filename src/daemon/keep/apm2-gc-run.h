/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-sweep.h"

G_BEGIN_DECLS

/* What one run of housekeeping lists of that which went; the record has all. */
#define APM2_GC_ITEMS_MAX 1000

typedef struct
{
  guint64 count;
  guint64 bytes;
} Apm2GcTally;

/**
 * Apm2GcRun:
 *
 * What one run of housekeeping was asked for and has done. Plain data.
 */
typedef struct
{
  gint64 started_at;  /* usec UTC; also its name */
  gint64 finished_at; /* 0: it goes on */
  gboolean dry_run;
  gboolean by_timer;
  gint64 receipts_before; /* usec UTC; 0: receipts stay */
  Apm2GcTally jobs;
  Apm2GcTally receipts;
  Apm2GcTally swept[APM2_N_SWEEP_KINDS];
  guint64 failed;   /* could not be removed */
  guint64 deferred; /* belongs to a worker, and none was there */
  char *trouble;    /* (nullable) the first thing that went wrong */
  GString *items;   /* (owned) JSON objects with commas between */
  guint n_items;
} Apm2GcRun;

Apm2GcRun *apm2_gc_run_new (gint64 started_at);
void apm2_gc_run_free (Apm2GcRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2GcRun, apm2_gc_run_free)

void apm2_gc_run_take_trouble (Apm2GcRun *self, GError *error);
void apm2_gc_run_add_item (Apm2GcRun *self,
                           GString *record,
                           const char *kind,
                           const char *name,
                           guint64 bytes,
                           const char *why);
char *apm2_gc_run_to_json (const Apm2GcRun *self, gboolean with_items);

G_END_DECLS
