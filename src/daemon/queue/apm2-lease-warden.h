/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lease-doubt.h"
#include "apm2-paths.h"
#include "apm2-queue.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/*
 * The warden of leases whose worker is away: decides which of them are lost,
 * and sees to it that those end.
 */
#define APM2_TYPE_LEASE_WARDEN (apm2_lease_warden_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseWarden,
                      apm2_lease_warden,
                      APM2,
                      LEASE_WARDEN,
                      GObject)

Apm2LeaseWarden *
apm2_lease_warden_new (Apm2Mode mode, Apm2Queue *queue, Apm2JobTable *table);
gboolean apm2_lease_warden_judge (Apm2LeaseWarden *self,
                                  const Apm2WorkerRecord *worker,
                                  Apm2Job *job,
                                  Apm2LeaseDoubtReason reason);
void apm2_lease_warden_end (Apm2LeaseWarden *self,
                            Apm2Job *job,
                            Apm2LeaseDoubtReason reason);
void apm2_lease_warden_forgive (Apm2LeaseWarden *self,
                                const Apm2WorkerRecord *worker);
void apm2_lease_warden_trust (Apm2LeaseWarden *self, const Apm2Job *job);

G_END_DECLS
