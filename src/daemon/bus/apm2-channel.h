/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What may wait for one connection before it is given up. */
typedef struct
{
  gsize signal_bytes_max; /* of signals that it has not read */
  guint calls_max;        /* of its calls without a reply that it has read; 0:
                             not counted */
} Apm2ChannelLimits;

typedef struct _Apm2Channel Apm2Channel;

Apm2Channel *apm2_channel_new (GDBusConnection *connection,
                               const char *description,
                               const Apm2ChannelLimits *limits);
void apm2_channel_unref (Apm2Channel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Channel, apm2_channel_unref)

gboolean apm2_channel_is_plain (Apm2Channel *self);
void apm2_channel_send (Apm2Channel *self, GDBusMessage *signal);

gboolean apm2_channel_may_deliver (GDBusMessage *message);

G_END_DECLS
