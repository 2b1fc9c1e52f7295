/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever passes the gate has one canonical form, which passes it too. */

#include "fuzz.h"

#include "apm2-json-canonical.h"
#include "apm2-json-gate.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (json_t) once = apm2_json_gate ((const char *) data, size, &error);
  g_autoptr (json_t) twice = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  gsize length = 0;

  g_assert_true ((once == NULL) == (error != NULL));
  if (once == NULL)
    return 0;

  text = apm2_json_canonical (once, &length);
  g_assert_cmpuint (length, <=, size);
  twice = apm2_json_gate (text, length, &error);
  g_assert_no_error (error);
  again = apm2_json_canonical (twice, NULL);
  g_assert_cmpstr (text, ==, again);
  return 0;
}
