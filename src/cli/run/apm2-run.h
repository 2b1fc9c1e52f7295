/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/* The exit statuses that are not the command's, after timeout(1) and env(1);
 * the manual page lists them. */
#define APM2_RUN_EXIT_BUSY      75
#define APM2_RUN_EXIT_TIMEOUT   124
#define APM2_RUN_EXIT_FAILURE   125
#define APM2_RUN_EXIT_NOT_RUN   126
#define APM2_RUN_EXIT_NOT_FOUND 127
#define APM2_RUN_EXIT_CANCELLED 143
#define APM2_RUN_EXIT_SIGNAL(n) (128 + (n))

int apm2_run_main (const Apm2CommandCall *call, GError **error);

G_END_DECLS
