/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The receipt as JSON, schema apm2.fac.job_receipt.v1.
 *
 * The canonical text is what is stored, shown and hashed; the digest stands
 * beside it, never in it. Writing always succeeds, since a job that ended must
 * have its receipt; so text for people is made fit here. Reading is strict.
 */

#include "apm2-receipt-json.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-json-canonical.h"
#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-label.h"
#include "apm2-limits-json.h"
#include "apm2-names.h"
#include "apm2-source.h"
#include "apm2-step-result-json.h"
#include "apm2-text.h"

#define WORD_MAX 256 /* bytes of worker, executor, containment */

#define OPTIONAL_UINT(name)                                                    \
  {                                                                            \
    name, APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX                  \
  }

static const Apm2JsonMember receipt_members[] = {
  { "schema", APM2_JSON_TYPE_STRING, TRUE },
  { "sequence", APM2_JSON_TYPE_INTEGER, TRUE, 1, APM2_JSON_INT_MAX },
  { "previous_digest", APM2_JSON_TYPE_STRING },
  { "job_id", APM2_JSON_TYPE_STRING, TRUE },
  { "spec_digest", APM2_JSON_TYPE_STRING, TRUE },
  { "kind", APM2_JSON_TYPE_STRING, TRUE },
  { "lane", APM2_JSON_TYPE_STRING, TRUE },
  { "priority", APM2_JSON_TYPE_INTEGER, TRUE, 0, APM2_PRIORITY_MAX },
  { "source", APM2_JSON_TYPE_OBJECT },
  { "gate_set_digest", APM2_JSON_TYPE_STRING },
  { "part_of", APM2_JSON_TYPE_STRING },
  { "labels", APM2_JSON_TYPE_MAP, FALSE, 1, APM2_LABELS_MAX },
  { "outcome", APM2_JSON_TYPE_STRING, TRUE },
  { "verdict", APM2_JSON_TYPE_STRING },
  { "reason", APM2_JSON_TYPE_STRING },
  { "message", APM2_JSON_TYPE_STRING },
  { "attempt", APM2_JSON_TYPE_INTEGER, FALSE, 1, G_MAXINT32 },
  { "steps", APM2_JSON_TYPE_OBJECTS, FALSE, 1, APM2_STEPS_RUN_MAX },
  { "worker", APM2_JSON_TYPE_STRING },
  { "executor", APM2_JSON_TYPE_STRING },
  { "containment", APM2_JSON_TYPE_STRING },
  { "limits", APM2_JSON_TYPE_OBJECT },
  OPTIONAL_UINT ("submitted_at_usec"),
  OPTIONAL_UINT ("started_at_usec"),
  OPTIONAL_UINT ("finished_at_usec"),
};

static const Apm2JsonMember source_members[] = {
  { "repository", APM2_JSON_TYPE_STRING, TRUE },
  { "commit", APM2_JSON_TYPE_STRING, TRUE },
  { "tree", APM2_JSON_TYPE_STRING },
  { "project", APM2_JSON_TYPE_STRING },
};

static gboolean
is_reason (const char *text)
{
  return apm2_text_is_word (
      text, APM2_TEXT_LOWER "_", APM2_TEXT_LOWER "_", APM2_REASON_MAX);
}

static gboolean
is_short_line (const char *text)
{
  return text[0] != '\0' && strlen (text) <= WORD_MAX
         && apm2_text_is_line (text);
}

static gboolean
is_message (const char *text)
{
  return strlen (text) <= APM2_RECEIPT_MESSAGE_MAX && apm2_text_is_lines (text);
}

static gboolean
get_steps (Apm2Receipt *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace up = { .key = "steps" };
  const json_t *array = json_object_get (root, up.key);

  for (gsize i = 0; i < json_array_size (array); i++)
    {
      const Apm2JsonPlace place = { .up = &up, .index = i };

      Apm2StepResult *step = apm2_step_result_from_json (
          json_array_get (array, i), &place, error);

      if (step == NULL)
        return FALSE;
      g_ptr_array_add (self->steps, step);
    }
  return TRUE;
}

static gboolean
get_source (Apm2Receipt *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "source" };
  json_t *object = json_object_get (root, place.key);

  if (object == NULL)
    return TRUE;
  return apm2_json_shape_check (object,
                                &place,
                                source_members,
                                G_N_ELEMENTS (source_members),
                                error)
         && apm2_json_shape_get_text (&self->source_repository,
                                      object,
                                      &place,
                                      "repository",
                                      apm2_source_repository_is_valid,
                                      error)
         && apm2_json_shape_get_text (&self->source_commit,
                                      object,
                                      &place,
                                      "commit",
                                      apm2_source_commit_is_valid,
                                      error)
         && apm2_json_shape_get_text (&self->source_tree,
                                      object,
                                      &place,
                                      "tree",
                                      apm2_source_commit_is_valid,
                                      error)
         && apm2_json_shape_get_text (&self->source_project,
                                      object,
                                      &place,
                                      "project",
                                      apm2_source_project_is_valid,
                                      error);
}

