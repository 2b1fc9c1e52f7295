/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the queue only. */

#include "apm2-queue.h"

G_BEGIN_DECLS

struct _Apm2Queue
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  GHashTable *paused; /* set of lanes; "" is the whole queue */
  guint64 submitting; /* jobs on their way to the store */
  guint64 submitting_bytes;
  guint64 attaching; /* of them those that their callers will run */
  guint wake_timer;  /* for the next job that waits for its time */
};

/* A job is on its way to the store; what is ready follows. */
void apm2_queue_emit_incoming (Apm2Queue *self,
                               Apm2JobSpec *spec,
                               const char *digest);
/* Something may be claimed now. */
void apm2_queue_emit_ready (Apm2Queue *self);
void apm2_queue_emit_cancel_requested (Apm2Queue *self, Apm2Job *job);

/* Takes over one answer of the store with all that it drew along. */
void
apm2_queue_settle (Apm2Queue *self, Apm2StoredJob *stored, GPtrArray *effects);

/* Looks for jobs whose time has come, and plans the next look. */
void apm2_queue_wake_delayed (Apm2Queue *self);

G_END_DECLS
