/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-job.h"

G_BEGIN_DECLS

/* One worker that has registered, or whose leases are known from before. */
typedef struct
{
  char *instance;
  char *executor;
  char *state; /* idle, busy, draining, lost */
  char *health_status;
  char *heartbeat_path;
  guint32 pid;
  guint slots;
  GDBusConnection *connection; /* (nullable) while it is away */
  GQueue parked;               /* (element-type GDBusMethodInvocation) */
  GSocket *ahead;    /* (nullable) where it wants to hear of leases sooner */
  GPtrArray *leases; /* (element-type Apm2Job) */
  gint64 last_heard_boottime;
  gint64 last_cycle_at; /* usec UTC */
  guint64 cycle_count;
  guint64 jobs_completed;
  guint64 jobs_failed;
  guint64 jobs_denied;
  guint64 jobs_quarantined;
  guint64 jobs_cancelled;
} Apm2WorkerRecord;

/*
 * The workers and the leases that they hold. Signals:
 *
 * "added" (Apm2WorkerRecord*), "changed" (Apm2WorkerRecord*),
 * "removed" (Apm2WorkerRecord*), and "expired" (Apm2WorkerRecord*): not heard
 * of for longer than the expiry; its leases are to be taken from it.
 */
#define APM2_TYPE_WORKER_REGISTRY (apm2_worker_registry_get_type ())
G_DECLARE_FINAL_TYPE (Apm2WorkerRegistry,
                      apm2_worker_registry,
                      APM2,
                      WORKER_REGISTRY,
                      GObject)

Apm2WorkerRegistry *apm2_worker_registry_new (gint64 expiry_usec);

Apm2WorkerRecord *apm2_worker_registry_find (Apm2WorkerRegistry *self,
                                             const char *instance);
Apm2WorkerRecord *
apm2_worker_registry_find_by_connection (Apm2WorkerRegistry *self,
                                         GDBusConnection *connection);
Apm2WorkerRecord *apm2_worker_registry_ensure (Apm2WorkerRegistry *self,
                                               const char *instance);
GPtrArray *apm2_worker_registry_list (Apm2WorkerRegistry *self);
gint64 apm2_worker_registry_get_expiry_usec (Apm2WorkerRegistry *self);

void apm2_worker_registry_connect (Apm2WorkerRegistry *self,
                                   Apm2WorkerRecord *worker,
                                   GDBusConnection *connection);
void apm2_worker_registry_disconnect (Apm2WorkerRegistry *self,
                                      GDBusConnection *connection);
void apm2_worker_registry_heard (Apm2WorkerRegistry *self,
                                 Apm2WorkerRecord *worker);
void apm2_worker_registry_touch (Apm2WorkerRegistry *self,
                                 Apm2WorkerRecord *worker);

void apm2_worker_registry_add_lease (Apm2WorkerRegistry *self,
                                     Apm2WorkerRecord *worker,
                                     Apm2Job *job);
void apm2_worker_registry_remove_lease (Apm2WorkerRegistry *self, Apm2Job *job);
gboolean apm2_worker_record_holds (const Apm2WorkerRecord *worker,
                                   const Apm2Job *job);

G_END_DECLS
