/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt.h"

G_BEGIN_DECLS

void apm2_gate_verdict_join (Apm2Receipt *whole,
                             const Apm2JobSpec *spec,
                             const GPtrArray *parts);

G_END_DECLS
