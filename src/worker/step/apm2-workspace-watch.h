/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

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

/* Watches them from a thread. */
typedef struct
{
  Apm2WorkspaceBounds bounds;
  int told_fd; /* becomes readable when one is broken; -1: nobody watches */
  int wake_fd;
  int ends[2]; /* of the thread */
  atomic_bool stop;
  atomic_bool full; /* it was the disk */
  pthread_t thread;
} Apm2WorkspaceWatch;

void apm2_workspace_watch_init (Apm2WorkspaceWatch *self);
int apm2_workspace_watch_start (Apm2WorkspaceWatch *self,
                                const Apm2WorkspaceBounds *bounds);
void apm2_workspace_watch_stop (Apm2WorkspaceWatch *self);
bool apm2_workspace_watch_is_broken (const Apm2WorkspaceBounds *bounds,
                                     const atomic_bool *stop,
                                     bool *ret_full);
