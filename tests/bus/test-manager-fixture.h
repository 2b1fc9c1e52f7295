/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-manager.h"
#include "rig-home.h"
#include "rig-systemd.h"

G_BEGIN_DECLS

#define MANAGER_UNIT "apm2-worker.service"

#define MANAGER_ACTIVE                                                         \
  "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, 'SubState': "          \
  "<'running'>, 'MainPID': <uint32 4711>, 'WatchdogUSec': "                    \
  "<uint64 300000000>}"

/* A manager and what it has signalled, and a service manager for it. */
typedef struct
{
  RigHome *home;
  RigSystemd *systemd;
  Apm2Manager *manager;
  guint n_connected;
  guint n_lost;
  guint n_reloaded;
  GPtrArray *changed; /* (element-type utf8) */
  GPtrArray *listed;  /* (element-type utf8) */
  char *removed;      /* (nullable) */
  GAsyncResult *result;
} ManagerFixture;

void manager_set_up (ManagerFixture *self, gconstpointer data);
void manager_tear_down (ManagerFixture *self, gconstpointer data);
/* The service manager listens on its own socket, and is connected to. */
void manager_start (ManagerFixture *self);
Apm2UnitState *
manager_read (ManagerFixture *self, const char *name, GError **error);
void manager_on_result (GObject *source, GAsyncResult *result, gpointer data);

/* Conditions. */
gboolean manager_is_connected (gpointer data);
gboolean manager_is_lost (gpointer data);
gboolean manager_is_changed (gpointer data);
gboolean manager_is_reloaded (gpointer data);
gboolean manager_has_result (gpointer data);

G_END_DECLS
