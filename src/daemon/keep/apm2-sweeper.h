/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-remnant.h"

G_BEGIN_DECLS

/*
 * Removes remnants. Those that belong to the worker's user in system mode are
 * removed by a worker, which lends a hand: a call of Sweep that is parked until
 * there is something to do, and that says what became of it with the next one.
 */
#define APM2_TYPE_SWEEPER (apm2_sweeper_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Sweeper, apm2_sweeper, APM2, SWEEPER, GObject)

Apm2Sweeper *apm2_sweeper_new (const Apm2Paths *paths);

/* The worker's side. */
gboolean apm2_sweeper_lend_hand (Apm2Sweeper *self,
                                 GDBusMethodInvocation *invocation,
                                 GVariant *results,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_sweeper_disconnect (Apm2Sweeper *self, GDBusConnection *connection);

gboolean apm2_sweeper_can (Apm2Sweeper *self, Apm2SweepKind kind);
void apm2_sweeper_remove_async (Apm2Sweeper *self,
                                GPtrArray *remnants,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GPtrArray *
apm2_sweeper_remove_finish (Apm2Sweeper *self,
                            GAsyncResult *result,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
