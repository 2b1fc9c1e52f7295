/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-term.h"

G_BEGIN_DECLS

char *apm2_format_ago (guint64 realtime_usec, gint64 now_usec);
char *apm2_format_when (guint64 realtime_usec, gint64 now_usec);
char *apm2_format_span_between (guint64 from_usec, guint64 to_usec);
const char *apm2_format_state_word (const char *state, const char *verdict);
char *apm2_format_state (const char *state,
                         const char *verdict,
                         gboolean utf8,
                         Apm2Style *ret_style);
char *apm2_format_digest (const char *digest);
char *apm2_format_argv (const char *const *argv);

G_END_DECLS
