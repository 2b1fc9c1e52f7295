/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The record that prepares a lane slot for its next step.
 *
 * There are three of them, each for one step or for several at once, and a
 * fourth is refused: nothing is parsed.
 */

#include "apm2-step-prepare.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The index is an #Apm2StepPrepare. */
static const char records[][APM2_STEP_PREPARE_SIZE] = {
  [APM2_STEP_PREPARE_KEEP] = "apm2prp1keep",
  [APM2_STEP_PREPARE_CLEAN] = "apm2prp1clean",
  [APM2_STEP_PREPARE_CACHED] = "apm2prp1cached",
};

#define LAST (APM2_STEP_PREPARE_SIZE - 1)

/**
 * apm2_step_prepare_encode:
 * @prepare: what shall become of the workspace
 * @width: how many steps come at once, 1 to %APM2_STEP_WAVE_MAX
 * @data: (out): the record
 */
void
apm2_step_prepare_encode (Apm2StepPrepare prepare,
                          unsigned width,
                          unsigned char data[APM2_STEP_PREPARE_SIZE])
{
  memcpy (data, records[prepare], APM2_STEP_PREPARE_SIZE);
  if (width > 1)
    data[LAST] = (unsigned char) ('0' + width);
}

static bool
read_width (unsigned char digit, unsigned *ret_width)
{
  *ret_width = digit == '\0' ? 1 : (unsigned) digit - '0';
  return digit == '\0' || (digit >= '2' && digit <= '0' + APM2_STEP_WAVE_MAX);
}

/**
 * apm2_step_prepare_decode:
 * @data: a record
 * @ret_prepare: (out): what shall become of the workspace; set only on success
 * @ret_width: (out): how many steps come at once; the same
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_prepare_decode (const unsigned char data[APM2_STEP_PREPARE_SIZE],
                          Apm2StepPrepare *ret_prepare,
                          unsigned *ret_width)
{
  unsigned width = 0;

  if (!read_width (data[LAST], &width))
    return -EBADMSG;
  for (int i = 0; i < APM2_N_STEP_PREPARES; i++)
    {
      if (memcmp (data, records[i], LAST) != 0)
        continue;
      *ret_prepare = (Apm2StepPrepare) i;
      *ret_width = width;
      return 0;
    }
  return -EBADMSG;
}
