/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The job spec as JSON, schema apm2.fac.job_spec.v1.
 *
 * Reading is strict: what is not known is refused, with its path, because a
 * member that is silently dropped is a limit that silently does not hold.
 * Writing gives the canonical text, from which the spec digest is made.
 */

#include "apm2-job-spec-json.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-slot.h"
#include "apm2-json-canonical.h"
#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-limits-json.h"
#include "apm2-names.h"

static const Apm2JsonMember spec_members[] = {
  { "schema", APM2_JSON_TYPE_STRING, TRUE },
  { "job_id", APM2_JSON_TYPE_STRING },
  { "kind", APM2_JSON_TYPE_STRING },
  { "lane", APM2_JSON_TYPE_STRING },
  { "priority", APM2_JSON_TYPE_INTEGER, FALSE, 0, APM2_PRIORITY_MAX },
  { "source", APM2_JSON_TYPE_OBJECT },
  { "steps", APM2_JSON_TYPE_OBJECTS, FALSE, 0, APM2_STEPS_MAX },
  { "limits", APM2_JSON_TYPE_OBJECT },
  { "retry", APM2_JSON_TYPE_OBJECT },
  { "after", APM2_JSON_TYPE_STRINGS, FALSE, 0, APM2_AFTER_MAX },
  { "not_before_unix",
    APM2_JSON_TYPE_INTEGER,
    FALSE,
    0,
    APM2_NOT_BEFORE_UNIX_MAX },
  { "labels", APM2_JSON_TYPE_MAP, FALSE, 0, APM2_LABELS_MAX },
  { "idempotency_key", APM2_JSON_TYPE_STRING },
  { "slot", APM2_JSON_TYPE_OBJECT },
};

static const Apm2JsonMember source_members[] = {
  { "repository", APM2_JSON_TYPE_STRING, TRUE },
  { "commit", APM2_JSON_TYPE_STRING, TRUE },
  { "ref", APM2_JSON_TYPE_STRING },
  { "tree", APM2_JSON_TYPE_STRING },
  { "project", APM2_JSON_TYPE_STRING },
  { "bundle", APM2_JSON_TYPE_STRING },
};

static const Apm2JsonMember step_members[] = {
  { "name", APM2_JSON_TYPE_STRING, TRUE },
  { "argv", APM2_JSON_TYPE_STRINGS, TRUE, 1, APM2_ARGV_MAX },
  { "env", APM2_JSON_TYPE_MAP, FALSE, 0, APM2_ENV_MAX },
  { "working_directory", APM2_JSON_TYPE_STRING },
  { "timeout_sec", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_TIMEOUT_SEC_MAX },
  { "allow_failure", APM2_JSON_TYPE_BOOLEAN },
  { "network", APM2_JSON_TYPE_BOOLEAN },
  { "needs", APM2_JSON_TYPE_STRINGS, FALSE, 0, APM2_STEPS_MAX },
  { "caches", APM2_JSON_TYPE_STRINGS, FALSE, 0, APM2_CACHES_MAX },
};

static const Apm2JsonMember retry_members[] = {
  { "max_attempts", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_ATTEMPTS_MAX },
  { "on", APM2_JSON_TYPE_STRINGS, FALSE, 0, APM2_RETRY_ON_MAX },
};

static gboolean
get_kind (Apm2JobSpec *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "kind" };
  const char *kind = json_string_value (json_object_get (root, place.key));

  if (kind == NULL || apm2_job_kind_from_string (kind, &self->kind))
    return TRUE;
  return apm2_json_place_refuse (
      &place, error, _ ("must be \"command\", \"gates\" or \"attached\""));
}

static gboolean
get_source (Apm2JobSpec *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "source" };
  json_t *object = json_object_get (root, place.key);

  if (object == NULL)
    return TRUE;
  if (!apm2_json_shape_check (
          object, &place, source_members, G_N_ELEMENTS (source_members), error))
    return FALSE;

  self->source_repository = apm2_json_get_string (object, "repository");
  self->source_commit = apm2_json_get_string (object, "commit");
  self->source_ref = apm2_json_get_string (object, "ref");
  self->source_tree = apm2_json_get_string (object, "tree");
  self->source_project = apm2_json_get_string (object, "project");
  self->source_bundle = apm2_json_get_string (object, "bundle");
  return TRUE;
}

