/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define APM2_PRESSURE_FILE "/proc/pressure/cpu"

/*
 * How much of the time somebody waits for a processor. Signal: "again" (it may
 * be another; only while it is watched).
 */
#define APM2_TYPE_PRESSURE (apm2_pressure_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Pressure, apm2_pressure, APM2, PRESSURE, GObject)

Apm2Pressure *apm2_pressure_new (const char *file);

void apm2_pressure_set_watched (Apm2Pressure *self, gboolean watched);
guint apm2_pressure_read (Apm2Pressure *self);

G_END_DECLS
