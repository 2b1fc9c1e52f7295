/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "apm2-services-report.h"

G_BEGIN_DECLS

json_t *apm2_services_report_to_json (const Apm2ServicesReport *self,
                                      const Apm2Paths *paths,
                                      const Apm2ReportClock *now);
json_t *apm2_services_report_unit_to_json (const Apm2ServiceReport *service);

G_END_DECLS
