/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_input_read (const char *file,
                       gsize max,
                       gsize *ret_length,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
