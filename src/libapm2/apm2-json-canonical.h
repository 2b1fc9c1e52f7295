/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

G_BEGIN_DECLS

char *apm2_json_canonical (const json_t *value, gsize *ret_length);
char *apm2_json_digest (const char *text, gsize length);

#define APM2_DIGEST_LENGTH 64 /* lower-case hex of SHA-256 */
gboolean apm2_digest_is_valid (const char *text);

G_END_DECLS
