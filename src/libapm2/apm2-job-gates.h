/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

gboolean apm2_job_gates_check (const Apm2JobSpec *spec,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_job_gates_cache_is_valid (const char *path);

G_END_DECLS
