/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-health.h"
#include "apm2-paths.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services: the root object. */
#define APM2_TYPE_SERVICES_EXPORT (apm2_services_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ServicesExport,
                      apm2_services_export,
                      APM2,
                      SERVICES_EXPORT,
                      GObject)

Apm2ServicesExport *apm2_services_export_new (Apm2Tree *tree,
                                              Apm2Health *health,
                                              Apm2WorkerRegistry *registry,
                                              Apm2Mode mode);

G_END_DECLS
