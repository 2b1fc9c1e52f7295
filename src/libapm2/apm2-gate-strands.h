/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

GPtrArray *apm2_gate_strands_find (const GPtrArray *steps);

char *apm2_gate_part_id (const char *job_id, guint number);
char *apm2_gate_part_get_whole (const char *part_id);
Apm2JobSpec *apm2_gate_part_new (const Apm2JobSpec *spec,
                                 const char *part_id,
                                 const GPtrArray *strand);
char *apm2_gate_part_describe (const GPtrArray *strand);

G_END_DECLS
