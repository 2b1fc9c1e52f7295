/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The record that prepares a lane slot for its next step.
 *
 * There are three of them, and a fourth is refused: nothing is parsed.
 */

#include "apm2-step-prepare.h"

#include <errno.h>
#include <string.h>

/* The index is an #Apm2StepPrepare. */
static const char records[][APM2_STEP_PREPARE_SIZE] = {
  [APM2_STEP_PREPARE_KEEP] = "apm2prp1keep",
  [APM2_STEP_PREPARE_CLEAN] = "apm2prp1clean",
  [APM2_STEP_PREPARE_CACHED] = "apm2prp1cached",
};

/**
 * apm2_step_prepare_encode:
 * @prepare: what shall become of the workspace
 * @data: (out): the record
 */
void
apm2_step_prepare_encode (Apm2StepPrepare prepare,
                          unsigned char data[APM2_STEP_PREPARE_SIZE])
{
  memcpy (data, records[prepare], APM2_STEP_PREPARE_SIZE);
}

/**
 * apm2_step_prepare_decode:
 * @data: a record
 * @ret_prepare: (out): what shall become of the workspace; set only on success
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_prepare_decode (const unsigned char data[APM2_STEP_PREPARE_SIZE],
                          Apm2StepPrepare *ret_prepare)
{
  for (int i = 0; i < APM2_N_STEP_PREPARES; i++)
    {
      if (memcmp (data, records[i], APM2_STEP_PREPARE_SIZE) != 0)
        continue;
      *ret_prepare = (Apm2StepPrepare) i;
      return 0;
    }
  return -EBADMSG;
}
