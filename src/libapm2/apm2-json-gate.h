/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <jansson.h>

G_BEGIN_DECLS

#define APM2_JSON_BYTES_MAX (64 * 1024)
#define APM2_JSON_DEPTH_MAX 16
#define APM2_JSON_NODES_MAX 4096
#define APM2_JSON_KEYS_MAX  64
/* Every reader of JSON on earth keeps integers of this size exact. */
#define APM2_JSON_INT_MAX ((gint64) 9007199254740991)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, json_decref)

json_t *apm2_json_gate (const char *text,
                        gsize length,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *apm2_json_gate_sized (const char *text,
                              gsize length,
                              gsize bytes_max,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
