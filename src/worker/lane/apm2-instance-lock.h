/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

void apm2_instance_lock_take_async (const Apm2Paths *paths,
                                    const char *instance,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
int apm2_instance_lock_take_finish (GAsyncResult *result);
int apm2_instance_lock_try (const Apm2Paths *paths,
                            const char *instance,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
