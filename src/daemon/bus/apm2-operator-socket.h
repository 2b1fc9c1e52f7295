/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-tree.h"

G_BEGIN_DECLS

/*
 * Signals:
 *   peer-added (GDBusConnection *connection)
 *   peer-gone (GDBusConnection *connection): closed; nothing reaches it any
 * more
 */
#define APM2_TYPE_OPERATOR_SOCKET (apm2_operator_socket_get_type ())
G_DECLARE_FINAL_TYPE (Apm2OperatorSocket,
                      apm2_operator_socket,
                      APM2,
                      OPERATOR_SOCKET,
                      GObject)

Apm2OperatorSocket *apm2_operator_socket_new (Apm2Tree *tree,
                                              guint connections_max,
                                              guint auth_timeout_sec);

void apm2_operator_socket_share (Apm2OperatorSocket *self);
gboolean
apm2_operator_socket_listen_passed (Apm2OperatorSocket *self,
                                    gboolean *ret_passed,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_operator_socket_listen_fd (Apm2OperatorSocket *self,
                                int fd,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_operator_socket_listen_path (Apm2OperatorSocket *self,
                                  const char *path,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_operator_socket_stop (Apm2OperatorSocket *self);

guint apm2_operator_socket_get_n_connections (Apm2OperatorSocket *self);

G_END_DECLS
