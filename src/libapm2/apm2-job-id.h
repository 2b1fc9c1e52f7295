/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_JOB_ID_MAX    64
#define APM2_LANE_NAME_MAX 31
#define APM2_INSTANCE_MAX  64

char *apm2_job_id_new (gint64 realtime_usec);
gboolean apm2_job_id_is_valid (const char *id);
gboolean apm2_lane_name_is_valid (const char *name);
gboolean apm2_instance_is_valid (const char *name);

G_END_DECLS
