/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

#define APM2_GATES_CHECK_N_COLUMNS 3
extern const Apm2Column apm2_gates_check_columns[APM2_GATES_CHECK_N_COLUMNS];

int apm2_gates_check_run (const Apm2CommandCall *call,
                          const char *file,
                          GError **error);

G_END_DECLS
