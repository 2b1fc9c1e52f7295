/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-slot.h"

G_BEGIN_DECLS

void apm2_lane_retreat_async (GPtrArray *slots,
                              guint patience_msec,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean apm2_lane_retreat_finish (GAsyncResult *result);

G_END_DECLS
