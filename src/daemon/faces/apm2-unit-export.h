/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-health.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Unit: the units that the service manager tells of. */
#define APM2_TYPE_UNIT_EXPORT (apm2_unit_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2UnitExport,
                      apm2_unit_export,
                      APM2,
                      UNIT_EXPORT,
                      GObject)

Apm2UnitExport *apm2_unit_export_new (Apm2Tree *tree, Apm2Health *health);

G_END_DECLS
