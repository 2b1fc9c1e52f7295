/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Nothing that is asked is waited for longer: what hangs is a finding. */
#define APM2_DIAL_TIMEOUT_MS 3000

GDBusConnection *apm2_dial_socket (const char *path,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
GDBusConnection *apm2_dial_bus (const char *address,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *apm2_dial_call (GDBusConnection *connection,
                          const char *destination,
                          const char *path,
                          const char *iface,
                          const char *method,
                          GVariant *parameters,
                          const char *reply_type,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
