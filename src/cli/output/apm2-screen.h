/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-term.h"

G_BEGIN_DECLS

/*
 * The whole terminal of this process. However the process ends, but for
 * SIGKILL, the terminal is again what it was.
 */

gboolean apm2_screen_is_possible (const Apm2Term *term);
gboolean apm2_screen_enter (GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_screen_leave (void);
void apm2_screen_get_size (guint *ret_columns, guint *ret_rows);
gboolean apm2_screen_draw (const char *lines) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
