/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define APM2_TYPE_WATCHDOG (apm2_watchdog_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Watchdog, apm2_watchdog, APM2, WATCHDOG, GObject)

Apm2Watchdog *apm2_watchdog_new (void);
guint64 apm2_watchdog_get_interval_usec (Apm2Watchdog *self);
void apm2_watchdog_set_ready (Apm2Watchdog *self);
void apm2_watchdog_set_stopping (Apm2Watchdog *self);
void apm2_watchdog_set_status (Apm2Watchdog *self, const char *text);
void apm2_watchdog_note_cycle (Apm2Watchdog *self);

G_END_DECLS
