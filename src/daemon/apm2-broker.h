/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-active-config.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* The broker: builds its parts, starts and stops them. */
#define APM2_TYPE_BROKER (apm2_broker_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Broker, apm2_broker, APM2, BROKER, GObject)

Apm2Broker *apm2_broker_new (const Apm2Paths *paths, Apm2ActiveConfig *active);

void apm2_broker_start_async (Apm2Broker *self,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean apm2_broker_start_finish (Apm2Broker *self,
                                   GAsyncResult *result,
                                   GError **error);
void apm2_broker_watch_idle (Apm2Broker *self, guint sec);
void apm2_broker_announce_stop (Apm2Broker *self);
void apm2_broker_stop_async (Apm2Broker *self,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean apm2_broker_stop_finish (Apm2Broker *self,
                                  GAsyncResult *result,
                                  GError **error);

G_END_DECLS
