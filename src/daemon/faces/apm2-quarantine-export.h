/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"
#include "apm2-queue.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Quarantine. */
#define APM2_TYPE_QUARANTINE_EXPORT (apm2_quarantine_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2QuarantineExport,
                      apm2_quarantine_export,
                      APM2,
                      QUARANTINE_EXPORT,
                      GObject)

Apm2QuarantineExport *apm2_quarantine_export_new (Apm2Tree *tree,
                                                  Apm2Queue *queue,
                                                  Apm2Store *store,
                                                  const Apm2Paths *paths);

G_END_DECLS
