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
} Apm2BacklogLimits;

typedef struct _Apm2Backlog Apm2Backlog;

Apm2Backlog *apm2_backlog_new (GDBusConnection *connection,
                               const char *description,
                               const Apm2BacklogLimits *limits);
void apm2_backlog_unref (Apm2Backlog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Backlog, apm2_backlog_unref)

void apm2_backlog_send (Apm2Backlog *self, GDBusMessage *signal);

G_END_DECLS
