/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"

G_BEGIN_DECLS

#define APM2_CONFIG_BYTES_MAX (256 * 1024)
#define APM2_CONFIG_LANES_MAX 64

/* Of apm2-config.c, for the reader. */
Apm2LaneConfig *apm2_config_ensure_lane (Apm2Config *self, const char *name);

void apm2_config_read_file (Apm2Config *config,
                            const char *file,
                            GPtrArray *problems);

G_END_DECLS
