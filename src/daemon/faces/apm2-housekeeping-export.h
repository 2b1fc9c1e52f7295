/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-janitor.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Housekeeping. */
#define APM2_TYPE_HOUSEKEEPING_EXPORT (apm2_housekeeping_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2HousekeepingExport,
                      apm2_housekeeping_export,
                      APM2,
                      HOUSEKEEPING_EXPORT,
                      GObject)

Apm2HousekeepingExport *apm2_housekeeping_export_new (Apm2Tree *tree,
                                                      Apm2Janitor *janitor,
                                                      const Apm2Paths *paths);

G_END_DECLS
