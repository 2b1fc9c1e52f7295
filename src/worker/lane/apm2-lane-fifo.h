/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A pipe with a name that this process feeds to another. */
typedef struct _Apm2LaneFifo Apm2LaneFifo;

Apm2LaneFifo *apm2_lane_fifo_new (const char *path,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_fifo_free (Apm2LaneFifo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneFifo, apm2_lane_fifo_free)

void apm2_lane_fifo_write (Apm2LaneFifo *self, GBytes *bytes);

G_END_DECLS
