/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-complete.h"

G_BEGIN_DECLS

/* A shell waits for the names: what takes longer is left out. */
#define APM2_COMPLETE_MSEC 200

void apm2_complete_names_add (Apm2Completion *completion,
                              const Apm2Options *options);

G_END_DECLS
