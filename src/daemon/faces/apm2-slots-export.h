/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-attachments.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Slots: how an attached job gets its turn, on the operator socket
 * only. */
#define APM2_TYPE_SLOTS_EXPORT (apm2_slots_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2SlotsExport,
                      apm2_slots_export,
                      APM2,
                      SLOTS_EXPORT,
                      GObject)

Apm2SlotsExport *apm2_slots_export_new (Apm2Tree *tree,
                                        Apm2Queue *queue,
                                        Apm2JobTable *table,
                                        Apm2Attachments *attachments);

G_END_DECLS
