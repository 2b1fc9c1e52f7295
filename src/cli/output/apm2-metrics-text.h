/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/* Figures of the queue, @metrics as the broker sends them, for people and for
 * Prometheus. @objects: all objects with their properties. */
void apm2_metrics_print (const Apm2CommandCall *call, GVariant *metrics);
char *apm2_metrics_to_prometheus (GVariant *metrics, GVariant *objects);

G_END_DECLS
