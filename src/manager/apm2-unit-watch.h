/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-manager.h"

G_BEGIN_DECLS

/*
 * The units of apm2, kept as the service manager tells them: broker, socket,
 * worker, and every loaded instance of the worker. Signals:
 *
 *   changed (): some unit differs from what it was, came or went
 *   settled (): all are known for the first time, or nobody can be asked
 */
#define APM2_TYPE_UNIT_WATCH (apm2_unit_watch_get_type ())
G_DECLARE_FINAL_TYPE (Apm2UnitWatch, apm2_unit_watch, APM2, UNIT_WATCH, GObject)

typedef void (*Apm2UnitWatchFunc) (const Apm2UnitState *unit,
                                   Apm2Mode scope,
                                   gpointer user_data);

Apm2UnitWatch *apm2_unit_watch_new (Apm2Mode mode);
void apm2_unit_watch_start (Apm2UnitWatch *self);
void apm2_unit_watch_stop (Apm2UnitWatch *self);
gboolean apm2_unit_watch_is_known (Apm2UnitWatch *self);
guint apm2_unit_watch_get_n_lanes (Apm2UnitWatch *self);
void apm2_unit_watch_foreach (Apm2UnitWatch *self,
                              Apm2UnitWatchFunc func,
                              gpointer user_data);

G_END_DECLS
