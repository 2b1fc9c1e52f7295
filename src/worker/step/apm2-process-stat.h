/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Apm2ProcessStat:
 * @pid: its number
 * @parent: that of its parent
 * @state: R, S, D, T, t, Z, ...
 * @start_time: when it began, in clock ticks since boot
 *
 * What the kernel tells everybody of a process.
 */
typedef struct
{
  pid_t pid;
  pid_t parent;
  char state;
  uint64_t start_time;
} Apm2ProcessStat;

bool apm2_process_stat_read (Apm2ProcessStat *ret_stat, pid_t pid);
bool apm2_process_stat_is_over (const Apm2ProcessStat *stat);
bool apm2_process_stat_is_stopped (const Apm2ProcessStat *stat);
ssize_t apm2_process_stat_list (pid_t **ret_pids);
