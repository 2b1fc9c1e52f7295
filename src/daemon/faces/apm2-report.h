/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-table.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

#define APM2_STATUS_TEXT_MAX 256
#define APM2_MESSAGE_MAX     512

gboolean apm2_report_apply (Apm2JobTable *table,
                            Apm2Job *job,
                            GVariant *report,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_report_fill_receipt (Apm2Receipt *receipt,
                                   GVariant *result,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_report_is_readable (Apm2Receipt *receipt,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
