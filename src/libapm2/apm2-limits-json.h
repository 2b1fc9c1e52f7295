/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "apm2-job-spec.h"

G_BEGIN_DECLS

gboolean apm2_limits_get_json (Apm2Limits *self,
                               const json_t *parent,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_limits_put_json (const Apm2Limits *self, json_t *parent);

G_END_DECLS
