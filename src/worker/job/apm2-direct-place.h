/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor-direct.h"

G_BEGIN_DECLS

#define APM2_TYPE_DIRECT_PLACE (apm2_direct_place_get_type ())
G_DECLARE_FINAL_TYPE (Apm2DirectPlace,
                      apm2_direct_place,
                      APM2,
                      DIRECT_PLACE,
                      Apm2JobPlace)

Apm2DirectPlace *apm2_direct_place_new (Apm2ExecutorDirect *executor,
                                        Apm2Workspace *workspace);

G_END_DECLS
