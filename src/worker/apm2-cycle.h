/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-broker-link.h"
#include "apm2-heartbeat-writer.h"
#include "apm2-slots.h"

G_BEGIN_DECLS

/*
 * The worker's regular turn.
 *
 * Signal: ended (): a cycle has ended
 */
#define APM2_TYPE_CYCLE (apm2_cycle_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Cycle, apm2_cycle, APM2, CYCLE, GObject)

Apm2Cycle *apm2_cycle_new (Apm2BrokerLink *link,
                           Apm2Slots *slots,
                           Apm2HeartbeatWriter *writer,
                           const char *instance);
void apm2_cycle_start (Apm2Cycle *self, guint interval_msec);
void apm2_cycle_set_interval (Apm2Cycle *self, guint interval_msec);
void apm2_cycle_run (Apm2Cycle *self);
void apm2_cycle_set_draining (Apm2Cycle *self, gboolean draining);

guint64 apm2_cycle_get_count (Apm2Cycle *self);
guint64 apm2_cycle_get_last_ended (Apm2Cycle *self);
const char *apm2_cycle_get_trouble (Apm2Cycle *self);

G_END_DECLS
