/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Every signal that arrives on a client's connection, as "path member text". */
typedef struct
{
  GDBusConnection *connection;
  guint subscription;
  GPtrArray *lines; /* (element-type utf8) */
} Recorder;

Recorder *recorder_new (GDBusConnection *connection);
void recorder_free (Recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

/* Waits for a round trip, so that what was sent before has arrived; then
 * returns the lines so far, joined, and forgets them. */
char *recorder_take (Recorder *self);

G_END_DECLS
