/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"
#include "apm2-queue.h"

G_BEGIN_DECLS

/* The incoming directory: jobs from programs without D-Bus. */
#define APM2_TYPE_INCOMING (apm2_incoming_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Incoming, apm2_incoming, APM2, INCOMING, GObject)

Apm2Incoming *apm2_incoming_new (Apm2Queue *queue, const Apm2Paths *paths);

gboolean apm2_incoming_start (Apm2Incoming *self,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_incoming_stop (Apm2Incoming *self);

G_END_DECLS
