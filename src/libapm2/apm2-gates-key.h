/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

gboolean apm2_gates_key_set (Apm2Step *step,
                             const char *key,
                             const char *value,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
