/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the janitor only. */

#include "apm2-gc-run.h"
#include "apm2-janitor.h"

G_BEGIN_DECLS

struct _Apm2Janitor
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  Apm2Sweeper *sweeper;
  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  guint timer;            /* of the next run */
  gint64 next_run_at;     /* usec UTC; 0: none is planned */
  gint64 clock_offset;    /* of the wall clock against that of the boot */
  gboolean started;
  gboolean stopped;
  char *last_run; /* JSON; "": there was none yet */

  /* while a run goes on */
  Apm2GcRun *run;                    /* (nullable) */
  GTask *asked;                      /* (nullable) who waits for it */
  guint pause;                       /* timer */
  void (*next_step) (Apm2Janitor *); /* when it is over */
  guint64 cursor;                    /* the next receipt to look at */
  guint64 mark;                      /* up to that receipt no job is left */
  gboolean unbroken;   /* all up to the cursor are gone or going */
  gboolean last_page;  /* nothing behind the batch has to go */
  GPtrArray *batch;    /* (element-type Apm2StoredEnd) what goes next */
  GHashTable *doomed;  /* set of ids whose jobs went, or would */
  GPtrArray *remnants; /* (nullable) (element-type Apm2Remnant) */
  guint at;            /* the next of them to look at */
  GPtrArray *sweeping; /* (nullable) (element-type Apm2Remnant) on its way */
};

/* The phases of a run, in this order; each calls the next. */
void apm2_janitor_begin_jobs (Apm2Janitor *self);
void apm2_janitor_begin_receipts (Apm2Janitor *self);
void apm2_janitor_begin_files (Apm2Janitor *self);
void apm2_janitor_end_run (Apm2Janitor *self);

/* Goes on with @next_step after a moment in which others have their turn. */
void apm2_janitor_pause (Apm2Janitor *self, void (*next_step) (Apm2Janitor *));

G_END_DECLS
