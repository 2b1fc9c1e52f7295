/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A spec that was read is valid, and keeps its digest when read again. */

#include "fuzz.h"

#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2JobSpec) once
      = apm2_job_spec_from_json ((const char *) data, size, &error);
  g_autoptr (Apm2JobSpec) twice = NULL;
  gsize lengths[2] = { 0 };

  g_assert_true ((once == NULL) == (error != NULL));
  if (once == NULL)
    return 0;

  g_autofree char *text = apm2_job_spec_to_json (once, &lengths[0]);
  g_autofree char *digest = apm2_json_digest (text, lengths[0]);
  twice = apm2_job_spec_from_json (text, lengths[0], &error);
  g_assert_no_error (error);
  g_autofree char *again = apm2_job_spec_to_json (twice, &lengths[1]);
  g_autofree char *same = apm2_json_digest (again, lengths[1]);
  g_assert_cmpstr (digest, ==, same);
  return 0;
}
