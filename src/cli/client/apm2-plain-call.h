/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GVariant *apm2_plain_call (const char *socket_path,
                           const char *path,
                           const char *iface,
                           const char *method,
                           GVariant *parameters,
                           const char *reply_type,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
