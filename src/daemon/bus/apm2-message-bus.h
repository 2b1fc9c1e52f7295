/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-tree.h"

G_BEGIN_DECLS

/*
 * Signals:
 *   settled (): the first attempt is over, for better or worse; once
 *   changed (): the name was won or lost
 *   name-lost (const char *message): somebody else has the name, or it may not
 *     be owned; words for an operator
 */
#define APM2_TYPE_MESSAGE_BUS (apm2_message_bus_get_type ())
G_DECLARE_FINAL_TYPE (Apm2MessageBus,
                      apm2_message_bus,
                      APM2,
                      MESSAGE_BUS,
                      GObject)

Apm2MessageBus *apm2_message_bus_new (Apm2Tree *tree, GBusType type);
Apm2MessageBus *apm2_message_bus_new_for_address (Apm2Tree *tree,
                                                  GBusType type,
                                                  const char *address);

void apm2_message_bus_start (Apm2MessageBus *self);
void apm2_message_bus_stop (Apm2MessageBus *self);

gboolean apm2_message_bus_is_owned (Apm2MessageBus *self);
gboolean apm2_message_bus_is_settled (Apm2MessageBus *self);
GDBusConnection *apm2_message_bus_get_connection (Apm2MessageBus *self);

G_END_DECLS
