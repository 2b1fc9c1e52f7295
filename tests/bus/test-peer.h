/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-operator-socket.h"
#include "test-zoo.h"

G_BEGIN_DECLS

/* A zoo behind an operator socket in a directory of its own. */
typedef struct
{
  Zoo *zoo;
  Apm2OperatorSocket *socket;
  char *dir;
  char *path;
  char *address;
} PeerFixture;

void peer_fixture_set_up_with (PeerFixture *self,
                               guint connections_max,
                               guint auth_timeout_sec);
void peer_fixture_set_up (PeerFixture *self, gconstpointer data);
void peer_fixture_tear_down (PeerFixture *self, gconstpointer data);

/* A client that speaks plain D-Bus, and one that thinks this is a bus. */
GDBusConnection *peer_fixture_connect (PeerFixture *self);
GDBusConnection *peer_fixture_connect_bus (PeerFixture *self);

/* A bare socket; @greeting is written to it. */
GSocket *peer_fixture_connect_raw (PeerFixture *self,
                                   const char *greeting,
                                   gsize length);
/* Up to and with the BEGIN of the D-Bus handshake. */
GSocket *peer_fixture_connect_mute (PeerFixture *self);

/* Calls Echo at the root and checks the answer. */
void peer_assert_echoes (GDBusConnection *connection, const char *name);
/* Calls something of the driver that has no result. */
gboolean peer_call_driver (GDBusConnection *connection,
                           const char *method,
                           const char *argument,
                           GError **error);

G_END_DECLS
