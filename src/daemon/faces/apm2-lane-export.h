/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-attachments.h"
#include "apm2-queue.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Lane for every configured lane. */
#define APM2_TYPE_LANE_EXPORT (apm2_lane_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LaneExport,
                      apm2_lane_export,
                      APM2,
                      LANE_EXPORT,
                      GObject)

Apm2LaneExport *apm2_lane_export_new (Apm2Tree *tree,
                                      Apm2Queue *queue,
                                      Apm2JobTable *table,
                                      Apm2ActiveConfig *config,
                                      Apm2Attachments *attachments);

G_END_DECLS
