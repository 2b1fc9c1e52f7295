/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean apm2_host_check (const char *host,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
GStrv apm2_host_get_command (const char *host, gboolean user, gboolean batch);
GStrv apm2_host_get_login (const char *host,
                           gboolean terminal,
                           gboolean batch,
                           const char *const *words);

G_END_DECLS
