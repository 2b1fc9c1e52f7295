/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-options.h"

G_BEGIN_DECLS

char *apm2_receipt_text_format (const char *text,
                                const char *digest,
                                Apm2Timestamp style,
                                gboolean utf8,
                                gboolean color,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
