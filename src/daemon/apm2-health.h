/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/* The health of the whole, from what the broker knows itself. Signal "changed"
 * (char* old word, char* new word, char* reason). */
#define APM2_TYPE_HEALTH (apm2_health_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Health, apm2_health, APM2, HEALTH, GObject)

Apm2Health *apm2_health_new (Apm2WorkerRegistry *registry);

void apm2_health_set_store_failed (Apm2Health *self, gboolean failed);
const char *apm2_health_get_overall (Apm2Health *self);
const char *const *apm2_health_get_reasons (Apm2Health *self);

G_END_DECLS
