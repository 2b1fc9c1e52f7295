/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"
#include "apm2-jobs-filter.h"

G_BEGIN_DECLS

int apm2_jobs_watch_run (const Apm2CommandCall *call,
                         const Apm2JobsFilter *filter,
                         GError **error);

G_END_DECLS
