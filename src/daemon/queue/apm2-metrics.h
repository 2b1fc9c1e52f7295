/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-samples.h"

G_BEGIN_DECLS

/**
 * Apm2Metrics:
 *
 * Figures over the receipts of a span of time. Knows no store and no clock.
 */
typedef struct _Apm2Metrics Apm2Metrics;

Apm2Metrics *apm2_metrics_new (gint64 since, gint64 until);
void apm2_metrics_free (Apm2Metrics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Metrics, apm2_metrics_free)

void apm2_metrics_add (Apm2Metrics *self, const Apm2ReceiptSample *sample);
void apm2_metrics_set_since (Apm2Metrics *self, gint64 since);
GVariant *apm2_metrics_to_variant (Apm2Metrics *self);

gint64 apm2_metrics_find_rank (GArray *sorted, guint percent);

G_END_DECLS