static gboolean
get_steps (Apm2JobSpec *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace up = { .key = "steps" };
  const json_t *array = json_object_get (root, up.key);

  for (gsize i = 0; i < json_array_size (array); i++)
    {
      const Apm2JsonPlace place = { .up = &up, .index = i };
      json_t *object = json_array_get (array, i);
      Apm2Step *step;

      if (!apm2_json_shape_check (
              object, &place, step_members, G_N_ELEMENTS (step_members), error))
        return FALSE;

      step = apm2_step_new (
          json_string_value (json_object_get (object, "name")));
      step->argv = apm2_json_get_strings (object, "argv");
      step->env = apm2_json_get_pairs (object, "env");
      step->working_directory
          = apm2_json_get_string (object, "working_directory");
      step->timeout_sec = apm2_json_get_uint (object, "timeout_sec", 0);
      step->allow_failure = apm2_json_get_boolean (object, "allow_failure");
      step->network = apm2_json_get_boolean (object, "network");
      step->needs = apm2_json_get_strings (object, "needs");
      step->caches = apm2_json_get_strings (object, "caches");
      g_ptr_array_add (self->steps, step);
    }
  return TRUE;
}

static gboolean
get_retry (Apm2JobSpec *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "retry" };
  json_t *object = json_object_get (root, place.key);

  if (object == NULL)
    return TRUE;
  if (!apm2_json_shape_check (
          object, &place, retry_members, G_N_ELEMENTS (retry_members), error))
    return FALSE;

  self->max_attempts = (guint) apm2_json_get_uint (object, "max_attempts", 1);
  self->retry_on = apm2_json_get_strings (object, "on");
  apm2_json_sort_strings (self->retry_on);
  return TRUE;
}

static gboolean
get_spec (Apm2JobSpec *self, json_t *root, GError **error)
{
  if (!apm2_json_shape_check (
          root, NULL, spec_members, G_N_ELEMENTS (spec_members), error)
      || !get_kind (self, root, error) || !get_source (self, root, error)
      || !get_steps (self, root, error)
      || !apm2_limits_get_json (&self->limits, root, error)
      || !get_retry (self, root, error)
      || !apm2_job_slot_get_json (self, root, error))
    return FALSE;

  self->job_id = apm2_json_get_string (root, "job_id");
  g_free (self->lane);
  self->lane = json_object_get (root, "lane") != NULL
                   ? apm2_json_get_string (root, "lane")
                   : g_strdup (apm2_job_kind_get_lane (self->kind));
  self->priority
      = (guint) apm2_json_get_uint (root, "priority", APM2_PRIORITY_DEFAULT);
  self->after = apm2_json_get_strings (root, "after");
  self->not_before_unix
      = (gint64) apm2_json_get_uint (root, "not_before_unix", 0);
  self->labels = apm2_json_get_pairs (root, "labels");
  self->idempotency_key = apm2_json_get_string (root, "idempotency_key");
  return TRUE;
}

/**
 * apm2_job_spec_from_json:
 * @text: (array length=length): the bytes; need not end in a NUL
 * @length: how many
 * @error: return location
 *
 * Reads a job spec that comes from outside: gate, schema, members, rules, in
 * this order.
 *
 * Errors: INVALID_ARGUMENT; the message names the place.
 *
 * Returns: (transfer full): a spec that apm2_job_spec_validate() accepts, or
 *   %NULL with @error set
 */
