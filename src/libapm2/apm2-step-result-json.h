/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "apm2-json-place.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

Apm2StepResult *
apm2_step_result_from_json (json_t *object,
                            const Apm2JsonPlace *place,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *apm2_step_result_to_json (const Apm2StepResult *self);

G_END_DECLS
