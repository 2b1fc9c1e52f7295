/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-json-gate.h"
#include "apm2-json-place.h"

G_BEGIN_DECLS

typedef enum
{
  APM2_JSON_TYPE_STRING,
  APM2_JSON_TYPE_INTEGER,
  APM2_JSON_TYPE_BOOLEAN,
  APM2_JSON_TYPE_OBJECT,
  APM2_JSON_TYPE_STRINGS, /* array of strings */
  APM2_JSON_TYPE_OBJECTS, /* array of objects */
  APM2_JSON_TYPE_MAP,     /* object whose members are all strings */
} Apm2JsonType;

/**
 * Apm2JsonMember:
 * @min: of an INTEGER its value, of STRINGS, OBJECTS and MAP their number
 * @max: likewise; 0 where it does not apply
 *
 * One member that an object may have.
 */
typedef struct
{
  const char *name;
  Apm2JsonType type;
  gboolean required;
  gint64 min;
  gint64 max;
} Apm2JsonMember;

gboolean apm2_json_shape_check (json_t *object,
                                const Apm2JsonPlace *place,
                                const Apm2JsonMember *members,
                                gsize n_members,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean
apm2_json_shape_check_schema (const json_t *root,
                              const char *schema,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean apm2_json_shape_get_text (char **ret_text,
                                   const json_t *object,
                                   const Apm2JsonPlace *up,
                                   const char *name,
                                   gboolean (*is_valid) (const char *text),
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