Apm2JobSpec *
apm2_job_spec_from_json (const char *text, gsize length, GError **error)
{
  g_autoptr (json_t) root = NULL;
  g_autoptr (Apm2JobSpec) self = NULL;

  root = apm2_json_gate (text, length, error);
  if (root == NULL
      || !apm2_json_shape_check_schema (root, APM2_SCHEMA_JOB_SPEC, error))
    {
      g_prefix_error (error, _ ("Invalid job spec: "));
      return NULL;
    }

  self = apm2_job_spec_new ();
  if (!get_spec (self, root, error))
    {
      g_prefix_error (error, _ ("Invalid job spec: "));
      return NULL;
    }
  if (!apm2_job_spec_validate (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static json_t *
step_to_json (const Apm2Step *step)
{
  json_t *object = json_object ();

  apm2_json_put_string (object, "name", step->name);
  apm2_json_put_strings (object, "argv", (const char *const *) step->argv);
  apm2_json_put_pairs (object, "env", (const char *const *) step->env);
  apm2_json_put_string (object, "working_directory", step->working_directory);
  apm2_json_put_uint (object, "timeout_sec", step->timeout_sec, 0);
  apm2_json_put_true (object, "allow_failure", step->allow_failure);
  apm2_json_put_true (object, "network", step->network);
  apm2_json_put_strings (object, "needs", (const char *const *) step->needs);
  apm2_json_put_strings (object, "caches", (const char *const *) step->caches);
  return object;
}

/**
 * apm2_job_spec_steps_to_json:
 * @steps: (element-type Apm2Step): steps of a valid spec
 *
 * Returns: (transfer full): the array that stands for them in a spec
 */
json_t *
apm2_job_spec_steps_to_json (const GPtrArray *steps)
{
  json_t *array = json_array ();

  for (guint i = 0; i < steps->len; i++)
    apm2_json_append (array, step_to_json (g_ptr_array_index (steps, i)));
  return array;
}

static void
put_source (json_t *root, const Apm2JobSpec *self)
{
  json_t *object = json_object ();

  apm2_json_put_string (object, "repository", self->source_repository);
  apm2_json_put_string (object, "commit", self->source_commit);
  apm2_json_put_string (object, "ref", self->source_ref);
  apm2_json_put_string (object, "tree", self->source_tree);
  apm2_json_put_string (object, "project", self->source_project);
  apm2_json_put_string (object, "bundle", self->source_bundle);
  apm2_json_put_unless_empty (root, "source", object);
}

static void
put_retry (json_t *root, const Apm2JobSpec *self)
{
  json_t *object = json_object ();

  apm2_json_put_uint (object, "max_attempts", self->max_attempts, 1);
  apm2_json_put_strings (object, "on", (const char *const *) self->retry_on);
  apm2_json_put_unless_empty (root, "retry", object);
}

/**
 * apm2_job_spec_to_json:
 * @self: a spec that apm2_job_spec_validate() accepts
 * @ret_length: (out) (optional): bytes of the text
 *
 * Writes the canonical text; members at their default are left out. Reading it
 * gives the same spec, and its SHA-256 is the spec digest.
 *
 * Returns: (transfer full): the text, NUL-terminated
 */
char *
apm2_job_spec_to_json (const Apm2JobSpec *self, gsize *ret_length)
{
  g_autoptr (json_t) root = json_object ();

  g_return_val_if_fail (self != NULL, NULL);

  apm2_json_put_string (root, "schema", APM2_SCHEMA_JOB_SPEC);
  apm2_json_put_string (root, "job_id", self->job_id);
  if (self->kind != APM2_JOB_KIND_COMMAND)
    apm2_json_put_string (root, "kind", apm2_job_kind_to_string (self->kind));
  if (g_strcmp0 (self->lane, apm2_job_kind_get_lane (self->kind)) != 0)
    apm2_json_put_string (root, "lane", self->lane);
  apm2_json_put_uint (root, "priority", self->priority, APM2_PRIORITY_DEFAULT);
  put_source (root, self);
  apm2_json_put_unless_empty (
      root, "steps", apm2_job_spec_steps_to_json (self->steps));
  apm2_limits_put_json (&self->limits, root);
  put_retry (root, self);
  apm2_json_put_strings (root, "after", (const char *const *) self->after);
  apm2_json_put_uint (
      root, "not_before_unix", (guint64) self->not_before_unix, 0);
  apm2_json_put_pairs (root, "labels", (const char *const *) self->labels);
  apm2_json_put_string (root, "idempotency_key", self->idempotency_key);
  apm2_job_slot_put_json (self, root);
  return apm2_json_canonical (root, ret_length);
}
