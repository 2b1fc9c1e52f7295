/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean apm2_linger_is_on (void);
gboolean apm2_linger_enable (gboolean interactive,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
