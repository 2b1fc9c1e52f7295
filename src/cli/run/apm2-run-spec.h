/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-run-options.h"

G_BEGIN_DECLS

#define APM2_RUN_LANE_DEFAULT "run"

Apm2JobSpec *apm2_run_spec_new (const Apm2RunOptions *options,
                                const char *const *argv,
                                const char *directory,
                                const char *job_id,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
