/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "apm2-doctor.h"
#include "apm2-repair.h"

G_BEGIN_DECLS

#define APM2_SCHEMA_DOCTOR "apm2.fac.doctor.v1"

json_t *apm2_diagnosis_to_json (const Apm2Diagnosis *self,
                                const Apm2Doctor *doctor,
                                GPtrArray *repairs);

G_END_DECLS
