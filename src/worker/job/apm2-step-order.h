/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-run.h"

G_BEGIN_DECLS

GBytes *apm2_step_order_encode (const Apm2StepOrder *order,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
