/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-paths.h"
#include "apm2-queue.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Queue. */
#define APM2_TYPE_QUEUE_EXPORT (apm2_queue_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2QueueExport,
                      apm2_queue_export,
                      APM2,
                      QUEUE_EXPORT,
                      GObject)

Apm2QueueExport *apm2_queue_export_new (Apm2Tree *tree,
                                        Apm2Queue *queue,
                                        Apm2Store *store,
                                        Apm2JobTable *table,
                                        Apm2ActiveConfig *config,
                                        const Apm2Paths *paths);

G_END_DECLS
