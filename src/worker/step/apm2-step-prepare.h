/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/* The first thing that `apm2-step --lane` reads: what shall become of what is
 * in its workspace. One step message follows it on the same descriptor, then
 * APM2_STEP_LANE_GO, and then nothing. A record of this size is written to a
 * FIFO whole or not at all.
 *
 * Magic "apm2prp1", then "clean", "cached" or "keep", filled up with NUL. If
 * several steps shall run at once the last byte is the digit of how many.
 */
#define APM2_STEP_PREPARE_SIZE 16

/* What shall become of what is in the workspace. */
typedef enum
{
  APM2_STEP_PREPARE_KEEP,   /* it stays */
  APM2_STEP_PREPARE_CLEAN,  /* it goes */
  APM2_STEP_PREPARE_CACHED, /* it goes, but for caches; see apm2-lane-caches.h
                             */
} Apm2StepPrepare;
#define APM2_N_STEP_PREPARES (APM2_STEP_PREPARE_CACHED + 1)

/* Steps that run at once, of one unit. */
#define APM2_STEP_WAVE_MAX 8
/* Of these each has a part of the log of its own, which begins so many bytes
 * after that of the one before: the file has holes. */
#define APM2_STEP_WAVE_LOG_STRIDE (UINT64_C (1) << 36)

/* In the workspace. What the progress_fifo of a step is, if it has one: no
 * other is made. Of several each has one with "-NUMBER" behind it. */
#define APM2_STEP_LANE_PROGRESS_FIFO "tmp/apm2-progress"

/* What to expect of `apm2-step --lane WORKSPACE` as the process of a unit:
 *
 *   input   FIFO: the record, then, once "armed" was told, one step message,
 *           then one byte: the step may run
 *   output  file opened to append: the lines of apm2-step-event.h
 *   errors  file opened to append: what the command writes, as it is
 *
 * The workspace exists; `home`, `tmp` and `work` in it, 0700, are made. The
 * log_file of the message is not looked at. The command has a user and pid
 * namespace of its own if "armed" says pidns=1; the numbers in /proc are those
 * outside of it.
 *
 * If the record says that several steps come at once, as many messages follow
 * each other before that byte, and each line of the output but "armed" begins
 * with the number of its step, from 0, and a space. Each of them has a
 * supervisor and namespaces of its own; SIGTERM is for all. The status is 0
 * when each has told its end.
 *
 * The end of the input before that byte: nothing has run, status 0. SIGTERM
 * before that: the same. From then on the input means nothing, SIGTERM ends the
 * command with the grace of the message, and the status is that of
 * apm2_step_exit_get_mirror(). */
#define APM2_STEP_LANE_GO 'g'

#define APM2_STEP_LANE_EXIT_USAGE     64
#define APM2_STEP_LANE_EXIT_DATA      65 /* no record, or no message */
#define APM2_STEP_LANE_EXIT_INTERNAL  70
#define APM2_STEP_LANE_EXIT_WORKSPACE 74 /* "unarmed" says why */

void apm2_step_prepare_encode (Apm2StepPrepare prepare,
                               unsigned width,
                               unsigned char data[APM2_STEP_PREPARE_SIZE]);
int apm2_step_prepare_decode (const unsigned char data[APM2_STEP_PREPARE_SIZE],
                              Apm2StepPrepare *ret_prepare,
                              unsigned *ret_width);
