/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Apm2LeftoverTrace:
 * @entry: of the environment of all that a job has started
 * @since: clock ticks since boot; what is older is not the job's
 * @cgroups: control groups in which its command may have begun
 * @n_cgroups: how many; 0: not known
 *
 * What is known of a job whose processes are looked for.
 */
typedef struct
{
  char *entry;
  uint64_t since;
  char **cgroups;
  size_t n_cgroups;
} Apm2LeftoverTrace;

/**
 * Apm2LeftoverWord:
 * @APM2_LEFTOVER_WORD_NONE: it says nothing of the job
 * @APM2_LEFTOVER_WORD_OURS: it says that it was started by the job
 * @APM2_LEFTOVER_WORD_FOREIGN: it says the same, but is where the job starts
 *   nothing: somebody else has given it that environment
 */
typedef enum
{
  APM2_LEFTOVER_WORD_NONE,
  APM2_LEFTOVER_WORD_OURS,
  APM2_LEFTOVER_WORD_FOREIGN,
} Apm2LeftoverWord;

int apm2_leftover_trace_parse (Apm2LeftoverTrace *ret_trace, char *text);
void apm2_leftover_trace_clear (Apm2LeftoverTrace *trace);
Apm2LeftoverWord apm2_leftover_trace_ask (const Apm2LeftoverTrace *trace,
                                          pid_t pid);
bool apm2_leftover_trace_is_place (const Apm2LeftoverTrace *trace,
                                   const char *cgroup);
