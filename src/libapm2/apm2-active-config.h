/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-config.h"

G_BEGIN_DECLS

/*
 * The configuration that a running program goes by, which a reload replaces as
 * a whole. Signal: changed (): there is another one from now on.
 */
#define APM2_TYPE_ACTIVE_CONFIG (apm2_active_config_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ActiveConfig,
                      apm2_active_config,
                      APM2,
                      ACTIVE_CONFIG,
                      GObject)

Apm2ActiveConfig *apm2_active_config_new (const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

const Apm2Config *apm2_active_config_get (Apm2ActiveConfig *self);
char *apm2_active_config_describe (Apm2ActiveConfig *self);

void apm2_active_config_reload_async (Apm2ActiveConfig *self,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean
apm2_active_config_reload_finish (Apm2ActiveConfig *self,
                                  GAsyncResult *result,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
