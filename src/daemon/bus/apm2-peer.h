/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-match-rule.h"

G_BEGIN_DECLS

/* Match rules that one peer may have at once. */
#define APM2_PEER_RULES_MAX 64

#define APM2_TYPE_PEER (apm2_peer_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Peer, apm2_peer, APM2, PEER, GObject)

Apm2Peer *apm2_peer_new (GDBusConnection *connection, guint32 uid, gint32 pid);
Apm2Peer *apm2_peer_new_bus (GDBusConnection *connection);
Apm2Peer *apm2_peer_of (GDBusConnection *connection);

GDBusConnection *apm2_peer_get_connection (Apm2Peer *self);
gboolean apm2_peer_is_bus (Apm2Peer *self);
guint32 apm2_peer_get_uid (Apm2Peer *self);
gint32 apm2_peer_get_pid (Apm2Peer *self);
const char *apm2_peer_get_unique_name (Apm2Peer *self);

gboolean apm2_peer_hello (Apm2Peer *self);
gboolean apm2_peer_add_match (Apm2Peer *self,
                              const char *rule,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_peer_remove_match (Apm2Peer *self,
                                 const char *rule,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_peer_wants (Apm2Peer *self, const Apm2Signal *signal);
void apm2_peer_send (Apm2Peer *self, GDBusMessage *signal);

G_END_DECLS
