/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-broker.h"

G_BEGIN_DECLS

#define LOAD_CLIENTS 4
#define LOAD_WORKERS 4

/**
 * Load:
 *
 * Clients, workers and a dropper of files that keep a broker busy, each in a
 * thread of its own, and what the broker told them. They take its death for a
 * lost connection and come back.
 */
typedef struct
{
  RigHome *home; /* borrowed */
  GMutex lock;
  GHashTable *acked;    /* (element-type utf8 utf8) key to job id */
  GHashTable *leased;   /* (element-type utf8) "id token" of each lease */
  GHashTable *finished; /* (element-type utf8 utf8) job id to receipt digest */
  guint n_files;        /* dropped and taken */
  int clients_stop;     /* atomic */
  int workers_stop;     /* atomic */
  GThread *clients[LOAD_CLIENTS + 1];
  GThread *workers[LOAD_WORKERS];
  struct _LoadThread *threads[LOAD_CLIENTS + 1 + LOAD_WORKERS];
} Load;

Load *load_new (RigHome *home);
void load_free (Load *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Load, load_free)

/* The clients end with their last job acknowledged. */
void load_stop_clients (Load *self);
void load_stop_workers (Load *self);

/* Of one thread; used by the parts. */
typedef struct _LoadThread
{
  Load *load;
  guint number;
} LoadThread;

gpointer load_run_worker (gpointer data);
void load_nap (void);

G_END_DECLS