/* What only gates have. */
static gboolean
get_gates (Apm2Receipt *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace digest = { .key = "gate_set_digest" };
  const Apm2JsonPlace part = { .key = "part_of" };

  if (!apm2_json_shape_get_text (&self->gate_set_digest,
                                 root,
                                 NULL,
                                 digest.key,
                                 apm2_digest_is_valid,
                                 error)
      || !apm2_json_shape_get_text (
          &self->part_of, root, NULL, part.key, apm2_job_id_is_valid, error))
    return FALSE;
  if (self->kind == APM2_JOB_KIND_GATES)
    return TRUE;
  if (self->gate_set_digest != NULL || self->part_of != NULL)
    return apm2_json_place_refuse (self->gate_set_digest != NULL ? &digest
                                                                 : &part,
                                   error,
                                   _ ("belongs to gates and to no others"));
  return TRUE;
}

static gboolean
get_labels (Apm2Receipt *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace place = { .key = "labels" };

  self->labels = apm2_json_get_pairs (root, place.key);
  for (gsize i = 0; self->labels != NULL && self->labels[i] != NULL; i++)
    if (!apm2_label_is_valid (self->labels[i]))
      return apm2_json_place_refuse (&place, error, _ ("not a valid label"));
  return TRUE;
}

static gboolean
get_texts (Apm2Receipt *self, const json_t *root, GError **error)
{
  return apm2_json_shape_get_text (&self->previous_digest,
                                   root,
                                   NULL,
                                   "previous_digest",
                                   apm2_digest_is_valid,
                                   error)
         && apm2_json_shape_get_text (
             &self->job_id, root, NULL, "job_id", apm2_job_id_is_valid, error)
         && apm2_json_shape_get_text (&self->spec_digest,
                                      root,
                                      NULL,
                                      "spec_digest",
                                      apm2_digest_is_valid,
                                      error)
         && apm2_json_shape_get_text (
             &self->lane, root, NULL, "lane", apm2_lane_name_is_valid, error)
         && apm2_json_shape_get_text (
             &self->reason, root, NULL, "reason", is_reason, error)
         && apm2_json_shape_get_text (
             &self->message, root, NULL, "message", is_message, error)
         && apm2_json_shape_get_text (
             &self->worker, root, NULL, "worker", is_short_line, error)
         && apm2_json_shape_get_text (
             &self->executor, root, NULL, "executor", is_short_line, error)
         && apm2_json_shape_get_text (&self->containment,
                                      root,
                                      NULL,
                                      "containment",
                                      is_short_line,
                                      error);
}

/* The members that hold each other: what ended in which way. */
static gboolean
get_outcome (Apm2Receipt *self, const json_t *root, GError **error)
{
  const Apm2JsonPlace kind = { .key = "kind" };
  const Apm2JsonPlace outcome = { .key = "outcome" };
  const Apm2JsonPlace verdict = { .key = "verdict" };
  const char *word = json_string_value (json_object_get (root, verdict.key));

  if (!apm2_job_kind_from_string (
          json_string_value (json_object_get (root, kind.key)), &self->kind))
    return apm2_json_place_refuse (&kind, error, _ ("not a valid value"));
  if (!apm2_job_state_from_string (
          json_string_value (json_object_get (root, outcome.key)),
          &self->outcome)
      || !apm2_job_state_is_final (self->outcome))
    return apm2_json_place_refuse (&outcome, error, _ ("not a final state"));
  if (word != NULL
      && (!apm2_verdict_from_string (word, &self->verdict)
          || self->verdict == APM2_VERDICT_NONE))
    return apm2_json_place_refuse (&verdict, error, _ ("not a valid value"));
  if ((self->outcome == APM2_JOB_STATE_COMPLETED)
      != (self->verdict != APM2_VERDICT_NONE))
    return apm2_json_place_refuse (
        &verdict, error, _ ("belongs to completed jobs and to no others"));
  return TRUE;
}

static gboolean
get_receipt (Apm2Receipt *self, json_t *root, GError **error)
{
  const Apm2JsonPlace previous = { .key = "previous_digest" };

  if (!apm2_json_shape_check (
          root, NULL, receipt_members, G_N_ELEMENTS (receipt_members), error)
      || !get_texts (self, root, error) || !get_source (self, root, error)
      || !get_labels (self, root, error) || !get_outcome (self, root, error)
      || !get_gates (self, root, error) || !get_steps (self, root, error)
      || !apm2_limits_get_json (&self->limits, root, error))
    return FALSE;

  self->sequence = apm2_json_get_uint (root, "sequence", 0);
  if ((self->sequence == 1) != (self->previous_digest == NULL))
    return apm2_json_place_refuse (
        &previous, error, _ ("belongs to every receipt but the first"));
  self->priority = (guint) apm2_json_get_uint (root, "priority", 0);
  self->attempt = (guint) apm2_json_get_uint (root, "attempt", 0);
  self->submitted_at
      = (gint64) apm2_json_get_uint (root, "submitted_at_usec", 0);
  self->started_at = (gint64) apm2_json_get_uint (root, "started_at_usec", 0);
  self->finished_at = (gint64) apm2_json_get_uint (root, "finished_at_usec", 0);
  return TRUE;
}

