/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define APM2_DEADLINES_MAX 8

/* Some moments of CLOCK_BOOTTIME in microseconds, and a descriptor that becomes
 * readable at the first. 0 means never. */
typedef struct
{
  int fd;
  int64_t at[APM2_DEADLINES_MAX];
  int64_t armed;
} Apm2Deadlines;

int64_t apm2_deadlines_now (void);
int apm2_deadlines_open (Apm2Deadlines *self);
void apm2_deadlines_set_in (Apm2Deadlines *self, int index, uint64_t usec);
bool apm2_deadlines_take (Apm2Deadlines *self, int index);
void apm2_deadlines_arm (Apm2Deadlines *self);
