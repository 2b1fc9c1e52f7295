/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "apm2-command.h"
#include "apm2-json-gate.h"

G_BEGIN_DECLS

json_t *apm2_format_json_new (const char *schema);
json_t *apm2_format_json_new_from_dict (const char *schema, GVariant *dict);
json_t *apm2_format_json_new_job (GVariant *record);
json_t *apm2_format_json_variant (GVariant *value);
json_t *apm2_format_json_string (const char *text);
json_t *apm2_format_json_text (const char *text, gsize max);
char *apm2_format_json_to_string (const json_t *value, Apm2JsonStyle style);
void apm2_format_json_print (const Apm2CommandCall *call, json_t *document);

G_END_DECLS
