/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-services-watch.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/*
 * The health of the units and of the whole. Signals, in this order:
 *
 *   report (const Apm2ServicesReport *old, const Apm2ServicesReport *new): it
 *     was made anew, and may differ
 *   changed (const char *old, const char *new, const char *reason): the word or
 *     the reasons of the whole
 */
#define APM2_TYPE_HEALTH (apm2_health_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Health, apm2_health, APM2, HEALTH, GObject)

Apm2Health *apm2_health_new (Apm2WorkerRegistry *registry,
                             const Apm2Paths *paths);
void apm2_health_start (Apm2Health *self);
void apm2_health_stop (Apm2Health *self);

void apm2_health_set_store_failed (Apm2Health *self, gboolean failed);
const Apm2ServicesReport *apm2_health_get_report (Apm2Health *self);
const char *apm2_health_get_overall (Apm2Health *self);
const char *const *apm2_health_get_reasons (Apm2Health *self);

G_END_DECLS
