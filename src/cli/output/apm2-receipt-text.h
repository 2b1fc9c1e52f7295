/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_receipt_text_format (const char *text,
                                const char *digest,
                                gboolean utf8,
                                gboolean color,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
