/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RigSystemd:
 *
 * A service manager that says what the test tells it to, on a socket of its own
 * or on a message bus; for what the real one does not do on demand.
 */
typedef struct
{
  GDBusServer *server;    /* (nullable) */
  GPtrArray *connections; /* (element-type GDBusConnection) */
  GHashTable *units; /* (element-type utf8 GHashTable) properties by name */
  gboolean is_mute;  /* answers nothing */
  gboolean is_subscribed; /* says AlreadySubscribed */
  guint n_subscribed;
  guint n_read; /* units */
  guint n_listed;
  guint n_killed;
  guint n_stopped; /* asked to; the test removes them */
  guint n_started; /* transient ones, which run */
} RigSystemd;

RigSystemd *rig_systemd_new (void);
void rig_systemd_free (RigSystemd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigSystemd, rig_systemd_free)

/* At RUNTIME_DIR/systemd/private. */
void rig_systemd_listen (RigSystemd *self, const char *runtime_dir);
/* On a connection to a message bus; the name is the test's business. */
void rig_systemd_serve (RigSystemd *self, GDBusConnection *connection);
/* Closes all. */
void rig_systemd_leave (RigSystemd *self);

/* Properties in the text form of a GVariant dictionary, beside those that the
 * unit has. */
void
rig_systemd_set (RigSystemd *self, const char *unit, const char *properties);
/* The same, and says so. */
void
rig_systemd_change (RigSystemd *self, const char *unit, const char *properties);
/* Loaded no more; said so. */
void rig_systemd_remove (RigSystemd *self, const char *unit);
void rig_systemd_emit (RigSystemd *self,
                       const char *signal,
                       const char *format,
                       ...);

G_END_DECLS
