/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The member "slot" of a job spec, and what an attached job is besides.
 *
 * An attached job is run by its caller, who has the environment, the directory
 * and the source already. Its spec is a claim and a record: what nobody would
 * heed is refused.
 */

#include "apm2-job-slot.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-text.h"

static const Apm2JsonMember members[] = {
  { "slots", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_SLOTS_MAX },
  { "exclusive", APM2_JSON_TYPE_STRINGS, FALSE, 0, APM2_EXCLUSIVE_MAX },
  { "key", APM2_JSON_TYPE_STRING },
};

static G_GNUC_PRINTF (3, 4) gboolean
    refuse (GError **error, const char *place, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("Invalid job spec: %s: %s"),
               place,
               why);
  return FALSE;
}

/**
 * apm2_job_slot_name_is_valid:
 * @name: (nullable): text from outside
 *
 * Returns: %TRUE if @name may be the name of an exclusive resource
 */
gboolean
apm2_job_slot_name_is_valid (const char *name)
{
  static const char word[] = APM2_TEXT_ALNUM "._:-";

  return name != NULL
         && apm2_text_is_word (name, word, word, APM2_EXCLUSIVE_NAME_MAX);
}

static gboolean
check_exclusive (GStrv names, GError **error)
{
  guint n = names == NULL ? 0 : g_strv_length (names);

  if (n > APM2_EXCLUSIVE_MAX)
    return refuse (
        error, "slot.exclusive", _ ("more than %d names"), APM2_EXCLUSIVE_MAX);
  for (guint i = 0; i < n; i++)
    {
      if (!apm2_job_slot_name_is_valid (names[i]))
        {
          g_autofree char *quoted = apm2_text_quote (names[i]);

          return refuse (error,
                         "slot.exclusive",
                         _ ("'%s' is not [A-Za-z0-9._:-]{1,64}"),
                         quoted);
        }
      if (i > 0 && strcmp (names[i - 1], names[i]) >= 0)
        return refuse (error,
                       "slot.exclusive",
                       _ ("'%s' stands there twice or is not in order"),
                       names[i]);
    }
  return TRUE;
}

static gboolean
check_step (const Apm2JobSpec *spec, GError **error)
{
  const Apm2Step *step;

  if (spec->steps->len != 1)
    return refuse (error, "steps", _ ("an attached job has exactly one"));

  step = g_ptr_array_index (spec->steps, 0);
  if (g_strcmp0 (step->name, APM2_STEP_NAME_ATTACHED) != 0)
    return refuse (error,
                   "steps[0].name",
                   _ ("is not \"%s\", the only step of an attached job"),
                   APM2_STEP_NAME_ATTACHED);
  if (step->working_directory == NULL || step->working_directory[0] != '/')
    return refuse (error,
                   "steps[0].working_directory",
                   _ ("is not the absolute one of an attached job's caller"));
  if (step->env != NULL)
    return refuse (error,
                   "steps[0].env",
                   _ ("an attached job has the environment of its caller"));
  if (step->timeout_sec != 0)
    return refuse (error,
                   "steps[0].timeout_sec",
                   _ ("an attached job has only limits.timeout_sec"));
  if (step->allow_failure)
    return refuse (error,
                   "steps[0].allow_failure",
                   _ ("the only step of an attached job is its result"));
  if (step->network)
    return refuse (error,
                   "steps[0].network",
                   _ ("an attached job has the network of its caller"));
  return TRUE;
}

static gboolean
check_attached (const Apm2JobSpec *spec, GError **error)
{
  if (spec->source_repository != NULL)
    return refuse (
        error, "source", _ ("an attached job works in its caller's directory"));
  if (spec->max_attempts != 1)
    return refuse (
        error, "retry.max_attempts", _ ("an attached job has one attempt"));
  if (spec->retry_on != NULL)
    return refuse (error, "retry.on", _ ("an attached job is not retried"));
  if (spec->after != NULL)
    return refuse (
        error, "after", _ ("an attached job waits for no other job"));
  if (spec->not_before_unix != 0)
    return refuse (error,
                   "not_before_unix",
                   _ ("an attached job's caller waits for it now"));
  if (spec->idempotency_key != NULL)
    return refuse (error,
                   "idempotency_key",
                   _ ("an attached job may have a slot.key instead"));
  return check_step (spec, error);
}

/**
 * apm2_job_slot_check:
 * @spec: a spec that keeps the rules of every kind
 * @error: return location
 *
 * Checks what a job asks of its slot, and that an attached job asks for nothing
 * that its caller has already.
 *
 * Errors: INVALID_ARGUMENT; the message names the member by its path.
 *
 * Returns: %TRUE if @spec keeps the rules
 */
gboolean
apm2_job_slot_check (const Apm2JobSpec *spec, GError **error)
{
  g_return_val_if_fail (spec != NULL, FALSE);

  if (spec->kind != APM2_JOB_KIND_ATTACHED)
    return (spec->slots == 1 && spec->exclusive == NULL && spec->key == NULL)
           || refuse (error, "slot", _ ("only an attached job has one"));

  if (spec->slots < 1 || spec->slots > APM2_SLOTS_MAX)
    return refuse (error, "slot.slots", _ ("is not in 1..%d"), APM2_SLOTS_MAX);
  if (!check_exclusive (spec->exclusive, error))
    return FALSE;
  if (spec->key != NULL
      && (spec->key[0] == '\0' || strlen (spec->key) > APM2_KEY_MAX
          || !apm2_text_is_line (spec->key)))
    return refuse (error,
                   "slot.key",
                   _ ("is not one line of 1 to %d bytes"),
                   APM2_KEY_MAX);
  return check_attached (spec, error);
}

/**
 * apm2_job_slot_get_json:
 * @spec: (inout): a spec with its kind, whose slot is filled
 * @root: the job spec, whose member "slot" is an object or absent
 * @error: return location
 *
 * Errors: INVALID_ARGUMENT; the message begins with the path.
 *
 * Returns: %TRUE if @spec was filled
 */
gboolean
apm2_job_slot_get_json (Apm2JobSpec *spec, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "slot" };
  json_t *object = json_object_get (root, place.key);

  if (object == NULL)
    return TRUE;
  /* An empty one too: nobody writes it who knows what it is for. */
  if (spec->kind != APM2_JOB_KIND_ATTACHED)
    return apm2_json_place_refuse (
        &place, error, _ ("only an attached job has one"));
  if (!apm2_json_shape_check (
          object, &place, members, G_N_ELEMENTS (members), error))
    return FALSE;

  spec->slots = (guint) apm2_json_get_uint (object, "slots", 1);
  spec->exclusive = apm2_json_get_strings (object, "exclusive");
  apm2_json_sort_strings (spec->exclusive);
  spec->key = apm2_json_get_string (object, "key");
  return TRUE;
}

/**
 * apm2_job_slot_put_json:
 * @spec: a valid spec
 * @root: the object being built
 */
void
apm2_job_slot_put_json (const Apm2JobSpec *spec, json_t *root)
{
  json_t *object = json_object ();

  apm2_json_put_uint (object, "slots", spec->slots, 1);
  apm2_json_put_strings (
      object, "exclusive", (const char *const *) spec->exclusive);
  apm2_json_put_string (object, "key", spec->key);
  apm2_json_put_unless_empty (root, "slot", object);
}
