/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"

G_BEGIN_DECLS

void apm2_hand_over_async (Apm2Client *client,
                           const char *repository,
                           const char *commit,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
char *apm2_hand_over_finish (GAsyncResult *result,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