/**
 * apm2_receipt_from_json:
 * @text: (array length=length): the bytes; need not end in a NUL
 * @length: how many; at most %APM2_RECEIPT_BYTES_MAX
 * @error: return location
 *
 * Reads a receipt. Says nothing about its digest: see
 * apm2_receipt_chain_verify().
 *
 * Errors: INVALID_ARGUMENT; the message names the place.
 *
 * Returns: (transfer full): the receipt, or %NULL with @error set
 */
Apm2Receipt *
apm2_receipt_from_json (const char *text, gsize length, GError **error)
{
  g_autoptr (json_t) root = NULL;
  g_autoptr (Apm2Receipt) self = apm2_receipt_new ();

  root = apm2_json_gate_sized (text, length, APM2_RECEIPT_BYTES_MAX, error);
  if (root == NULL
      || !apm2_json_shape_check_schema (root, APM2_SCHEMA_RECEIPT, error)
      || !get_receipt (self, root, error))
    {
      g_prefix_error (error, _ ("Invalid receipt: "));
      return NULL;
    }
  return g_steal_pointer (&self);
}

/* Cuts at a character and shows control characters as replacements, so that
 * the reader accepts what a worker or a library said. */
static void
put_message (json_t *root, const char *message)
{
  g_autoptr (GString) fit = g_string_new (NULL);
  g_autofree char *valid = NULL;

  if (message == NULL)
    return;

  valid = g_utf8_make_valid (message, -1);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c != '\n' && c != '\t' && g_unichar_iscntrl (c))
        c = 0xfffd;
      if (fit->len + (gsize) g_unichar_to_utf8 (c, NULL)
          > APM2_RECEIPT_MESSAGE_MAX)
        break;
      g_string_append_unichar (fit, c);
    }
  apm2_json_put_string (root, "message", fit->str);
}

static void
put_head (json_t *root, const Apm2Receipt *self)
{
  json_t *source = json_object ();

  apm2_json_put_string (root, "schema", APM2_SCHEMA_RECEIPT);
  apm2_json_put_uint (root, "sequence", self->sequence, 0);
  apm2_json_put_string (root, "previous_digest", self->previous_digest);
  apm2_json_put_string (root, "job_id", self->job_id);
  apm2_json_put_string (root, "spec_digest", self->spec_digest);
  apm2_json_put_string (root, "kind", apm2_job_kind_to_string (self->kind));
  apm2_json_put_string (root, "lane", self->lane);
  apm2_json_put (root, "priority", json_integer (self->priority));
  apm2_json_put_string (source, "repository", self->source_repository);
  apm2_json_put_string (source, "commit", self->source_commit);
  apm2_json_put_string (source, "tree", self->source_tree);
  apm2_json_put_string (source, "project", self->source_project);
  apm2_json_put_unless_empty (root, "source", source);
  apm2_json_put_string (root, "gate_set_digest", self->gate_set_digest);
  apm2_json_put_string (root, "part_of", self->part_of);
  apm2_json_put_pairs (root, "labels", (const char *const *) self->labels);
  apm2_limits_put_json (&self->limits, root);
}

/**
 * apm2_receipt_to_json:
 * @self: a receipt, complete with sequence and previous digest
 * @ret_length: (out) (optional): bytes of the text
 *
 * Writes the canonical text; members that are not set are left out. Of the
 * message only what apm2_receipt_from_json() accepts is written.
 *
 * Returns: (transfer full): the text, NUL-terminated
 */
char *
apm2_receipt_to_json (const Apm2Receipt *self, gsize *ret_length)
{
  g_autoptr (json_t) root = json_object ();
  json_t *steps = json_array ();

  g_return_val_if_fail (self != NULL, NULL);

  put_head (root, self);
  apm2_json_put_string (
      root, "outcome", apm2_job_state_to_string (self->outcome));
  if (self->verdict != APM2_VERDICT_NONE)
    apm2_json_put_string (
        root, "verdict", apm2_verdict_to_string (self->verdict));
  apm2_json_put_string (root, "reason", self->reason);
  put_message (root, self->message);
  apm2_json_put_uint (root, "attempt", self->attempt, 0);
  for (guint i = 0; i < self->steps->len; i++)
    apm2_json_append (
        steps, apm2_step_result_to_json (g_ptr_array_index (self->steps, i)));
  apm2_json_put_unless_empty (root, "steps", steps);
  apm2_json_put_string (root, "worker", self->worker);
  apm2_json_put_string (root, "executor", self->executor);
  apm2_json_put_string (root, "containment", self->containment);
  apm2_json_put_uint (
      root, "submitted_at_usec", (guint64) self->submitted_at, 0);
  apm2_json_put_uint (root, "started_at_usec", (guint64) self->started_at, 0);
  apm2_json_put_uint (root, "finished_at_usec", (guint64) self->finished_at, 0);
  return apm2_json_canonical (root, ret_length);
}
