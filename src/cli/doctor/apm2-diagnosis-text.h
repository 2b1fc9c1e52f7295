/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-diagnosis.h"
#include "apm2-term.h"

G_BEGIN_DECLS

char *apm2_diagnosis_to_text (const Apm2Diagnosis *self,
                              guint width,
                              gboolean utf8,
                              gboolean color);
char *apm2_diagnosis_summarize (const Apm2Diagnosis *self);

G_END_DECLS
