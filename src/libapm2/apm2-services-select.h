/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-services-report.h"

G_BEGIN_DECLS

Apm2ServicesReport *
apm2_services_report_select (const Apm2ServicesReport *self,
                             const char *const *names,
                             const Apm2ReportClock *now,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
