/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/*
 * The hand that a worker lends to the broker's housekeeping: it removes what
 * belongs to the worker's user.
 */
#define APM2_TYPE_SWEEP_HAND (apm2_sweep_hand_get_type ())
G_DECLARE_FINAL_TYPE (Apm2SweepHand, apm2_sweep_hand, APM2, SWEEP_HAND, GObject)

Apm2SweepHand *apm2_sweep_hand_new (const Apm2Paths *paths);
void apm2_sweep_hand_connect (Apm2SweepHand *self, GDBusConnection *connection);

G_END_DECLS
