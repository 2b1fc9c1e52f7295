/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"
#include "apm2-queue.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/*
 * The warden of leases whose worker is away: decides which of them are lost.
 */
#define APM2_TYPE_LEASE_WARDEN (apm2_lease_warden_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseWarden,
                      apm2_lease_warden,
                      APM2,
                      LEASE_WARDEN,
                      GObject)

/**
 * Apm2LeaseDoubt:
 * @APM2_LEASE_DOUBT_SILENT: its worker was not heard of
 * @APM2_LEASE_DOUBT_UNCLAIMED: its worker came back without it
 * @APM2_LEASE_DOUBT_STOPPED: its worker came back without it, and has stopped
 *   every unit in which something ran that it does not name
 *
 * Why a lease may be lost.
 */
typedef enum
{
  APM2_LEASE_DOUBT_SILENT,
  APM2_LEASE_DOUBT_UNCLAIMED,
  APM2_LEASE_DOUBT_STOPPED,
} Apm2LeaseDoubt;

Apm2LeaseWarden *
apm2_lease_warden_new (Apm2Mode mode, Apm2Queue *queue, Apm2JobTable *table);
gboolean apm2_lease_warden_judge (Apm2LeaseWarden *self,
                                  const Apm2WorkerRecord *worker,
                                  Apm2Job *job,
                                  Apm2LeaseDoubt reason);
void apm2_lease_warden_forgive (Apm2LeaseWarden *self,
                                const Apm2WorkerRecord *worker,
                                gboolean registers);

G_END_DECLS
