/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define APM2_STEP_PROGRESS_LINE_MAX 256

/* What a step says about its progress; zero-initialised. */
typedef struct
{
  char line[APM2_STEP_PROGRESS_LINE_MAX + 1]; /* the one being read */
  size_t length;
  bool overlong; /* the rest of the line is skipped */
  int value;     /* in APM2_STEP_PROGRESS_UNITS */
  char text[APM2_STEP_PROGRESS_LINE_MAX + 1];
  bool value_changed; /* whoever tells it onwards clears it */
  bool text_changed;
} Apm2StepProgress;

int apm2_step_progress_open (const char *path);
void apm2_step_progress_feed (Apm2StepProgress *self,
                              const char *data,
                              size_t length);
