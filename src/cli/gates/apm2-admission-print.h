/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"
#include "apm2-gates-target.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

void apm2_admission_print (const Apm2CommandCall *call,
                           const Apm2GatesTarget *target,
                           const Apm2Receipt *receipt,
                           const char *digest);

G_END_DECLS
