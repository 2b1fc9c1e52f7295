/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Deeper directories are not looked into. */
#define APM2_DISK_USAGE_LEVELS 512

uint64_t apm2_disk_usage_measure (const char *path,
                                  uint64_t enough,
                                  const atomic_bool *stop);
