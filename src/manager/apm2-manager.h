/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"
#include "apm2-unit-state.h"

G_BEGIN_DECLS

/*
 * The service manager, systemd, of one mode: connection, calls and signals.
 *
 * Signals:
 *   connected (): it answers and will signal; what was known before is old
 *   lost (const char *reason): it does not answer, or is not there; told once
 *     until it is connected again, also when the first attempt fails
 *   unit-changed (const char *name): a unit that was read changed, or a job of
 *     any unit ended: read it anew
 *   unit-listed (const char *name): a unit was loaded or unloaded. To read one
 *     that nothing else keeps loaded does both: never answer by reading it, ask
 *     for the list of units
 *   job-removed (const char *path, const char *unit, const char *result)
 *   reloaded (): the manager has read all unit files anew, or some were enabled
 *     or disabled: every unit may differ
 */
#define APM2_TYPE_MANAGER (apm2_manager_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Manager, apm2_manager, APM2, MANAGER, GObject)

Apm2Manager *apm2_manager_new (Apm2Mode mode);
void apm2_manager_start (Apm2Manager *self);
void apm2_manager_stop (Apm2Manager *self);
gboolean apm2_manager_is_connected (Apm2Manager *self);
gboolean apm2_manager_is_absent (Apm2Manager *self);
Apm2Mode apm2_manager_get_mode (Apm2Manager *self);

void apm2_manager_call_async (Apm2Manager *self,
                              const char *method,
                              GVariant *parameters,
                              const GVariantType *reply_type,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GVariant *apm2_manager_call_finish (Apm2Manager *self,
                                    GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_manager_read_unit_async (Apm2Manager *self,
                                   const char *name,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
Apm2UnitState *
apm2_manager_read_unit_finish (Apm2Manager *self,
                               GAsyncResult *result,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_manager_forget_unit (Apm2Manager *self, const char *name);

char *apm2_manager_get_unit_path (const char *name);

G_END_DECLS
