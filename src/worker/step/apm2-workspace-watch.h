/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apm2-disk-usage.h"

/* How long a step runs before it is looked after at all. */
#define APM2_WORKSPACE_WATCH_DELAY_USEC 1000000

/* What a job may take of the disk. A number of 0 means: no limit. */
typedef struct
{
  const char *path;    /* of all that the job has; may be empty: none */
  bool temporary;      /* /tmp and /var/tmp are the job's alone, too */
  uint64_t bytes_max;  /* of all that */
  uint64_t bytes_left; /* that the disk must have */
} Apm2WorkspaceBounds;

typedef enum
{
  APM2_WORKSPACE_KEPT,
  APM2_WORKSPACE_EXCEEDED,
  APM2_WORKSPACE_DISK_FULL,
} Apm2WorkspaceState;

/* Watches them, a little at a time. Zero-initialise it. */
typedef struct
{
  Apm2WorkspaceBounds bounds; /* borrowed: its path */
  Apm2DiskUsage usage;
  unsigned n_paths; /* of which the counting has begun; 0: of none */
} Apm2WorkspaceWatch;

Apm2WorkspaceState apm2_workspace_watch_look (Apm2WorkspaceWatch *self,
                                              uint64_t *ret_rest_usec);
void apm2_workspace_watch_clear (Apm2WorkspaceWatch *self);
