/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_phrase_say (const char *text);
GError *apm2_phrase_take_error (GError *error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
