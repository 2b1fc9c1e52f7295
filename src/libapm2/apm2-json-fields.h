/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-json-gate.h"

G_BEGIN_DECLS

char *apm2_json_get_string (const json_t *object, const char *name);
guint64
apm2_json_get_uint (const json_t *object, const char *name, guint64 otherwise);
gboolean apm2_json_get_boolean (const json_t *object, const char *name);
GStrv apm2_json_get_strings (const json_t *object, const char *name);
GStrv apm2_json_get_pairs (const json_t *object, const char *name);
void apm2_json_sort_strings (GStrv strings);

void apm2_json_put (json_t *object, const char *name, json_t *value);
void apm2_json_append (json_t *array, json_t *value);
void
apm2_json_put_unless_empty (json_t *object, const char *name, json_t *value);
void apm2_json_put_string (json_t *object, const char *name, const char *value);
void apm2_json_put_uint (json_t *object,
                         const char *name,
                         guint64 value,
                         guint64 otherwise);
void apm2_json_put_true (json_t *object, const char *name, gboolean value);
void apm2_json_put_strings (json_t *object,
                            const char *name,
                            const char *const *values);
void apm2_json_put_pairs (json_t *object,
                          const char *name,
                          const char *const *pairs);

G_END_DECLS
