/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-broker-link.h"
#include "apm2-executor.h"
#include "apm2-slot-counts.h"

G_BEGIN_DECLS

/*
 * The jobs that this worker runs.
 *
 * Signal: changed (): a job has begun or ended
 */
#define APM2_TYPE_SLOTS (apm2_slots_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Slots, apm2_slots, APM2, SLOTS, GObject)

Apm2Slots *
apm2_slots_new (Apm2BrokerLink *link, Apm2Executor *executor, guint n_slots);
void apm2_slots_adopt (Apm2Slots *self, Apm2Adoption *adoption);
void apm2_slots_open (Apm2Slots *self);
void apm2_slots_close (Apm2Slots *self);
void apm2_slots_stop (Apm2Slots *self, guint64 grace_usec);

guint apm2_slots_get_n_slots (Apm2Slots *self);
guint apm2_slots_get_n_busy (Apm2Slots *self);
const Apm2SlotCounts *apm2_slots_get_counts (Apm2Slots *self);
const char *apm2_slots_get_trouble (Apm2Slots *self);
GStrv apm2_slots_list_jobs (Apm2Slots *self, guint max);

G_END_DECLS
