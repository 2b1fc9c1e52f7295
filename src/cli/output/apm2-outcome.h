/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-view.h"
#include "apm2-options.h"

G_BEGIN_DECLS

char *apm2_outcome_describe (const Apm2JobView *job,
                             const Apm2Options *options);
char *apm2_outcome_format (const Apm2JobView *job,
                           const Apm2Options *options,
                           gboolean utf8,
                           gboolean color);

G_END_DECLS
