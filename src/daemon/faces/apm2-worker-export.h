/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/* org.apm2.Services.Worker for every worker of the registry. */
#define APM2_TYPE_WORKER_EXPORT (apm2_worker_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2WorkerExport,
                      apm2_worker_export,
                      APM2,
                      WORKER_EXPORT,
                      GObject)

Apm2WorkerExport *apm2_worker_export_new (Apm2Tree *tree,
                                          Apm2WorkerRegistry *registry);

G_END_DECLS
