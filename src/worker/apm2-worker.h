/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-executor.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* Borrowed for the call. */
typedef struct
{
  const Apm2Paths *paths; /* must outlive the worker */
  const char *instance;
  guint slots;
  guint64 poll_interval_sec;
  gboolean drain; /* a stop waits until the jobs that run have ended */
} Apm2WorkerSettings;

/*
 * A worker. Signal: stopped (), once and last, after apm2_worker_stop().
 */
#define APM2_TYPE_WORKER (apm2_worker_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Worker, apm2_worker, APM2, WORKER, GObject)

Apm2Worker *apm2_worker_new (const Apm2WorkerSettings *settings,
                             Apm2Executor *executor);
void apm2_worker_start (Apm2Worker *self);
void apm2_worker_set_poll_interval (Apm2Worker *self, guint64 sec);
void apm2_worker_stop (Apm2Worker *self);

G_END_DECLS
