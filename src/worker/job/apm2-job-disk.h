/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-place.h"

G_BEGIN_DECLS

/* What a job may take of the disk, in bytes; 0: no limit. */
typedef struct
{
  guint64 workspace_max;
  guint64 left; /* that the disk must have while it runs */
} Apm2JobDisk;

gboolean apm2_job_disk_look (Apm2JobDisk *self,
                             Apm2JobPlace *place,
                             const char *lane,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
