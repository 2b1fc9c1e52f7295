/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"
#include "apm2-job-spec.h"

G_BEGIN_DECLS

GVariant *apm2_lease_terms_new (const Apm2Config *config,
                                const char *lane_name,
                                const Apm2Limits *limits);

G_END_DECLS
