/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Deeper directories are not looked into. */
#define APM2_DISK_USAGE_LEVELS 512

/* Counts what directories take of the disk, as far at a time as is asked for.
 * Zero-initialise it. */
typedef struct
{
  uint64_t bytes; /* counted so far */
  DIR **dirs;     /* from the top to where it is; NULL: nowhere */
  unsigned depth;
  dev_t device;
} Apm2DiskUsage;

void apm2_disk_usage_enter (Apm2DiskUsage *self, const char *path);
bool apm2_disk_usage_go_on (Apm2DiskUsage *self, unsigned n_entries);
void apm2_disk_usage_clear (Apm2DiskUsage *self);
