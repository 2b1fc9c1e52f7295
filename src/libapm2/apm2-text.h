/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_TEXT_LOWER  "abcdefghijklmnopqrstuvwxyz"
#define APM2_TEXT_UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define APM2_TEXT_DIGITS "0123456789"
#define APM2_TEXT_ALNUM  APM2_TEXT_LOWER APM2_TEXT_UPPER APM2_TEXT_DIGITS

/* Enough to recognise a value in a message, too little to flood a log. */
#define APM2_TEXT_QUOTE_MAX 64

gboolean apm2_text_is_line (const char *text);
gboolean apm2_text_is_lines (const char *text);
gboolean apm2_text_is_word (const char *text,
                            const char *first,
                            const char *rest,
                            gsize max);
char *apm2_text_quote (const char *text);
char *apm2_text_clean (const char *text, gsize max);

G_END_DECLS
