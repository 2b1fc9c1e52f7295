/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The member "limits" of job specs and receipts. A limit that is not set is
 * left out, and so is "limits" without any.
 */

#include "apm2-limits-json.h"

#include "apm2-json-fields.h"
#include "apm2-json-shape.h"

/* Only what every reader can hold: a job spec has closer bounds of its own, a
 * receipt may say what a lane was configured to. */
static const Apm2JsonMember members[] = {
  { "timeout_sec", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX },
  { "memory_max_bytes", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX },
  { "tasks_max", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX },
  { "cpu_quota_percent", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX },
};

/**
 * apm2_limits_get_json:
 * @self: limits to fill
 * @parent: an object whose member "limits" is an object or absent
 * @error: return location
 *
 * Errors: INVALID_ARGUMENT; the message begins with the path.
 *
 * Returns: %TRUE if @self was filled
 */
gboolean
apm2_limits_get_json (Apm2Limits *self, const json_t *parent, GError **error)
{
  const Apm2JsonPlace place = { .key = "limits" };
  json_t *object = json_object_get (parent, place.key);

  if (object == NULL)
    return TRUE;
  if (!apm2_json_shape_check (
          object, &place, members, G_N_ELEMENTS (members), error))
    return FALSE;

  self->timeout_sec = apm2_json_get_uint (object, "timeout_sec", 0);
  self->memory_max_bytes = apm2_json_get_uint (object, "memory_max_bytes", 0);
  self->tasks_max = apm2_json_get_uint (object, "tasks_max", 0);
  self->cpu_quota_percent = apm2_json_get_uint (object, "cpu_quota_percent", 0);
  return TRUE;
}

/**
 * apm2_limits_put_json:
 * @self: limits
 * @parent: the object being built
 */
void
apm2_limits_put_json (const Apm2Limits *self, json_t *parent)
{
  json_t *object = json_object ();

  apm2_json_put_uint (object, "timeout_sec", self->timeout_sec, 0);
  apm2_json_put_uint (object, "memory_max_bytes", self->memory_max_bytes, 0);
  apm2_json_put_uint (object, "tasks_max", self->tasks_max, 0);
  apm2_json_put_uint (object, "cpu_quota_percent", self->cpu_quota_percent, 0);
  apm2_json_put_unless_empty (parent, "limits", object);
}
