/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

#define APM2_CHECKOUT_NAME "checkout"
#define APM2_FETCH_NAME    "fetch"

GPtrArray *apm2_checkout_new_steps (const Apm2JobSpec *spec,
                                    const char *mirrors);
void apm2_checkout_explain (const Apm2JobSpec *spec,
                            int exit_status,
                            char **message);

G_END_DECLS
