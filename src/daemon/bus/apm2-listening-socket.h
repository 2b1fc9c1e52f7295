/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* A socket file that we made, to be removed only if it is still ours. */
typedef struct
{
  char *path;
  guint64 device;
  guint64 inode;
} Apm2SocketFile;

void apm2_socket_file_clear (Apm2SocketFile *self);

int apm2_listening_socket_take_passed (GError **error);
void apm2_listening_socket_turn_away (void);
GSocket *apm2_listening_socket_from_fd (int fd, GError **error);
GSocket *apm2_listening_socket_bind (const char *path,
                                     mode_t mode,
                                     Apm2SocketFile *ret_file,
                                     GError **error);
gboolean apm2_listening_socket_is_closed (GSocket *listener);

G_END_DECLS
