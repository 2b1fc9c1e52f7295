/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One job as the CLI sees it.
 *
 * The broker tells the same facts under two spellings: records have snake_case
 * keys, properties CamelCase ones. One table knows both; keys and types that it
 * does not know are passed over, as they may come from a newer broker.
 */

#include "apm2-job-view.h"

#include "apm2-exit.h"
#include "apm2-job-state.h"

typedef struct
{
  const char *key;
  const char *property;
  char type; /* of the value: s u b d t, a for aa{sv}, or l for as, of which it
                is only kept whether there is one */
  gsize offset;
} Field;

#define FIELD(key, property, type, member)                                     \
  {                                                                            \
    key, property, type, G_STRUCT_OFFSET (Apm2JobView, member)                 \
  }

static const Field fields[] = {
  FIELD ("id", "Id", 's', id),
  FIELD ("state", "State", 's', state),
  FIELD ("verdict", "Verdict", 's', verdict),
  FIELD ("reason", "Reason", 's', reason),
  FIELD ("message", "Message", 's', message),
  FIELD ("name", "Name", 's', name),
  FIELD ("lane", "Lane", 's', lane),
  FIELD ("step", "Step", 's', step),
  FIELD ("status_text", "StatusText", 's', status_text),
  FIELD ("worker", "Worker", 's', worker),
  FIELD ("receipt_digest", "ReceiptDigest", 's', receipt_digest),
  FIELD ("priority", "Priority", 'u', priority),
  FIELD ("attempt", "Attempt", 'u', attempt),
  FIELD ("step_index", "StepIndex", 'u', step_index),
  FIELD ("step_count", "StepCount", 'u', step_count),
  FIELD ("parts", "Parts", 'l', in_parts),
  FIELD ("progress_valid", "ProgressValid", 'b', progress_valid),
  FIELD ("progress", "Progress", 'd', progress),
  FIELD ("submitted_at", "SubmittedAt", 't', submitted_at),
  FIELD ("not_before", "NotBefore", 't', not_before),
  FIELD ("started_at", "StartedAt", 't', started_at),
  FIELD ("finished_at", "FinishedAt", 't', finished_at),
  FIELD ("log_bytes", "LogBytes", 't', log_bytes),
  FIELD ("steps", "Steps", 'a', steps),
};

static gpointer
get_member (Apm2JobView *self, const Field *field)
{
  return (guint8 *) self + field->offset;
}

/**
 * apm2_job_view_new:
 * @id: id of a job
 *
 * Returns: (transfer full): a view that knows nothing else yet
 */
Apm2JobView *
apm2_job_view_new (const char *id)
{
  Apm2JobView *self = g_new0 (Apm2JobView, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].type == 's')
      *(char **) get_member (self, &fields[i]) = g_strdup ("");
  g_free (self->id);
  self->id = g_strdup (id);
  return self;
}

/**
 * apm2_job_view_new_from_record:
 * @record: a{sv}
 *
 * Returns: (transfer full): what @record tells
 */
Apm2JobView *
apm2_job_view_new_from_record (GVariant *record)
{
  Apm2JobView *self = apm2_job_view_new ("");

  apm2_job_view_update (self, record);
  return self;
}

/**
 * apm2_job_view_free:
 * @self: a view
 */
void
apm2_job_view_free (Apm2JobView *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].type == 's')
      g_free (*(char **) get_member (self, &fields[i]));
  g_clear_pointer (&self->steps, g_variant_unref);
  g_free (self);
}

static gboolean
matches_type (char type, GVariant *value)
{
  const char text[] = { type, '\0' };

  if (type == 'a')
    return g_variant_is_of_type (value, G_VARIANT_TYPE ("aa{sv}"));
  if (type == 'l')
    return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY);
  return g_variant_is_of_type (value, G_VARIANT_TYPE (text));
}

static void
set_field (Apm2JobView *self, const Field *field, GVariant *value)
{
  gpointer member = get_member (self, field);

  if (!matches_type (field->type, value))
    return;
  switch (field->type)
    {
    case 's':
      g_free (*(char **) member);
      *(char **) member = g_variant_dup_string (value, NULL);
      break;
    case 'u':
      *(guint *) member = g_variant_get_uint32 (value);
      break;
    case 'b':
      *(gboolean *) member = g_variant_get_boolean (value);
      break;
    case 'l':
      *(gboolean *) member = g_variant_n_children (value) > 0;
      break;
    case 'd':
      *(double *) member = g_variant_get_double (value);
      break;
    case 't':
      *(guint64 *) member = g_variant_get_uint64 (value);
      break;
    default:
      g_clear_pointer ((GVariant **) member, g_variant_unref);
      *(GVariant **) member = g_variant_ref (value);
      break;
    }
}

/**
 * apm2_job_view_update:
 * @self: a view
 * @dict: a{sv}: a record, properties or changed properties
 *
 * Takes over what @dict tells.
 */
void
apm2_job_view_update (Apm2JobView *self, GVariant *dict)
{
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
        if (g_str_equal (key, fields[i].key)
            || g_str_equal (key, fields[i].property))
          set_field (self, &fields[i], value);
      g_variant_unref (value);
    }
}

/**
 * apm2_job_view_is_final:
 * @self: a view
 *
 * Returns: %TRUE if the job has ended
 */
gboolean
apm2_job_view_is_final (const Apm2JobView *self)
{
  Apm2JobState state;

  return apm2_job_state_from_string (self->state, &state)
         && apm2_job_state_is_final (state);
}

/**
 * apm2_job_view_has_passed:
 * @self: a view
 *
 * Returns: %TRUE if the job has ended well
 */
gboolean
apm2_job_view_has_passed (const Apm2JobView *self)
{
  return apm2_exit_from_outcome (self->state, self->verdict) == APM2_EXIT_OK;
}

/**
 * apm2_job_view_count_steps:
 * @self: a job
 *
 * Returns: how many steps it has; a record has them only one by one
 */
guint
apm2_job_view_count_steps (const Apm2JobView *self)
{
  const gsize n = self->steps != NULL ? g_variant_n_children (self->steps) : 0;

  return MAX (self->step_count, (guint) n);
}

/**
 * apm2_job_view_get_step_name:
 * @self: a job
 * @index: of a step, from 0
 *
 * Returns: (transfer full): its name; "" if it is not known
 */
char *
apm2_job_view_get_step_name (const Apm2JobView *self, guint index)
{
  g_autoptr (GVariant) step = NULL;
  const char *name = "";

  if (self->steps != NULL && index < g_variant_n_children (self->steps))
    {
      step = g_variant_get_child_value (self->steps, index);
      (void) g_variant_lookup (step, "name", "&s", &name);
    }
  return g_strdup (name);
}

/**
 * apm2_job_view_find_failed_step:
 * @self: a view
 * @ret_index: (out): its index
 *
 * Returns: (transfer full) (nullable): the last step that began and did not
 *   pass, a{sv}
 */
GVariant *
apm2_job_view_find_failed_step (const Apm2JobView *self, guint *ret_index)
{
  const gsize n = self->steps != NULL ? g_variant_n_children (self->steps) : 0;

  for (gsize i = n; i > 0; i--)
    {
      g_autoptr (GVariant) step
          = g_variant_get_child_value (self->steps, i - 1);
      const char *state = "";

      (void) g_variant_lookup (step, "state", "&s", &state);
      if (g_str_equal (state, "passed") || g_str_equal (state, "skipped")
          || g_str_equal (state, "waiting"))
        continue;
      *ret_index = (guint) i - 1;
      return g_steal_pointer (&step);
    }
  return NULL;
}
