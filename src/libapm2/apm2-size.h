/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean apm2_size_parse (const char *text,
                          guint64 *ret_bytes,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_size_to_string (guint64 bytes);

G_END_DECLS
