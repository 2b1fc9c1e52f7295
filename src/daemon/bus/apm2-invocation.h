/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-error.h"

G_BEGIN_DECLS

void apm2_invocation_take_error (GDBusMethodInvocation *invocation,
                                 GError *error);
void apm2_invocation_fail (GDBusMethodInvocation *invocation,
                           Apm2Error code,
                           const char *format,
                           ...) G_GNUC_PRINTF (3, 4);

/* Checks that every key of the a{sv} @options is one of @keys ("name:type"). */
gboolean apm2_options_check (GVariant *options,
                             const char *const *keys,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
