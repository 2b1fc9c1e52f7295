/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Magic and length of the body, which follow each other without padding. */
#define APM2_STEP_MESSAGE_HEAD 12
/* Of the body. A spec's commands and environments have 64 KiB together. */
#define APM2_STEP_MESSAGE_MAX  (256 * 1024)
#define APM2_STEP_MESSAGE_ARGV 1024
#define APM2_STEP_MESSAGE_ENV  128

/**
 * Apm2StepMessage:
 *
 * One step, as the worker tells it to apm2-step. A number of 0 means: no limit.
 */
typedef struct
{
  char **argv; /* ends with NULL; at least one element */
  char **env;  /* ends with NULL; "NAME=value": all that the step gets */
  const char *directory;
  const char *log_file;      /* empty: output is dropped */
  const char *progress_fifo; /* empty: none */
  const char *workspace;     /* all that the job has; empty: not bounded */
  uint64_t timeout_usec;
  uint64_t kill_grace_usec; /* TERM to KILL */
  uint64_t log_bytes_max;
  uint64_t memory_max_bytes; /* of each process */
  uint64_t tasks_max;        /* of the whole user id */
  uint64_t workspace_bytes_max;
  uint64_t disk_bytes_left; /* that the disk must have */
} Apm2StepMessage;

size_t apm2_step_message_encode (const Apm2StepMessage *self,
                                 unsigned char *data,
                                 size_t room);
int apm2_step_message_get_body_size (
    const unsigned char head[APM2_STEP_MESSAGE_HEAD],
    size_t *ret_size);
int apm2_step_message_decode (Apm2StepMessage *self,
                              unsigned char *body,
                              size_t length);
void apm2_step_message_clear (Apm2StepMessage *self);
