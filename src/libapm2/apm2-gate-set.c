/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a set of gates is: every gate in its order, with its command, its
 * environment and all that decides how it is judged. A set with one gate less
 * or one that may fail is another one and admits nothing for this one.
 */

#include "apm2-gate-set.h"

#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "apm2-json-gate.h"

/**
 * apm2_gate_set_get_digest:
 * @steps: (element-type Apm2Step): the gates, as they stand in a job spec
 *
 * Returns: (transfer full): SHA-256 of their canonical JSON, lower-case hex
 */
char *
apm2_gate_set_get_digest (const GPtrArray *steps)
{
  g_autoptr (json_t) array = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  g_return_val_if_fail (steps != NULL, NULL);

  array = apm2_job_spec_steps_to_json (steps);
  text = apm2_json_canonical (array, &length);
  return apm2_json_digest (text, length);
}
