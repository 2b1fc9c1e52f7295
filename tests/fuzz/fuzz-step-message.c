/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever decodes to a step encodes to the same bytes. */

#include "fuzz.h"

#include <glib.h>

#include "apm2-step-message.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *body = g_memdup2 (data, size);
  g_autofree guint8 *again = NULL;
  Apm2StepMessage message = { 0 };
  gsize length = 0;

  if (size > APM2_STEP_MESSAGE_MAX)
    return 0;
  if (apm2_step_message_decode (&message, body, size) < 0)
    {
      g_assert_null (message.argv);
      g_assert_null (message.env);
      return 0;
    }
  length = apm2_step_message_encode (&message, NULL, 0);
  g_assert_cmpuint (length, ==, size + APM2_STEP_MESSAGE_HEAD);
  again = g_malloc (length);
  g_assert_cmpuint (
      apm2_step_message_encode (&message, again, length), ==, length);
  g_assert_cmpmem (again + APM2_STEP_MESSAGE_HEAD, size, data, size);
  apm2_step_message_clear (&message);
  return 0;
}
