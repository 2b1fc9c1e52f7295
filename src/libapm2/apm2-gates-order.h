/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

GPtrArray *apm2_gates_order (GPtrArray *steps,
                             char **ret_gate,
                             char **ret_why) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
