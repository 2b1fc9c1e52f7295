/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-attachments.h"
#include "apm2-lease-warden.h"
#include "apm2-queue.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/*
 * The dispatcher: brings workers that wait together with jobs that wait.
 */
#define APM2_TYPE_DISPATCHER (apm2_dispatcher_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Dispatcher,
                      apm2_dispatcher,
                      APM2,
                      DISPATCHER,
                      GObject)

Apm2Dispatcher *apm2_dispatcher_new (Apm2Store *store,
                                     Apm2Queue *queue,
                                     Apm2JobTable *table,
                                     Apm2WorkerRegistry *registry,
                                     Apm2ActiveConfig *config,
                                     Apm2Attachments *attachments,
                                     Apm2LeaseWarden *warden);

/* Takes the invocation of a Lease call; it is answered when there is a job. */
void apm2_dispatcher_park (Apm2Dispatcher *self,
                           Apm2WorkerRecord *worker,
                           GDBusMethodInvocation *invocation);
void apm2_dispatcher_stop (Apm2Dispatcher *self);

G_END_DECLS
