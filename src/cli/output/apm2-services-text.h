/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-options.h"
#include "apm2-services-report.h"
#include "apm2-table.h"
#include "apm2-term.h"

G_BEGIN_DECLS

Apm2Style apm2_services_text_get_style (Apm2HealthLevel level);
const char *apm2_services_text_get_mark (Apm2HealthLevel level, gboolean utf8);
#define APM2_SERVICES_TEXT_N_COLUMNS 7
extern const Apm2Column
    apm2_services_text_columns[APM2_SERVICES_TEXT_N_COLUMNS];

char *apm2_services_text_format (const Apm2ServicesReport *report,
                                 const Apm2Options *options,
                                 const Apm2Paths *paths,
                                 const GArray *columns,
                                 guint width,
                                 gboolean utf8,
                                 gboolean color);

G_END_DECLS
