/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-json-gate.h"

G_BEGIN_DECLS

gboolean apm2_job_slot_check (const Apm2JobSpec *spec,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_job_slot_name_is_valid (const char *name);

gboolean apm2_job_slot_get_json (Apm2JobSpec *spec,
                                 const json_t *root,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_job_slot_put_json (const Apm2JobSpec *spec, json_t *root);

G_END_DECLS
