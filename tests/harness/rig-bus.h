/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rig-process.h"

G_BEGIN_DECLS

/* A message bus of a home's own, always at the same address. */
RigProcess *rig_bus_start (RigHome *home);
GDBusConnection *rig_bus_connect (RigHome *home);
/* (nullable) unique name of who owns org.apm2.Services. */
char *rig_bus_get_owner (GDBusConnection *bus);
void rig_bus_wait_owned (GDBusConnection *bus);

G_END_DECLS
