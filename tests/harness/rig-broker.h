/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rig-process.h"

G_BEGIN_DECLS

/* One way to connect to the operator socket each. */
typedef enum
{
  RIG_PEER, /* without Hello, as the worker and the CLI do */
  RIG_BUS,  /* with Hello, as stock tools do */
} RigConnect;

RigProcess *rig_broker_start (RigHome *home);
GDBusConnection *rig_connect (RigHome *home, RigConnect how);
GDBusConnection *rig_try_connect (RigHome *home, RigConnect how);
void rig_disconnect (GDBusConnection *connection);

/* A broker with a client on it, for the tests that need no more. */
typedef struct
{
  RigHome *home;
  RigProcess *broker;
  GDBusConnection *client;
} Rig;

Rig *rig_new (const char *config);
void rig_free (Rig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)
void rig_crash (Rig *self);   /* SIGKILL, then a new broker and client */
void rig_restart (Rig *self); /* the same with SIGTERM */

RigProcess *rig_worker_start (RigHome *home, const char *const *options);

G_END_DECLS
