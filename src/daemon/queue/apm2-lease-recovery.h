/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lease-warden.h"
#include "apm2-queue.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

void apm2_lease_recovery_run_async (Apm2Queue *queue,
                                    Apm2Store *store,
                                    Apm2JobTable *table,
                                    Apm2WorkerRegistry *registry,
                                    Apm2LeaseWarden *warden,
                                    Apm2ActiveConfig *config,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void apm2_lease_recovery_run_finish (Apm2Queue *queue, GAsyncResult *result);

G_END_DECLS
