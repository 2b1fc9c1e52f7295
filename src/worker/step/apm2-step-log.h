/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded log file. Zero-initialised with fd -1 it drops all. */
typedef struct
{
  int fd;
  uint64_t max;     /* bytes of the file, 0: no limit */
  uint64_t bytes;   /* written */
  int error_number; /* of the first write that failed; 0: none */
  bool full;
  bool placed;   /* written at @base, not at the end of the file */
  uint64_t base; /* of the placed */
} Apm2StepLog;

int apm2_step_log_open (Apm2StepLog *self, const char *path, uint64_t max);
bool apm2_step_log_append (Apm2StepLog *self, const char *data, size_t length);
void apm2_step_log_close (Apm2StepLog *self);
