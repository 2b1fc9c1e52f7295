/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-workspace.h"

G_BEGIN_DECLS

GStrv apm2_step_env_new (const Apm2Workspace *workspace,
                         const char *job_id,
                         const Apm2Step *step,
                         const char *progress_fifo);

G_END_DECLS
