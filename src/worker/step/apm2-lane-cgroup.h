/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#include "apm2-step-event.h"

/* What the kernel counts for a control group. */
typedef struct
{
  uint64_t cpu_usec;
  uint64_t memory_peak_bytes;
  uint64_t tasks_peak;
  uint64_t oom_kills;
} Apm2LaneFigures;

/* The control group of this process, if it is the whole of a unit. */
typedef struct
{
  char cpu[PATH_MAX]; /* directories; empty: not counted for us alone */
  char memory[PATH_MAX];
  char pids[PATH_MAX];
  char unit[PATH_MAX];    /* path of the group; empty: none */
  char members[PATH_MAX]; /* directory where its processes are listed */
  bool unified;
  Apm2LaneFigures before; /* when it was opened */
} Apm2LaneCgroup;

void apm2_lane_cgroup_open (Apm2LaneCgroup *self,
                            const char *membership,
                            const char *root);
bool apm2_lane_cgroup_has (const Apm2LaneCgroup *self, pid_t pid);
void apm2_lane_cgroup_take (const Apm2LaneCgroup *self, Apm2StepExit *exit);
void apm2_lane_cgroup_take_kills (const Apm2LaneCgroup *self,
                                  Apm2StepExit *exit);
