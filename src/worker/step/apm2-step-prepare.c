/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The record that prepares a lane slot for its next step.
 *
 * There are two of them, and a third is refused: nothing is parsed.
 */

#include "apm2-step-prepare.h"

#include <errno.h>
#include <string.h>

static const char keep_record[APM2_STEP_PREPARE_SIZE] = "apm2prp1keep";
static const char clean_record[APM2_STEP_PREPARE_SIZE] = "apm2prp1clean";

/**
 * apm2_step_prepare_encode:
 * @clean: whether the workspace shall be emptied
 * @data: (out): the record
 */
void
apm2_step_prepare_encode (bool clean,
                          unsigned char data[APM2_STEP_PREPARE_SIZE])
{
  memcpy (data, clean ? clean_record : keep_record, APM2_STEP_PREPARE_SIZE);
}

/**
 * apm2_step_prepare_decode:
 * @data: a record
 * @ret_clean: (out): whether the workspace shall be emptied; set only on
 *   success
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_prepare_decode (const unsigned char data[APM2_STEP_PREPARE_SIZE],
                          bool *ret_clean)
{
  bool clean = memcmp (data, clean_record, APM2_STEP_PREPARE_SIZE) == 0;

  if (!clean && memcmp (data, keep_record, APM2_STEP_PREPARE_SIZE) != 0)
    return -EBADMSG;
  *ret_clean = clean;
  return 0;
}
