/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-dispatcher.h"
#include "apm2-lease-warden.h"
#include "apm2-queue.h"
#include "apm2-sweeper.h"
#include "apm2-tree.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/* org.apm2.Broker: the worker protocol, on the operator socket only. */
#define APM2_TYPE_BROKER_EXPORT (apm2_broker_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2BrokerExport,
                      apm2_broker_export,
                      APM2,
                      BROKER_EXPORT,
                      GObject)

Apm2BrokerExport *apm2_broker_export_new (Apm2Tree *tree,
                                          Apm2Queue *queue,
                                          Apm2JobTable *table,
                                          Apm2WorkerRegistry *registry,
                                          Apm2Dispatcher *dispatcher,
                                          Apm2LeaseWarden *warden,
                                          Apm2Sweeper *sweeper);

G_END_DECLS
