/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A diagnosis as programs read it: schema apm2.fac.doctor.v1.
 */

#include "apm2-diagnosis-json.h"

#include "apm2-format-json.h"

static json_t *
make_check (const Apm2Finding *finding)
{
  json_t *object = json_object ();
  json_t *fixes = json_array ();
  json_t *looks = json_array ();
  gboolean safe = finding->cures->len > 0;

  for (guint i = 0; i < finding->cures->len; i++)
    {
      const Apm2Cure *cure = g_ptr_array_index (finding->cures, i);

      safe = safe && cure->act != APM2_CURE_TYPE;
      json_array_append_new (fixes, apm2_format_json_string (cure->command));
    }
  for (guint i = 0; i < finding->looks->len; i++)
    json_array_append_new (
        looks, apm2_format_json_string (g_ptr_array_index (finding->looks, i)));
  json_object_set_new (object, "id", json_string (finding->id));
  json_object_set_new (
      object,
      "result",
      json_string (apm2_finding_result_to_string (finding->result)));
  json_object_set_new (object, "text", apm2_format_json_string (finding->text));
  json_object_set_new (object, "fix", fixes);
  json_object_set_new (object, "safe", json_boolean (safe));
  json_object_set_new (object, "see", looks);
  return object;
}

static json_t *
make_repair (const Apm2Repair *repair)
{
  json_t *object = json_object ();

  json_object_set_new (object, "check", json_string (repair->id));
  json_object_set_new (
      object, "command", apm2_format_json_string (repair->command));
  json_object_set_new (
      object,
      "outcome",
      json_string (apm2_repair_outcome_to_string (repair->outcome)));
  json_object_set_new (
      object,
      "reason",
      apm2_format_json_string (repair->reason != NULL ? repair->reason : ""));
  return object;
}

static json_t *
make_counts (const Apm2Diagnosis *self)
{
  json_t *object = json_object ();

  for (guint result = 0; result < APM2_N_FINDING_RESULTS; result++)
    json_object_set_new (object,
                         apm2_finding_result_to_string (result),
                         json_integer (apm2_diagnosis_count (self, result)));
  return object;
}

/**
 * apm2_diagnosis_to_json:
 * @self: a diagnosis
 * @doctor: who made it
 * @repairs: (nullable) (element-type Apm2Repair): what was done before it;
 *   %NULL if nothing was to be
 *
 * Returns: (transfer full): the document
 */
json_t *
apm2_diagnosis_to_json (const Apm2Diagnosis *self,
                        const Apm2Doctor *doctor,
                        GPtrArray *repairs)
{
  json_t *object = apm2_format_json_new (APM2_SCHEMA_DOCTOR);
  json_t *checks = json_array ();
  json_t *done = json_array ();

  for (guint i = 0; i < self->findings->len; i++)
    json_array_append_new (checks,
                           make_check (g_ptr_array_index (self->findings, i)));
  for (guint i = 0; repairs != NULL && i < repairs->len; i++)
    json_array_append_new (done, make_repair (g_ptr_array_index (repairs, i)));
  json_object_set_new (
      object, "mode", json_string (apm2_mode_to_string (doctor->paths->mode)));
  json_object_set_new (
      object, "home", apm2_format_json_string (doctor->paths->home));
  json_object_set_new (object,
                       "result",
                       json_string (apm2_finding_result_to_string (
                           apm2_diagnosis_get_worst (self))));
  json_object_set_new (object, "counts", make_counts (self));
  json_object_set_new (object, "checks", checks);
  if (repairs != NULL)
    json_object_set_new (object, "repairs", done);
  else
    json_decref (done);
  return object;
}
