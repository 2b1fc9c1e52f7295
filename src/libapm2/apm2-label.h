/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_LABEL_KEY_MAX   64
#define APM2_LABEL_VALUE_MAX 256 /* bytes */

gboolean apm2_label_is_valid (const char *pair);

G_END_DECLS
