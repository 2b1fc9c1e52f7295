/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One step in a receipt. What is not set is left out.
 */

#include "apm2-step-result-json.h"

#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-text.h"

#define EXIT_STATUS_MAX 255
#define SIGNAL_MAX      64

#define OPTIONAL_UINT(name)                                                    \
  {                                                                            \
    name, APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX                  \
  }

static const Apm2JsonMember step_members[] = {
  { "name", APM2_JSON_TYPE_STRING, TRUE },
  { "result", APM2_JSON_TYPE_STRING, TRUE },
  { "exit_status", APM2_JSON_TYPE_INTEGER, FALSE, 0, EXIT_STATUS_MAX },
  { "term_signal", APM2_JSON_TYPE_INTEGER, FALSE, 1, SIGNAL_MAX },
  OPTIONAL_UINT ("started_at_usec"),
  OPTIONAL_UINT ("finished_at_usec"),
  OPTIONAL_UINT ("log_bytes"),
  { "usage", APM2_JSON_TYPE_OBJECT },
};

static const Apm2JsonMember usage_members[] = {
  OPTIONAL_UINT ("cpu_usec"),
  OPTIONAL_UINT ("memory_peak_bytes"),
  OPTIONAL_UINT ("tasks_peak"),
};

static gboolean
is_step_name (const char *text)
{
  return apm2_text_is_word (
      text, APM2_TEXT_ALNUM, APM2_TEXT_ALNUM "_.-", APM2_STEP_NAME_MAX);
}

static gboolean
is_result (const char *text)
{
  return apm2_text_is_word (
      text, APM2_TEXT_LOWER "_", APM2_TEXT_LOWER "_", APM2_REASON_MAX);
}

static gboolean
get_usage (Apm2StepResult *self,
           const json_t *parent,
           const Apm2JsonPlace *up,
           GError **error)
{
  const Apm2JsonPlace place = { .up = up, .key = "usage" };
  json_t *object = json_object_get (parent, place.key);

  if (object == NULL)
    return TRUE;
  if (!apm2_json_shape_check (
          object, &place, usage_members, G_N_ELEMENTS (usage_members), error))
    return FALSE;

  self->cpu_usec = apm2_json_get_uint (object, "cpu_usec", 0);
  self->memory_peak_bytes = apm2_json_get_uint (object, "memory_peak_bytes", 0);
  self->tasks_peak = apm2_json_get_uint (object, "tasks_peak", 0);
  return TRUE;
}

/**
 * apm2_step_result_from_json:
 * @object: an object that passed the gate
 * @place: where it stands
 * @error: return location
 *
 * Errors: INVALID_ARGUMENT; the message begins with the path.
 *
 * Returns: (transfer full): the result, or %NULL with @error set
 */
Apm2StepResult *
apm2_step_result_from_json (json_t *object,
                            const Apm2JsonPlace *place,
                            GError **error)
{
  g_autoptr (Apm2StepResult) self = apm2_step_result_new (NULL);

  if (!apm2_json_shape_check (
          object, place, step_members, G_N_ELEMENTS (step_members), error)
      || !apm2_json_shape_get_text (
          &self->name, object, place, "name", is_step_name, error)
      || !apm2_json_shape_get_text (
          &self->result, object, place, "result", is_result, error)
      || !get_usage (self, object, place, error))
    return NULL;

  if (json_object_get (object, "exit_status") != NULL)
    self->exit_status = (int) apm2_json_get_uint (object, "exit_status", 0);
  self->term_signal = (int) apm2_json_get_uint (object, "term_signal", 0);
  self->started_at = (gint64) apm2_json_get_uint (object, "started_at_usec", 0);
  self->finished_at
      = (gint64) apm2_json_get_uint (object, "finished_at_usec", 0);
  self->log_bytes = apm2_json_get_uint (object, "log_bytes", 0);
  return g_steal_pointer (&self);
}

/**
 * apm2_step_result_to_json:
 * @self: a result
 *
 * Returns: (transfer full): the object
 */
json_t *
apm2_step_result_to_json (const Apm2StepResult *self)
{
  json_t *object = json_object ();
  json_t *usage = json_object ();

  apm2_json_put_string (object, "name", self->name);
  apm2_json_put_string (object, "result", self->result);
  if (self->exit_status >= 0)
    apm2_json_put (object, "exit_status", json_integer (self->exit_status));
  apm2_json_put_uint (object, "term_signal", (guint64) self->term_signal, 0);
  apm2_json_put_uint (object, "started_at_usec", (guint64) self->started_at, 0);
  apm2_json_put_uint (
      object, "finished_at_usec", (guint64) self->finished_at, 0);
  apm2_json_put_uint (object, "log_bytes", self->log_bytes, 0);
  apm2_json_put_uint (usage, "cpu_usec", self->cpu_usec, 0);
  apm2_json_put_uint (usage, "memory_peak_bytes", self->memory_peak_bytes, 0);
  apm2_json_put_uint (usage, "tasks_peak", self->tasks_peak, 0);
  apm2_json_put_unless_empty (object, "usage", usage);
  return object;
}
