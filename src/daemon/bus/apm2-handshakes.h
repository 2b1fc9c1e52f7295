/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who is at the other end, by the word of the kernel. */
typedef struct
{
  guint32 uid;
  gint32 pid;
} Apm2Credentials;

/* @connection is authenticated, and its messages are not processed yet; %NULL
 * if the handshake failed. Called in the main context. */
typedef void (*Apm2HandshakeDone) (GDBusConnection *connection,
                                   const Apm2Credentials *credentials,
                                   gpointer data);

typedef struct _Apm2Handshakes Apm2Handshakes;

Apm2Handshakes *apm2_handshakes_new (guint threads_max,
                                     guint timeout_sec,
                                     Apm2HandshakeDone done,
                                     gpointer data);
void apm2_handshakes_stop (Apm2Handshakes *self);
void apm2_handshakes_unref (Apm2Handshakes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Handshakes, apm2_handshakes_unref)

void apm2_handshakes_admit_all (Apm2Handshakes *self);
gboolean apm2_handshakes_admits (Apm2Handshakes *self, guint32 uid);
void apm2_handshakes_start (Apm2Handshakes *self,
                            GSocketConnection *stream,
                            const Apm2Credentials *credentials);

G_END_DECLS
