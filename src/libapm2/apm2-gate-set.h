/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

char *apm2_gate_set_get_digest (const GPtrArray *steps);

G_END_DECLS
