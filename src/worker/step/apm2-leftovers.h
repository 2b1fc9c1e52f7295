/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apm2-leftover-trace.h"

int apm2_leftovers_end (const Apm2LeftoverTrace *trace,
                        uint64_t bound_usec,
                        bool *ret_killed);
int apm2_leftovers_run (void);
