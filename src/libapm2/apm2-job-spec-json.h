/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "apm2-job-spec.h"

G_BEGIN_DECLS

Apm2JobSpec *apm2_job_spec_from_json (const char *text,
                                      gsize length,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The canonical text: members at their default are left out. Its SHA-256 is the
 * spec digest. */
char *apm2_job_spec_to_json (const Apm2JobSpec *self, gsize *ret_length);
json_t *apm2_job_spec_steps_to_json (const GPtrArray *steps);

G_END_DECLS
