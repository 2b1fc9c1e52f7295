/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *apm2_word_get (const char *code);
gboolean apm2_word_is_known (const char *code);

G_END_DECLS
