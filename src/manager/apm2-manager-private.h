/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-manager.h"

G_BEGIN_DECLS

#define APM2_MANAGER_NAME       "org.freedesktop.systemd1"
#define APM2_MANAGER_PATH       "/org/freedesktop/systemd1"
#define APM2_MANAGER_IFACE      "org.freedesktop.systemd1.Manager"
#define APM2_MANAGER_UNIT_PATHS APM2_MANAGER_PATH "/unit/"
#define APM2_MANAGER_PROPERTIES "org.freedesktop.DBus.Properties"

struct _Apm2Manager
{
  GObject parent_instance;

  Apm2Mode mode;
  GCancellable *cancellable;   /* of what is under way; %NULL unless started */
  GDBusConnection *connection; /* (owned) (nullable) */
  gboolean is_bus;
  gboolean is_connected;
  gboolean was_connected; /* ever */
  gboolean is_absent;     /* there is none where one would be */
  gboolean has_told_loss;
  GArray *subscriptions; /* (element-type guint) on the connection */
  GHashTable *watches;   /* (owned) by object path; what they are is known to
                            apm2-manager-signals.c */
  guint retry;           /* timer */
  guint retry_msec;
  guint deadline; /* timer */
};

/* %NULL on the manager's own socket. */
const char *apm2_manager_get_destination (Apm2Manager *self);
void apm2_manager_subscribe (Apm2Manager *self);
void apm2_manager_tell_loss (Apm2Manager *self, const char *reason);
void apm2_manager_note_failure (Apm2Manager *self,
                                GDBusConnection *connection,
                                const GError *error);

void apm2_manager_add_signals (GType type);
GHashTable *apm2_manager_new_watches (void);
void apm2_manager_hear (Apm2Manager *self);
void apm2_manager_unhear (Apm2Manager *self);
/* Hears of changes of @name, which is at @path, from now on. */
void apm2_manager_watch (Apm2Manager *self, const char *name, const char *path);

G_END_DECLS
