/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What somebody wants done.
 *
 * A value: built once, by the JSON codec or by the command line, then shared by
 * reference and never changed. Its rules are in apm2-job-spec-validate.c.
 */

#include "apm2-job-spec.h"

#include <string.h>

#include "apm2-text.h"

static const char *const kind_names[] = {
  [APM2_JOB_KIND_COMMAND] = "command",
  [APM2_JOB_KIND_GATES] = "gates",
  [APM2_JOB_KIND_ATTACHED] = "attached",
};
G_STATIC_ASSERT (G_N_ELEMENTS (kind_names) == APM2_N_JOB_KINDS);

/**
 * apm2_job_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its word
 */
const char *
apm2_job_kind_to_string (Apm2JobKind kind)
{
  g_return_val_if_fail ((guint) kind < APM2_N_JOB_KINDS, NULL);

  return kind_names[kind];
}

/**
 * apm2_job_kind_from_string:
 * @text: a word from outside
 * @ret_kind: (out): the kind, set only on success
 *
 * Returns: %TRUE if @text names a kind
 */
gboolean
apm2_job_kind_from_string (const char *text, Apm2JobKind *ret_kind)
{
  g_return_val_if_fail (text != NULL && ret_kind != NULL, FALSE);

  for (guint i = 0; i < APM2_N_JOB_KINDS; i++)
    if (g_str_equal (text, kind_names[i]))
      {
        *ret_kind = (Apm2JobKind) i;
        return TRUE;
      }
  return FALSE;
}

/**
 * apm2_job_kind_get_lane:
 * @kind: a kind
 *
 * Returns: (transfer none): the lane of jobs that name none
 */
const char *
apm2_job_kind_get_lane (Apm2JobKind kind)
{
  return kind == APM2_JOB_KIND_GATES ? APM2_LANE_GATES : APM2_LANE_DEFAULT;
}

/**
 * apm2_step_new:
 * @name: its name
 *
 * Returns: (transfer full): a step without a command
 */
Apm2Step *
apm2_step_new (const char *name)
{
  Apm2Step *self = g_new0 (Apm2Step, 1);

  self->name = g_strdup (name);
  return self;
}

/**
 * apm2_step_copy:
 * @self: a step
 *
 * Returns: (transfer full): one that says the same
 */
Apm2Step *
apm2_step_copy (const Apm2Step *self)
{
  Apm2Step *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = apm2_step_new (self->name);
  copy->argv = g_strdupv (self->argv);
  copy->env = g_strdupv (self->env);
  copy->working_directory = g_strdup (self->working_directory);
  copy->timeout_sec = self->timeout_sec;
  copy->allow_failure = self->allow_failure;
  copy->network = self->network;
  copy->needs = g_strdupv (self->needs);
  copy->caches = g_strdupv (self->caches);
  return copy;
}

/**
 * apm2_step_free:
 * @self: (transfer full): a step
 */
void
apm2_step_free (Apm2Step *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_strfreev (self->argv);
  g_strfreev (self->env);
  g_free (self->working_directory);
  g_strfreev (self->needs);
  g_strfreev (self->caches);
  g_free (self);
}

/**
 * apm2_job_spec_new:
 *
 * Returns: (transfer full): a spec of kind command without steps; lane "bulk",
 *   priority %APM2_PRIORITY_DEFAULT, one attempt
 */
Apm2JobSpec *
apm2_job_spec_new (void)
{
  Apm2JobSpec *self = g_new0 (Apm2JobSpec, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->kind = APM2_JOB_KIND_COMMAND;
  self->lane = g_strdup (APM2_LANE_DEFAULT);
  self->priority = APM2_PRIORITY_DEFAULT;
  self->steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free);
  self->max_attempts = 1;
  self->slots = 1;
  return self;
}

/**
 * apm2_job_spec_ref:
 * @self: a spec
 *
 * Returns: (transfer full): @self
 */
Apm2JobSpec *
apm2_job_spec_ref (Apm2JobSpec *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * apm2_job_spec_unref:
 * @self: (transfer full): a spec
 */
void
apm2_job_spec_unref (Apm2JobSpec *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->job_id);
  g_free (self->runner);
  g_free (self->lane);
  g_free (self->source_repository);
  g_free (self->source_commit);
  g_free (self->source_ref);
  g_free (self->source_tree);
  g_free (self->source_project);
  g_free (self->source_bundle);
  g_ptr_array_unref (self->steps);
  g_strfreev (self->retry_on);
  g_strfreev (self->after);
  g_strfreev (self->labels);
  g_free (self->idempotency_key);
  g_strfreev (self->exclusive);
  g_free (self->key);
  g_free (self);
}

/**
 * apm2_job_spec_get_label:
 * @self: a spec
 * @key: a label's key
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
apm2_job_spec_get_label (const Apm2JobSpec *self, const char *key)
{
  gsize length;

  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  length = strlen (key);
  for (gsize i = 0; self->labels != NULL && self->labels[i] != NULL; i++)
    if (strncmp (self->labels[i], key, length) == 0
        && self->labels[i][length] == '=')
      return self->labels[i] + length + 1;
  return NULL;
}

/**
 * apm2_job_spec_describe:
 * @self: a spec
 *
 * Names the job for people: by its label %APM2_LABEL_NAME, else gates by their
 * commit and others by their first command line.
 *
 * Returns: (transfer full): one printable line of about %APM2_TEXT_QUOTE_MAX
 *   characters at most
 */
char *
apm2_job_spec_describe (const Apm2JobSpec *self)
{
  const char *name;
  g_autofree char *line = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  name = apm2_job_spec_get_label (self, APM2_LABEL_NAME);
  if (name != NULL && name[0] != '\0')
    return apm2_text_quote (name);

  if (self->kind == APM2_JOB_KIND_GATES && self->source_commit != NULL)
    return g_strdup_printf ("gates of %.12s", self->source_commit);
  if (self->steps->len > 0)
    {
      const Apm2Step *step = g_ptr_array_index (self->steps, 0);

      line = step->argv == NULL ? g_strdup (step->name)
                                : g_strjoinv (" ", step->argv);
      return apm2_text_quote (line);
    }
  return g_strdup (apm2_job_kind_to_string (self->kind));
}
