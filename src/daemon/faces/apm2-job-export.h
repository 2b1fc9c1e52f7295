/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-queue.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.apm2.Services.Job for every job of the table. */
#define APM2_TYPE_JOB_EXPORT (apm2_job_export_get_type ())
G_DECLARE_FINAL_TYPE (Apm2JobExport, apm2_job_export, APM2, JOB_EXPORT, GObject)

Apm2JobExport *apm2_job_export_new (Apm2Tree *tree,
                                    Apm2Queue *queue,
                                    Apm2JobTable *table,
                                    guint announced_max);
void apm2_job_export_set_announced_max (Apm2JobExport *self,
                                        guint announced_max);

G_END_DECLS
